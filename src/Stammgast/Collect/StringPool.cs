using System.Text;

namespace Stammgast.Collect;

/// <summary>
/// Gives short strings that come again and again (event names, product ids, categories) without
/// making them anew. Direct-mapped: a newcomer replaces whom it meets, so it never grows. Not
/// for identifiers of people. One thread at a time.
/// </summary>
internal sealed class StringPool
{
    private const int Slots = 2048;
    private const int PooledBytes = 64;
    private readonly string?[] _slots = new string?[Slots];

    /// <summary>The text of UTF-8 bytes.</summary>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            return "";
        if (utf8.Length > PooledBytes)
            return Encoding.UTF8.GetString(utf8);
        ref var slot = ref _slots[(int)(JsonText.Hash(utf8) >> 32) & (Slots - 1)];
        // Text that is not ASCII never compares equal here; it is decoded each time.
        if (slot is not null && Ascii.Equals(utf8, slot))
            return slot;
        return slot = Encoding.UTF8.GetString(utf8);
    }
}
