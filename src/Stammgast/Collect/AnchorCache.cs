using System.Text;
using Stammgast.Keys;

namespace Stammgast.Collect;

/// <summary>
/// The last identifiers seen, with their leaves: a visitor's next event costs no HMAC and no
/// string. Direct-mapped and emptied every minute, so that nobody lingers in it. One thread at a
/// time.
/// </summary>
internal sealed class AnchorCache(BlindIndex index)
{
    private const int Slots = 4096;
    private const long KeepMs = 60_000;
    private readonly (Identifier Id, LeafId Leaf)[] _slots = new (Identifier, LeafId)[Slots];
    private long _emptiedAtMs;

    /// <summary>Forgets everybody if the last time was a minute ago.</summary>
    public void Age(long nowMs)
    {
        if (nowMs - _emptiedAtMs < KeepMs)
            return;
        Array.Clear(_slots);
        _emptiedAtMs = nowMs;
    }

    /// <summary>Normalises an identifier as sent; false if it has no valid form.</summary>
    public bool TryGet(IdentifierType type, ReadOnlySpan<byte> raw, out Identifier id)
    {
        ref var slot = ref Slot(type, raw);
        if (slot.Id.Type == type && Ascii.Equals(raw, slot.Id.Value))
        {
            id = slot.Id;
            return true;
        }
        id = default;
        // No identifier needs more than three bytes a character and some blanks around it.
        if (raw.Length > 4 * Limits.IdentifierChars)
            return false;
        Span<char> text = stackalloc char[4 * Limits.IdentifierChars];
        var length = Encoding.UTF8.GetChars(raw, text);
        if (!Normaliser.TryNormalise(type, text[..length], out var value))
            return false;
        id = new Identifier(type, value);
        if (Ascii.Equals(raw, value))
            slot = (id, LeafId.None);
        return true;
    }

    /// <summary>The leaf of a normalised anchor.</summary>
    public LeafId Leaf(in Identifier anchor)
    {
        Span<byte> raw = stackalloc byte[4 * Limits.IdentifierChars];
        ref var slot = ref Slot(anchor.Type, raw[..Encoding.UTF8.GetBytes(anchor.Value, raw)]);
        if (slot.Id != anchor)
            return index.Leaf(anchor);
        if (slot.Leaf == LeafId.None)
            slot.Leaf = index.Leaf(anchor);
        return slot.Leaf;
    }

    private ref (Identifier Id, LeafId Leaf) Slot(IdentifierType type, ReadOnlySpan<byte> raw) =>
        ref _slots[(int)(JsonText.Hash(raw) >> 32) + (int)type & (Slots - 1)];
}
