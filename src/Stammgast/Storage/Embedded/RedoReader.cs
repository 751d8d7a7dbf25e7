using System.Buffers.Binary;

namespace Stammgast.Storage.Embedded;

/// <summary>Reads what <see cref="RedoWriter"/> wrote; bodies are slices of the row.</summary>
internal ref struct RedoReader(ReadOnlyMemory<byte> row)
{
    private readonly ReadOnlySpan<byte> span = row.Span;
    private int at;

    public bool TryNext(out RedoOp op)
    {
        var more = at < span.Length;
        op = more ? (RedoOp)span[at++] : RedoOp.None;
        return more;
    }

    public ulong Varint() => Varints.Read(span, ref at);

    public long Signed()
    {
        var folded = Varint();
        return (long)(folded >> 1) ^ -(long)(folded & 1);
    }

    public UInt128 Wide()
    {
        var value = BinaryPrimitives.ReadUInt128BigEndian(span[at..]);
        at += 16;
        return value;
    }

    public LeafId Leaf() => new(Wide());

    public RecordKey Key() => new((RecordKind)span[at++], Leaf(), Varint());

    public DueKey DueKey() => new((DueKind)span[at++], Leaf(), Varint());

    public ReadOnlyMemory<byte> Bytes() => Take((int)Varint());

    public LedgerEntry Ledger()
    {
        var key = new LedgerKey((LedgerKind)span[at++], span[at++]);
        return new LedgerEntry(
            key, (long)Varint(), Leaf(), Signed(), Take(32), Take(32), Bytes());
    }

    private ReadOnlyMemory<byte> Take(int length)
    {
        var taken = row.Slice(at, length);
        at += length;
        return taken;
    }
}
