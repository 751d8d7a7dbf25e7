using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Stammgast.Profiles;

/// <summary>The few byte forms of this room's codecs.</summary>
internal static class Bytes
{
    /// <summary>One byte.</summary>
    public static void Put(this ArrayBufferWriter<byte> target, byte value)
    {
        target.GetSpan(1)[0] = value;
        target.Advance(1);
    }

    /// <summary>Seven bits a byte, lowest first; 1–10 bytes.</summary>
    public static void PutVarint(this ArrayBufferWriter<byte> target, ulong value)
    {
        var span = target.GetSpan(10);
        var at = 0;
        while (value >= 0x80)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }
        span[at++] = (byte)value;
        target.Advance(at);
    }

    /// <summary>A signed number, small in either direction.</summary>
    public static void PutSigned(this ArrayBufferWriter<byte> target, long value) =>
        target.PutVarint((ulong)(value << 1 ^ value >> 63));

    /// <summary>16 bytes.</summary>
    public static void PutLeaf(this ArrayBufferWriter<byte> target, LeafId leaf)
    {
        leaf.Write(target.GetSpan(16));
        target.Advance(16);
    }

    /// <summary>Length and bytes.</summary>
    public static void PutBytes(this ArrayBufferWriter<byte> target, ReadOnlySpan<byte> value)
    {
        target.PutVarint((ulong)value.Length);
        target.Write(value);
    }
}

/// <summary>Reads forward and refuses to run over the end.</summary>
internal ref struct StateReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    /// <summary>Whether all has been read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Left => _rest.Length;

    public byte Byte() => Take(1)[0];

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw new InvalidDataException("A number that does not end.");
    }

    public long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A count of things that take at least a byte each: never more than what is left.</summary>
    public int Count()
    {
        var count = Varint();
        return count <= (ulong)_rest.Length
            ? (int)count
            : throw new InvalidDataException("A count beyond the end.");
    }

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
            throw new InvalidDataException("The bytes end too early.");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}

/// <summary>
/// A sorted table of distinct texts, front-coded: how many bytes it shares with the one before,
/// then the rest. A canonical lower-case UUID, as most anonymous ids are, takes 17 bytes.
/// </summary>
internal static class TextTable
{
    public static void Write(IReadOnlyList<string> sorted, ArrayBufferWriter<byte> target)
    {
        target.PutVarint((ulong)sorted.Count);
        byte[] before = [];
        foreach (var text in sorted)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            if (IsPackable(text, out var uuid))
            {
                target.PutVarint(1);
                BinaryPrimitives.WriteUInt128BigEndian(target.GetSpan(16), uuid);
                target.Advance(16);
            }
            else
            {
                var shared = bytes.AsSpan().CommonPrefixLength(before);
                target.PutVarint((ulong)shared << 1);
                target.PutBytes(bytes.AsSpan(shared));
            }
            before = bytes;
        }
    }

    public static string[] Read(ref StateReader reader)
    {
        var texts = new string[reader.Count()];
        Span<byte> before = new byte[1024];
        var length = 0;
        for (var i = 0; i < texts.Length; i++)
        {
            var head = reader.Varint();
            if ((head & 1) != 0)
            {
                texts[i] = Unpack(BinaryPrimitives.ReadUInt128BigEndian(reader.Take(16)));
                length = Encoding.UTF8.GetBytes(texts[i], before);
                continue;
            }
            var shared = (int)(head >> 1);
            var rest = reader.Take(reader.Count());
            if (shared > length)
                throw new InvalidDataException("A text shares more than there is.");
            if (shared + rest.Length > before.Length)
            {
                Span<byte> wider = new byte[2 * (shared + rest.Length)];
                before[..shared].CopyTo(wider);
                before = wider;
            }
            rest.CopyTo(before[shared..]);
            length = shared + rest.Length;
            texts[i] = Encoding.UTF8.GetString(before[..length]);
        }
        return texts;
    }

    private static bool IsPackable(string text, out UInt128 packed)
    {
        packed = default;
        if (text.Length != 36 || !Guid.TryParseExact(text, "D", out var uuid)
            || uuid.ToString("D") != text)
            return false;
        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        packed = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }

    private static string Unpack(UInt128 packed)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, packed);
        return new Guid(bytes, bigEndian: true).ToString("D");
    }
}
