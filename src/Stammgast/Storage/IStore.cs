namespace Stammgast.Storage;

/// <summary>
/// The cell's state in six shapes: records, look-ups, history, due entries, counters, ledgers.
/// Bodies arrive sealed; the store never sees a person in the clear. Reads see every commit that
/// has completed (and their own node's at once).
/// </summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>
    /// Reads records; the answer has the order and length of <paramref name="keys"/>, with version
    /// 0 and an empty body where there is none.
    /// </summary>
    ValueTask<IReadOnlyList<StoredRecord>> LoadAsync(
        IReadOnlyList<RecordKey> keys, CancellationToken cancel);

    /// <summary>Which leaves each look-up hash names, in the order of <paramref name="hashes"/>.</summary>
    ValueTask<IReadOnlyList<IReadOnlyList<LeafId>>> LookUpAsync(
        IReadOnlyList<LookUpHash> hashes, CancellationToken cancel);

    /// <summary>
    /// A leaf's history, newest piece first, starting after <paramref name="before"/>
    /// (<see cref="long.MaxValue"/>: from the newest), at most <paramref name="limit"/> pieces.
    /// </summary>
    ValueTask<IReadOnlyList<HistoryPiece>> HistoryAsync(
        LeafId leaf, long before, int limit, CancellationToken cancel);

    /// <summary>
    /// Commits all of the batch or nothing; durable when it completes. A record whose version is
    /// not the expected one, or a counter beyond its bound, refuses the whole batch. An empty one
    /// writes nothing, and is refused by a store that has failed.
    /// </summary>
    /// <exception cref="OverloadedException">Disk full or lane full: nothing was committed.</exception>
    ValueTask<CommitResult> CommitAsync(WriteBatch batch, Lane lane, CancellationToken cancel);

    /// <summary>
    /// All records of a kind in the order of owner and id, starting after <paramref name="after"/>;
    /// a page holds at most <paramref name="limit"/>.
    /// </summary>
    ValueTask<IReadOnlyList<StoredRecord>> ScanAsync(
        RecordKind kind, RecordKey? after, int limit, CancellationToken cancel);

    /// <summary>Due entries at or before an instant, earliest first; they stay until deleted.</summary>
    ValueTask<IReadOnlyList<DueEntry>> DueAsync(
        long untilMs, int limit, CancellationToken cancel);

    /// <summary>A counter's value; 0 where there is none.</summary>
    ValueTask<long> CounterAsync(CounterKey key, CancellationToken cancel);

    /// <summary>A ledger's entries from a sequence number on, oldest first.</summary>
    ValueTask<IReadOnlyList<LedgerEntry>> LedgerAsync(
        LedgerKey ledger, long from, int limit, CancellationToken cancel);

    /// <summary>
    /// Deletes every row that carries the leaf, free pages included, but for a tombstone record of
    /// <see cref="RecordKind.Leaf"/> with a raised version, so that a fold in flight loses.
    /// </summary>
    ValueTask EraseAsync(LeafId leaf, ReadOnlyMemory<byte> tombstone, CancellationToken cancel);
}

/// <summary>What a record is; the numbers are stored. New features add a kind, not an operation.</summary>
public enum RecordKind : byte
{
    /// <summary>A leaf's folded state; one per leaf, id 0. Versioned.</summary>
    Leaf = 1,

    /// <summary>A person's own small record, under its root leaf, id 0. Versioned.</summary>
    Person = 2,

    /// <summary>A stored decision, under its leaf (or none), id = low half of the decision id.</summary>
    Decision = 3,

    /// <summary>A catalogue product; owner none, id = hash of the product id.</summary>
    Product = 4,

    /// <summary>A configured resource (source, key, placement, offer …); owner none.</summary>
    Resource = 5,

    /// <summary>A dead letter, under its leaf where one was found; id = receipt order.</summary>
    DeadLetter = 6,

    /// <summary>How far an import file came; owner none, id = hash of the file.</summary>
    Import = 7,

    /// <summary>A trained model or its card; owner none.</summary>
    Model = 8,

    /// <summary>
    /// What was said on a leaf about purposes and addresses, under the leaf, id 0: its own record,
    /// so that a lowering and a fold do not race on the leaf's. Id 1: answered idempotency keys.
    /// Id 2: messages whose lowering was committed before their answer.
    /// </summary>
    Consent = 9,

    /// <summary>A leaf's contacts and rests; one per leaf, id 0. Versioned: a reservation.</summary>
    Contacts = 10,

    /// <summary>
    /// That a browser has bound this anonymous id to its session; one per leaf, id 0, no content.
    /// </summary>
    Session = 11,
}

/// <summary>A record's address. Rows of a person carry the leaf; others <see cref="LeafId.None"/>.</summary>
public readonly record struct RecordKey(RecordKind Kind, LeafId Owner, ulong Id = 0);

/// <summary>A record as stored: version 0 means that there is none.</summary>
public readonly record struct StoredRecord(
    RecordKey Key, long Version, ReadOnlyMemory<byte> Body);

/// <summary>Keyed hash of an identifier's value (see <c>Keys.BlindIndex</c>).</summary>
public readonly record struct LookUpHash(UInt128 Value);

/// <summary>
/// At most 64 events or 8 KB of one leaf, sealed together. <see cref="Messages"/> lie beside the
/// body so that a duplicate is found without opening it.
/// </summary>
/// <param name="Leaf">Whose.</param>
/// <param name="Sequence">The leaf's own count of pieces, from 1; bound into the seal.</param>
/// <param name="ReceivedAtMs">Newest receipt in it: what retention and dedupe go by.</param>
/// <param name="Messages">The events' message keys.</param>
/// <param name="Body">Sealed.</param>
public readonly record struct HistoryPiece(
    LeafId Leaf, long Sequence, long ReceivedAtMs, ReadOnlyMemory<ulong> Messages,
    ReadOnlyMemory<byte> Body);

