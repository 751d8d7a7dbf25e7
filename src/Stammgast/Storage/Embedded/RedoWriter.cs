using System.Buffers.Binary;

namespace Stammgast.Storage.Embedded;

/// <summary>What an operation of a redo row does; the numbers are stored.</summary>
internal enum RedoOp : byte
{
    None = 0,
    Record = 1,
    Delete = 2,
    LookUp = 3,
    LookUpRemove = 4,
    History = 5,
    Due = 6,
    DueDelete = 7,
    Counter = 8,
    Ledger = 9,
    Erase = 10,
}

/// <summary>
/// Decided writes as one compact row: results, not requests (versions, counter values and ledger
/// hashes are final), so that applying a row twice changes nothing.
/// </summary>
internal sealed class RedoWriter
{
    private byte[] buffer = new byte[64 << 10];

    public int Length { get; private set; }

    public void Clear() => Length = 0;

    /// <summary>What was written since <see cref="Clear"/>; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    public void Record(RecordKey key, long version, ReadOnlySpan<byte> body)
    {
        Key(RedoOp.Record, key);
        Varint((ulong)version);
        Bytes(body);
    }

    public void Delete(RecordKey key) => Key(RedoOp.Delete, key);

    public void LookUp(LookUpHash hash, LeafId leaf, bool remove)
    {
        Byte((byte)(remove ? RedoOp.LookUpRemove : RedoOp.LookUp));
        Wide(hash.Value);
        Wide(leaf.Value);
    }

    public void History(in HistoryPiece piece)
    {
        Byte((byte)RedoOp.History);
        Wide(piece.Leaf.Value);
        var length = PieceCodec.SizeOf(piece);
        Varint((ulong)length);
        PieceCodec.Write(piece, Take(length));
    }

    public void Due(in DueEntry entry)
    {
        DueKey(RedoOp.Due, entry);
        Varint(Fold(entry.DueAtMs));
        Bytes(entry.Body.Span);
    }

    public void DueDelete(in DueEntry entry) => DueKey(RedoOp.DueDelete, entry);

    public void Counter(CounterKey key, long value)
    {
        Byte((byte)RedoOp.Counter);
        Varint(key.Kind);
        Varint(key.Id);
        Varint(Fold(value));
    }

    public void Ledger(in LedgerEntry entry)
    {
        Byte((byte)RedoOp.Ledger);
        Byte((byte)entry.Ledger.Kind);
        Byte(entry.Ledger.Bucket);
        Varint((ulong)entry.Sequence);
        Wide(entry.Leaf.Value);
        Varint(Fold(entry.AtMs));
        entry.BodyHash.Span.CopyTo(Take(32));
        entry.Hash.Span.CopyTo(Take(32));
        Bytes(entry.Body.Span);
    }

    public void Erase(LeafId leaf, long version, ReadOnlySpan<byte> tombstone)
    {
        Byte((byte)RedoOp.Erase);
        Wide(leaf.Value);
        Varint((ulong)version);
        Bytes(tombstone);
    }

    private static ulong Fold(long value) => (ulong)(value << 1) ^ (ulong)(value >> 63);

    private void Key(RedoOp op, RecordKey key)
    {
        Byte((byte)op);
        Byte((byte)key.Kind);
        Wide(key.Owner.Value);
        Varint(key.Id);
    }

    private void DueKey(RedoOp op, in DueEntry entry)
    {
        Byte((byte)op);
        Byte((byte)entry.Kind);
        Wide(entry.Leaf.Value);
        Varint(entry.Id);
    }

    private void Byte(byte value) => Take(1)[0] = value;

    private void Wide(UInt128 value) => BinaryPrimitives.WriteUInt128BigEndian(Take(16), value);

    private void Bytes(ReadOnlySpan<byte> value)
    {
        Varint((ulong)value.Length);
        value.CopyTo(Take(value.Length));
    }

    private void Varint(ulong value)
    {
        var target = Take(Varints.SizeOf(value));
        _ = Varints.Write(target, value);
    }

    private Span<byte> Take(int length)
    {
        if (buffer.Length - Length < length)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + length));
        var taken = buffer.AsSpan(Length, length);
        Length += length;
        return taken;
    }
}

/// <summary>Unsigned numbers in 7-bit groups, lowest first.</summary>
internal static class Varints
{
    public static int SizeOf(ulong value) =>
        (63 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7 + 1;

    public static int Write(Span<byte> target, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
            target[at++] = (byte)(value | 0x80);
        target[at++] = (byte)value;
        return at;
    }

    public static ulong Read(ReadOnlySpan<byte> source, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = source[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
        throw new InvalidDataException("A number runs over 64 bits.");
    }
}

/// <summary>
/// A history piece but for its leaf: sequence, receipt, message keys, body. The same bytes in the
/// redo row, in the overlay and (several in a row) in the table.
/// </summary>
internal static class PieceCodec
{
    public static int SizeOf(in HistoryPiece piece) =>
        Varints.SizeOf((ulong)piece.Sequence) + Varints.SizeOf((ulong)piece.ReceivedAtMs)
        + Varints.SizeOf((ulong)piece.Messages.Length) + piece.Messages.Length * sizeof(ulong)
        + Varints.SizeOf((ulong)piece.Body.Length) + piece.Body.Length;

    public static void Write(in HistoryPiece piece, Span<byte> target)
    {
        var at = Varints.Write(target, (ulong)piece.Sequence);
        at += Varints.Write(target[at..], (ulong)piece.ReceivedAtMs);
        at += Varints.Write(target[at..], (ulong)piece.Messages.Length);
        foreach (var message in piece.Messages.Span)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(target[at..], message);
            at += sizeof(ulong);
        }
        at += Varints.Write(target[at..], (ulong)piece.Body.Length);
        piece.Body.Span.CopyTo(target[at..]);
    }

    public static long SequenceOf(ReadOnlySpan<byte> piece)
    {
        var at = 0;
        return (long)Varints.Read(piece, ref at);
    }

    /// <summary>The piece that begins at <paramref name="at"/>, which moves behind it.</summary>
    public static HistoryPiece Read(LeafId leaf, ReadOnlyMemory<byte> source, ref int at)
    {
        var span = source.Span;
        var sequence = (long)Varints.Read(span, ref at);
        var receivedAtMs = (long)Varints.Read(span, ref at);
        var messages = new ulong[(int)Varints.Read(span, ref at)];
        for (var i = 0; i < messages.Length; i++, at += sizeof(ulong))
            messages[i] = BinaryPrimitives.ReadUInt64LittleEndian(span[at..]);
        var length = (int)Varints.Read(span, ref at);
        var body = source.Slice(at, length);
        at += length;
        return new HistoryPiece(leaf, sequence, receivedAtMs, messages, body);
    }
}
