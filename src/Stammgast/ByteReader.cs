using System.Buffers.Binary;
using System.Text;

namespace Stammgast;

/// <summary>
/// Reads what <see cref="ByteWriter"/> wrote. Whatever is cut short, overlong or left over is a
/// <see cref="InvalidDataException"/>, whose message says nothing of the content.
/// </summary>
internal ref struct ByteReader(ReadOnlySpan<byte> source)
{
    private readonly ReadOnlySpan<byte> _source = source;

    /// <summary>How many bytes are read.</summary>
    public int Position { get; private set; }

    /// <summary>How many bytes are left.</summary>
    public readonly int Left => _source.Length - Position;

    /// <summary>One byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>Eight bytes, little-endian.</summary>
    public ulong Fixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A varint of at most 64 bits.</summary>
    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return shift == 63 && next > 1 ? throw Damaged() : value;
        }
        throw Damaged();
    }

    /// <summary>A signed number.</summary>
    public long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A varint of at most 16 bits.</summary>
    public ushort Small()
    {
        var value = Varint();
        return value > ushort.MaxValue ? throw Damaged() : (ushort)value;
    }

    /// <summary>A signed number of at most 32 bits.</summary>
    public int SignedInt()
    {
        var value = Signed();
        return value is < int.MinValue or > int.MaxValue ? throw Damaged() : (int)value;
    }

    /// <summary>
    /// A count of things that take at least <paramref name="bytesEach"/> bytes: bounded by what is
    /// left, so that damage cannot make anybody allocate.
    /// </summary>
    public int Count(int bytesEach)
    {
        var value = Varint();
        return value > (ulong)(Left / bytesEach) ? throw Damaged() : (int)value;
    }

    /// <summary>A leaf id, 16 bytes.</summary>
    public LeafId Leaf() => LeafId.Read(Take(16));

    /// <summary>UTF-8 with its length before it.</summary>
    public string Text()
    {
        var length = Count(1);
        return length == 0 ? "" : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>Bytes with their length before them; a view of the source.</summary>
    public ReadOnlySpan<byte> Blob() => Take(Count(1));

    /// <summary>Refuses whatever is left over.</summary>
    public readonly void End()
    {
        if (Left != 0)
            throw Damaged();
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > Left)
            throw Damaged();
        var taken = _source.Slice(Position, length);
        Position += length;
        return taken;
    }

    /// <summary>What every reader of a binary form throws.</summary>
    public static InvalidDataException Damaged() => new("A stored binary form is damaged.");
}
