using System.Buffers.Binary;
using System.Text;

namespace Stammgast;

/// <summary>
/// Writes the little pieces of our binary forms into one span that the caller made large enough
/// (see <see cref="BoundOf(string)"/>); a span too small throws, it never truncates.
/// </summary>
internal ref struct ByteWriter(Span<byte> target)
{
    /// <summary>The longest varint.</summary>
    public const int VarintBytes = 10;

    private readonly Span<byte> _target = target;

    /// <summary>How many bytes are written.</summary>
    public int Length { get; private set; }

    /// <summary>An upper bound of what <see cref="Text"/> needs; cheaper than counting.</summary>
    public static int BoundOf(string text) => VarintBytes + text.Length * 3;

    /// <summary>One byte.</summary>
    public void Byte(byte value) => _target[Length++] = value;

    /// <summary>Eight bytes, little-endian: for values whose bits are spread.</summary>
    public void Fixed64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_target[Length..], value);
        Length += 8;
    }

    /// <summary>Seven bits a byte, least first.</summary>
    public void Varint(ulong value)
    {
        var at = Length;
        while (value >= 0x80)
        {
            _target[at++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _target[at++] = (byte)value;
        Length = at;
    }

    /// <summary>A signed number; small magnitudes of either sign are short.</summary>
    public void Signed(long value) => Varint((ulong)(value << 1 ^ value >> 63));

    /// <summary>A leaf id, 16 bytes.</summary>
    public void Leaf(LeafId leaf)
    {
        leaf.Write(_target[Length..]);
        Length += 16;
    }

    /// <summary>UTF-8 with its length before it.</summary>
    public void Text(string value)
    {
        // Nearly all strings here are short: their length fits one byte, so encode at once and
        // fill it in afterwards; only long ones are counted first.
        if (value.Length <= 42)
        {
            var written = Encoding.UTF8.GetBytes(value, _target[(Length + 1)..]);
            _target[Length] = (byte)written;
            Length += 1 + written;
            return;
        }
        Varint((ulong)Encoding.UTF8.GetByteCount(value));
        Length += Encoding.UTF8.GetBytes(value, _target[Length..]);
    }

    /// <summary>Bytes with their length before them.</summary>
    public void Blob(ReadOnlySpan<byte> value)
    {
        Varint((ulong)value.Length);
        value.CopyTo(_target[Length..]);
        Length += value.Length;
    }
}