/// <summary>What a due entry wakes; the numbers are stored.</summary>
public enum DueKind : byte
{
    /// <summary>An unseen banner's reservation is released.</summary>
    Release = 1,

    /// <summary>A row's retention ends.</summary>
    Expiry = 2,
}

/// <summary>A timer or an outbox row: one next entry per leaf and kind, never one per rule.</summary>
public readonly record struct DueEntry(
    DueKind Kind, LeafId Leaf, ulong Id, long DueAtMs, ReadOnlyMemory<byte> Body);

/// <summary>A counter's address: what it counts and for which resource.</summary>
public readonly record struct CounterKey(ushort Kind, ulong Id);

/// <summary>Adds to a counter unless the sum would leave 0 … <paramref name="Bound"/>.</summary>
public readonly record struct CounterAdd(CounterKey Key, long Delta, long Bound);

/// <summary>A ledger's address: which one, and the bucket that chains it.</summary>
public readonly record struct LedgerKey(LedgerKind Kind, byte Bucket);

/// <summary>Which ledger; the numbers are stored.</summary>
public enum LedgerKind : byte
{
    /// <summary>Every change of a consent, with its evidence.</summary>
    Consent = 1,

    /// <summary>What was erased, replayed before a restored backup serves.</summary>
    Erasure = 2,

    /// <summary>Who did what: staff, keys, configuration.</summary>
    Audit = 3,

    /// <summary>Lowerings of any kind, in commit order: what every node reads each 250 ms.</summary>
    Revocation = 4,
}

/// <summary>
/// A ledger entry. <paramref name="Hash"/> chains: SHA-256 over the previous hash, the sequence and
/// the SHA-256 of the sealed body; the body itself is a row of its leaf and can be erased.
/// </summary>
public readonly record struct LedgerEntry(
    LedgerKey Ledger, long Sequence, LeafId Leaf, long AtMs, ReadOnlyMemory<byte> BodyHash,
    ReadOnlyMemory<byte> Hash, ReadOnlyMemory<byte> Body);

/// <summary>An entry to be appended; the store gives it its sequence and hash.</summary>
public readonly record struct LedgerAppend(
    LedgerKey Ledger, LeafId Leaf, long AtMs, ReadOnlyMemory<byte> Body);

/// <summary>Writes a record if its version still is <paramref name="Expected"/>; null deletes.</summary>
public readonly record struct RecordWrite(
    RecordKey Key, long Expected, ReadOnlyMemory<byte>? Body)
{
    /// <summary>For records that only one writer touches: any version will do.</summary>
    public const long AnyVersion = -1;
}

/// <summary>Adds or removes one leaf of a look-up hash.</summary>
public readonly record struct LookUpWrite(LookUpHash Hash, LeafId Leaf, bool Remove);

/// <summary>Puts a due entry (replacing the one of the same kind, leaf and id) or deletes it.</summary>
public readonly record struct DueWrite(DueEntry Entry, bool Delete);

/// <summary>What one commit writes. All lists may be empty; order within a list is kept.</summary>
public sealed class WriteBatch
{
    /// <summary>Records with their expected versions; each key at most once.</summary>
    public List<RecordWrite> Records { get; } = [];

    /// <summary>Look-ups added and removed.</summary>
    public List<LookUpWrite> LookUps { get; } = [];

    /// <summary>History appended; <see cref="HistoryPiece.Sequence"/> ascends by one per leaf.</summary>
    public List<HistoryPiece> History { get; } = [];

    /// <summary>Due entries put and deleted.</summary>
    public List<DueWrite> Due { get; } = [];

    /// <summary>Counters moved within their bounds.</summary>
    public List<CounterAdd> Counters { get; } = [];

    /// <summary>Ledger entries appended.</summary>
    public List<LedgerAppend> Ledgers { get; } = [];

    /// <summary>Empties it, to be filled again once its commit has completed.</summary>
    public void Clear()
    {
        Records.Clear();
        LookUps.Clear();
        History.Clear();
        Due.Clear();
        Counters.Clear();
        Ledgers.Clear();
    }

    /// <summary>Whether there is nothing to commit.</summary>
    public bool IsEmpty =>
        Records.Count + LookUps.Count + History.Count + Due.Count + Counters.Count
        + Ledgers.Count == 0;
}

/// <summary>The writer's lanes, most urgent first.</summary>
public enum Lane : byte
{
    /// <summary>Withdrawals, objections, erasures: never shed, have a reserve on a full disk.</summary>
    Lowering = 0,

    /// <summary>Reservations and decisions.</summary>
    Decision = 1,

    /// <summary>The fold.</summary>
    Fold = 2,

    /// <summary>Imports and configuration in bulk.</summary>
    Import = 3,
}

/// <summary>How a commit ended.</summary>
public abstract record CommitResult
{
    private CommitResult()
    {
    }

    /// <summary>All of it is durable. Record versions are the expected ones plus one.</summary>
    public sealed record Committed : CommitResult;

    /// <summary>Nothing was written: these records have other versions. Load, fold again, retry.</summary>
    public sealed record Conflict(IReadOnlyList<RecordKey> Keys) : CommitResult;

    /// <summary>Nothing was written: this counter would leave its bound.</summary>
    public sealed record BoundReached(CounterKey Key) : CommitResult;
}
