using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// Decides whether batches may commit, and encodes those that may. Between batches of one group it
/// remembers what the earlier ones will have written. Owned by the committer thread.
/// </summary>
internal sealed class Committing(Layers layers, TableReader tables)
{
    private static readonly CommitResult.Committed Committed = new();

    private readonly Dictionary<RecordKey, long> versions = new(RecordKeyEquality.Instance);
    private readonly Dictionary<CounterKey, long> counters = [];
    private readonly Dictionary<CounterKey, long> undo = [];
    private readonly Dictionary<LedgerKey, (long Sequence, byte[] Hash)> groupHeads = [];
    private readonly Dictionary<LedgerKey, (long Sequence, byte[] Hash)> heads = [];
    private readonly HashSet<LeafId> erased = [];
    private readonly List<long> current = [];

    public RedoWriter Row { get; } = new();

    /// <summary>Begins a group.</summary>
    public void Begin()
    {
        Row.Clear();
        versions.Clear();
        counters.Clear();
        erased.Clear();
        groupHeads.Clear();
    }

    /// <summary>The group is durable.</summary>
    public void End()
    {
        foreach (var (key, head) in groupHeads)
            heads[key] = head;
    }

    /// <summary>Committed: encoded in <see cref="Row"/>. Otherwise nothing was.</summary>
    public CommitResult Decide(WriteBatch batch)
    {
        List<RecordKey>? conflicts = null;
        current.Clear();
        foreach (var write in batch.Records)
        {
            var version = VersionOf(write.Key);
            current.Add(version);
            if (write.Expected != RecordWrite.AnyVersion && write.Expected != version)
                (conflicts ??= []).Add(write.Key);
        }
        if (conflicts is not null)
            return new CommitResult.Conflict(conflicts);
        if (!TryCount(batch.Counters, out var bounded))
            return new CommitResult.BoundReached(bounded);
        Encode(batch);
        return Committed;
    }

    /// <summary>Encodes an erasure; it always succeeds.</summary>
    public void Erase(LeafId leaf, ReadOnlySpan<byte> tombstone)
    {
        var key = new RecordKey(RecordKind.Leaf, leaf);
        var version = VersionOf(key) + 1;
        foreach (var staged in versions.Keys.Where(staged => staged.Owner == leaf).ToList())
            versions[staged] = 0;
        erased.Add(leaf);
        versions[key] = version;
        Row.Erase(leaf, version, tombstone);
    }

    private static (long Sequence, byte[] Hash) Chain(
        (long Sequence, byte[] Hash) head, ReadOnlySpan<byte> bodyHash)
    {
        Span<byte> link = stackalloc byte[32 + sizeof(long) + 32];
        head.Hash.CopyTo(link);
        BinaryPrimitives.WriteInt64BigEndian(link[32..], head.Sequence + 1);
        bodyHash.CopyTo(link[40..]);
        return (head.Sequence + 1, SHA256.HashData(link));
    }

    private long VersionOf(RecordKey key)
    {
        if (versions.TryGetValue(key, out var version))
            return version;
        if (erased.Count > 0 && erased.Contains(key.Owner))
            return 0;
        // This thread alone changes the newest layer; the older never changes.
        return Layers.TryRecord(layers.Now, key, out var held) ? held.Version : tables.Version(key);
    }

    private long ValueOf(CounterKey key)
    {
        if (counters.TryGetValue(key, out var value))
            return value;
        var (newest, older) = layers.Now;
        return newest.Counters.TryGetValue(key, out value)
            || (older is not null && older.Counters.TryGetValue(key, out value))
            ? value
            : tables.Counter(key);
    }

    private bool TryCount(List<CounterAdd> adds, out CounterKey bounded)
    {
        bounded = default;
        undo.Clear();
        foreach (var add in adds)
        {
            var before = ValueOf(add.Key);
            undo.TryAdd(add.Key, before);
            var after = before + add.Delta;
            // Moving towards the bounds is always allowed: a bound may have been lowered since.
            if (after < 0 || (after > add.Bound && add.Delta > 0))
            {
                foreach (var (key, value) in undo)
                    counters[key] = value;
                bounded = add.Key;
                return false;
            }
            counters[add.Key] = after;
        }
        return true;
    }

    private void Encode(WriteBatch batch)
    {
        for (var i = 0; i < batch.Records.Count; i++)
        {
            var write = batch.Records[i];
            if (write.Body is { } body)
                Row.Record(write.Key, versions[write.Key] = current[i] + 1, body.Span);
            else
            {
                versions[write.Key] = 0;
                Row.Delete(write.Key);
            }
        }
        foreach (var write in batch.LookUps)
            Row.LookUp(write.Hash, write.Leaf, write.Remove);
        foreach (var piece in batch.History)
            Row.History(piece);
        foreach (var write in batch.Due)
        {
            if (write.Delete)
                Row.DueDelete(write.Entry);
            else
                Row.Due(write.Entry);
        }
        foreach (var add in batch.Counters)
            Row.Counter(add.Key, counters[add.Key]);
        foreach (var append in batch.Ledgers)
            Append(append);
    }

    private void Append(in LedgerAppend append)
    {
        if (!groupHeads.TryGetValue(append.Ledger, out var head)
            && !heads.TryGetValue(append.Ledger, out head))
            head = HeadOf(append.Ledger);
        var bodyHash = SHA256.HashData(append.Body.Span);
        var next = Chain(head, bodyHash);
        groupHeads[append.Ledger] = next;
        Row.Ledger(new LedgerEntry(append.Ledger, next.Sequence, append.Leaf, append.AtMs, bodyHash,
            next.Hash, append.Body));
    }

    private (long Sequence, byte[] Hash) HeadOf(LedgerKey key)
    {
        var (newest, older) = layers.Now;
        if (newest.Ledgers.TryGetValue(key, out var entries)
            || (older is not null && older.Ledgers.TryGetValue(key, out entries)))
            return (entries[^1].Sequence, entries[^1].Hash.ToArray());
        return tables.LedgerHead(key);
    }
}
