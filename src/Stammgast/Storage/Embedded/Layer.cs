using System.Runtime.InteropServices;

namespace Stammgast.Storage.Embedded;

/// <summary>A record in a layer; version 0: deleted.</summary>
internal readonly record struct HeldRecord(long Version, ReadOnlyMemory<byte> Body);

/// <summary>A due entry's address.</summary>
internal readonly record struct DueKey(DueKind Kind, LeafId Leaf, ulong Id);

/// <summary>A due entry in a layer.</summary>
internal readonly record struct HeldDue(bool Deleted, long AtMs, ReadOnlyMemory<byte> Body);

/// <summary>A look-up's leaf in a layer.</summary>
internal readonly record struct HeldLookUp(LeafId Leaf, bool Removed);

/// <summary>
/// What one generation of redo rows says, in memory: lies over older layers and the tables until it
/// is written behind. The newest layer is changed by the committer under the store's lock; an older
/// one never changes again.
/// </summary>
internal sealed class Layer(Slabs slabs)
{
    private readonly List<byte[]> rented = [];
    private readonly List<(int Previous, ReadOnlyMemory<byte> Piece)> pieces = [];
    private readonly Dictionary<LeafId, int> newestPiece = [];
    private int used;

    public Dictionary<RecordKey, HeldRecord> Records { get; } = new(RecordKeyEquality.Instance);

    public Dictionary<LookUpHash, List<HeldLookUp>> LookUps { get; } = [];

    public Dictionary<DueKey, HeldDue> Due { get; } = [];

    public Dictionary<CounterKey, long> Counters { get; } = [];

    public Dictionary<LedgerKey, List<LedgerEntry>> Ledgers { get; } = [];

    /// <summary>Leaves of which nothing older than this layer exists any more.</summary>
    public HashSet<LeafId> Erased { get; } = [];

    public IReadOnlyCollection<LeafId> LeavesWithHistory => newestPiece.Keys;

    /// <summary>Bytes of redo rows applied.</summary>
    public long Bytes { get; private set; }

    public bool IsEmpty => Bytes == 0;

    /// <summary>Keeps and applies a redo row; the bodies are slices of what is kept.</summary>
    public void Apply(ReadOnlySpan<byte> row)
    {
        if (rented.Count == 0 || rented[^1].Length - used < row.Length)
        {
            rented.Add(slabs.Rent(row.Length));
            used = 0;
        }
        var kept = rented[^1].AsMemory(used, row.Length);
        row.CopyTo(kept.Span);
        used += row.Length;
        var reader = new RedoReader(kept);
        while (reader.TryNext(out var op))
            Apply(op, ref reader);
        Bytes += row.Length;
    }

    /// <summary>Nobody reads its bodies any more.</summary>
    public void Free()
    {
        foreach (var slab in rented)
            slabs.Return(slab);
        rented.Clear();
    }

    /// <summary>A leaf's encoded pieces in this layer, newest first.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> PiecesOf(LeafId leaf)
    {
        for (var at = newestPiece.GetValueOrDefault(leaf, -1); at >= 0; at = pieces[at].Previous)
            yield return pieces[at].Piece;
    }

    private void Apply(RedoOp op, ref RedoReader reader)
    {
        switch (op)
        {
            case RedoOp.Record:
                Records[reader.Key()] = new HeldRecord((long)reader.Varint(), reader.Bytes());
                break;
            case RedoOp.Delete:
                Records[reader.Key()] = default;
                break;
            case RedoOp.LookUp or RedoOp.LookUpRemove:
                LookUp(new LookUpHash(reader.Wide()), reader.Leaf(), op == RedoOp.LookUpRemove);
                break;
            case RedoOp.History:
                History(reader.Leaf(), reader.Bytes());
                break;
            case RedoOp.Due:
                Due[reader.DueKey()] = new HeldDue(false, reader.Signed(), reader.Bytes());
                break;
            case RedoOp.DueDelete:
                Due[reader.DueKey()] = new HeldDue(true, 0, default);
                break;
            case RedoOp.Counter:
                Counters[new CounterKey((ushort)reader.Varint(), reader.Varint())] =
                    reader.Signed();
                break;
            case RedoOp.Ledger:
                Ledger(reader.Ledger());
                break;
            case RedoOp.Erase:
                Erase(reader.Leaf(), new HeldRecord((long)reader.Varint(), reader.Bytes()));
                break;
            default:
                throw new InvalidDataException($"Unknown redo operation {(byte)op}.");
        }
    }

    private void LookUp(LookUpHash hash, LeafId leaf, bool removed)
    {
        ref var leaves = ref CollectionsMarshal.GetValueRefOrAddDefault(LookUps, hash, out _);
        leaves ??= [];
        leaves.RemoveAll(held => held.Leaf == leaf);
        leaves.Add(new HeldLookUp(leaf, removed));
    }

    private void History(LeafId leaf, ReadOnlyMemory<byte> piece)
    {
        ref var newest = ref CollectionsMarshal.GetValueRefOrAddDefault(
            newestPiece, leaf, out var exists);
        pieces.Add((exists ? newest : -1, piece));
        newest = pieces.Count - 1;
    }

    private void Ledger(in LedgerEntry entry)
    {
        ref var entries = ref CollectionsMarshal.GetValueRefOrAddDefault(
            Ledgers, entry.Ledger, out _);
        (entries ??= []).Add(entry);
    }

    private void Erase(LeafId leaf, HeldRecord tombstone)
    {
        foreach (var key in Records.Keys.Where(key => key.Owner == leaf).ToList())
            Records.Remove(key);
        foreach (var leaves in LookUps.Values)
            leaves.RemoveAll(held => held.Leaf == leaf);
        newestPiece.Remove(leaf);
        foreach (var key in Due.Keys.Where(key => key.Leaf == leaf).ToList())
            Due.Remove(key);
        foreach (var entries in Ledgers.Values)
        {
            foreach (ref var entry in CollectionsMarshal.AsSpan(entries))
            {
                if (entry.Leaf == leaf)
                    entry = entry with { Leaf = LeafId.None, Body = default };
            }
        }
        Erased.Add(leaf);
        Records[new RecordKey(RecordKind.Leaf, leaf)] = tombstone;
    }
}

/// <summary>The generated equality of a nested record struct hashes twice as long.</summary>
internal sealed class RecordKeyEquality : IEqualityComparer<RecordKey>
{
    public static readonly RecordKeyEquality Instance = new();

    public bool Equals(RecordKey x, RecordKey y) =>
        x.Owner.Value == y.Owner.Value && x.Id == y.Id && x.Kind == y.Kind;

    // Owners and most ids are keyed hashes already; small ids differ in the multiplied low bits.
    public int GetHashCode(RecordKey key)
    {
        var mixed = ((ulong)key.Owner.Value ^ key.Id ^ (ulong)key.Kind << 56)
            * 0x9E37_79B9_7F4A_7C15;
        return (int)(mixed >> 32);
    }
}
