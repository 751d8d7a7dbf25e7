namespace Stammgast.Storage.Embedded;

/// <summary>One reading connection to the tables, its statements prepared. One thread at a time.</summary>
internal sealed class TableReader : IDisposable
{
    public const ulong TopBit = 1UL << 63;

    private readonly Database store;
    private readonly Database history;
    private readonly Statement state, record, leaves, due, counter, ledger, ledgerHead, head, row;
    private readonly Statement scanStates, scanOwn, scanOwned;

    public TableReader(string folder)
    {
        store = Open(folder, StoreFiles.Store);
        history = Open(folder, StoreFiles.History);
        state = store.Prepare("""
            SELECT s.version, s.body FROM leaves l JOIN states s ON s.key = l.handle * 256 + ?2
            WHERE l.leaf = ?1
            """);
        record = store.Prepare("""
            SELECT r.version, r.body FROM leaves l JOIN records r
                ON r.kind = ?2 AND r.handle = l.handle AND r.id = ?3
            WHERE l.leaf = ?1
            """);
        leaves = store.Prepare("""
            SELECT l.leaf FROM lookups k JOIN leaves l ON l.handle = k.handle WHERE k.hash = ?1
            """);
        due = store.Prepare("""
            SELECT d.kind, l.leaf, d.id, d.at, d.body FROM due d JOIN leaves l
                ON l.handle = d.handle
            WHERE d.at <= ?1 ORDER BY d.at LIMIT ?2
            """);
        counter = store.Prepare("SELECT value FROM counters WHERE kind = ?1 AND id = ?2");
        ledger = store.Prepare("""
            SELECT e.sequence, e.at, e.body_hash, e.hash, b.body, l.leaf FROM ledgers e
                LEFT JOIN ledger_bodies b ON b.ledger = e.ledger AND b.sequence = e.sequence
                LEFT JOIN leaves l ON l.handle = b.handle
            WHERE e.ledger = ?1 AND e.sequence >= ?2 ORDER BY e.sequence LIMIT ?3
            """);
        ledgerHead = store.Prepare("""
            SELECT sequence, hash FROM ledgers WHERE ledger = ?1 ORDER BY sequence DESC LIMIT 1
            """);
        scanStates = store.Prepare("""
            SELECT l.leaf, s.version, s.body FROM leaves l CROSS JOIN states s
                ON s.key = l.handle * 256 + ?1
            WHERE l.leaf > ?2 AND l.handle <> 0 ORDER BY l.leaf LIMIT ?3
            """);
        scanOwn = store.Prepare("""
            SELECT id, version, body FROM records
            WHERE kind = ?1 AND handle = 0 AND id >= ?2 ORDER BY id LIMIT ?3
            """);
        scanOwned = store.Prepare("""
            SELECT l.leaf, r.id, r.version, r.body FROM records r JOIN leaves l
                ON l.handle = r.handle
            WHERE r.kind = ?1 AND r.handle > 0 AND (l.leaf, r.id) > (?2, ?3)
            ORDER BY l.leaf, r.id LIMIT ?4
            """);
        head = history.Prepare("SELECT row FROM heads WHERE handle = ?1");
        row = history.Prepare("SELECT previous, first, body FROM pieces WHERE row = ?1");
        Handle = store.Prepare("SELECT handle FROM leaves WHERE leaf = ?1");
    }

    private Statement Handle { get; }

    /// <summary>Reads of one transaction see one moment.</summary>
    public void InSnapshot(Action reads) => store.InReadTransaction(reads);

    public StoredRecord Load(RecordKey key)
    {
        var select = Bound(key);
        if (!select.Step())
            return new StoredRecord(key, 0, default);
        var found = new StoredRecord(key, select.Int(0), select.Blob(1).ToArray());
        select.Reset();
        return found;
    }

    public long Version(RecordKey key) => Bound(key).One(absent: 0);

    public void LookUp(LookUpHash hash, SortedSet<LeafId> into)
    {
        leaves.BindWide(1, hash.Value);
        while (leaves.Step())
            into.Add(leaves.Leaf(0));
    }

    public IEnumerable<DueEntry> Due(long untilMs, long limit)
    {
        due.Bind(1, untilMs).Bind(2, limit);
        while (due.Step())
        {
            yield return new DueEntry((DueKind)due.Int(0), due.Leaf(1), IdOf(due.Int(2)),
                due.Int(3), due.Blob(4).ToArray());
        }
    }

    public long Counter(CounterKey key) =>
        counter.Bind(1, key.Kind).Bind(2, (long)key.Id).One(absent: 0);

    public IEnumerable<LedgerEntry> Ledger(LedgerKey key, long from, int limit)
    {
        ledger.Bind(1, NumberOf(key)).Bind(2, from).Bind(3, limit);
        while (ledger.Step())
        {
            var leaf = ledger.Blob(5);
            yield return new LedgerEntry(key, ledger.Int(0),
                leaf.IsEmpty ? LeafId.None : LeafId.Read(leaf), ledger.Int(1),
                ledger.Blob(2).ToArray(), ledger.Blob(3).ToArray(), ledger.Blob(4).ToArray());
        }
    }

    public (long Sequence, byte[] Hash) LedgerHead(LedgerKey key)
    {
        ledgerHead.Bind(1, NumberOf(key));
        if (!ledgerHead.Step())
            return (0, new byte[32]);
        var found = (ledgerHead.Int(0), ledgerHead.Blob(1).ToArray());
        ledgerHead.Reset();
        return found;
    }

    /// <summary>Pieces below a sequence, newest first.</summary>
    public void History(LeafId leaf, long before, int limit, List<HistoryPiece> into)
    {
        var at = head.Bind(1, Handle.Bind(1, leaf).One(absent: -1)).One(absent: 0);
        while (at != 0 && limit > 0 && row.Bind(1, at).Step())
        {
            at = row.Int(0);
            var wanted = row.Int(1) < before;
            var body = wanted ? row.Blob(2).ToArray() : [];
            row.Reset();
            var start = into.Count;
            for (var read = 0; read < body.Length;)
            {
                var piece = PieceCodec.Read(leaf, body, ref read);
                if (piece.Sequence < before)
                    into.Add(piece);
            }
            into.Reverse(start, into.Count - start);
            limit -= into.Count - start;
        }
        if (limit < 0)
            into.RemoveRange(into.Count + limit, -limit);
    }

    /// <summary>A page of a kind in the order of owner and id; each source gives up to a page.</summary>
    public void Scan(RecordKind kind, RecordKey? after, int limit, List<StoredRecord> into)
    {
        var (leaf, id) = after is { } key ? (key.Owner, key.Id) : (LeafId.None, 0UL);
        if (leaf == LeafId.None && (after is null || id < ulong.MaxValue))
        {
            scanOwn.Bind(1, (long)kind).Bind(2, NumberOf(after is null ? 0 : id + 1)).Bind(3, limit);
            while (scanOwn.Step())
            {
                into.Add(new StoredRecord(new RecordKey(kind, LeafId.None, IdOf(scanOwn.Int(0))),
                    scanOwn.Int(1), scanOwn.Blob(2).ToArray()));
            }
        }
        if (into.Count >= limit)
            return;
        scanStates.Bind(1, (long)kind).Bind(2, leaf).Bind(3, limit);
        while (scanStates.Step())
        {
            into.Add(new StoredRecord(new RecordKey(kind, scanStates.Leaf(0)),
                scanStates.Int(1), scanStates.Blob(2).ToArray()));
        }
        scanOwned.Bind(1, (long)kind).Bind(2, leaf).Bind(3, NumberOf(id)).Bind(4, limit);
        while (scanOwned.Step())
        {
            into.Add(new StoredRecord(
                new RecordKey(kind, scanOwned.Leaf(0), IdOf(scanOwned.Int(1))),
                scanOwned.Int(2), scanOwned.Blob(3).ToArray()));
        }
        into.Sort((a, b) => KeyOrder.Compare(a.Key, b.Key));
        if (into.Count > limit)
            into.RemoveRange(limit, into.Count - limit);
    }

    public void Dispose()
    {
        store.Dispose();
        history.Dispose();
    }

    /// <summary>An id as SQLite's signed number with the same order.</summary>
    public static long NumberOf(ulong id) => (long)(id ^ TopBit);

    public static ulong IdOf(long number) => (ulong)number ^ TopBit;

    public static long NumberOf(LedgerKey key) => (long)key.Kind << 8 | key.Bucket;

    /// <summary>Whether a record lies in <c>states</c>: the only one of its kind that a leaf has.</summary>
    public static bool IsState(RecordKey key) => key.Id == 0 && key.Owner != LeafId.None;

    private static Database Open(string folder, string file)
    {
        var database = new Database(Path.Combine(folder, file));
        database.Run("PRAGMA query_only = 1; PRAGMA cache_size = -4096;");
        return database;
    }

    private Statement Bound(RecordKey key) => IsState(key)
        ? state.Bind(1, key.Owner).Bind(2, (long)key.Kind)
        : record.Bind(1, key.Owner).Bind(2, (long)key.Kind).Bind(3, NumberOf(key.Id));
}

/// <summary>The order of pages: owner, then id; the kind is one.</summary>
internal static class KeyOrder
{
    public static int Compare(RecordKey a, RecordKey b)
    {
        var byOwner = a.Owner.CompareTo(b.Owner);
        return byOwner != 0 ? byOwner : a.Id.CompareTo(b.Id);
    }
}

/// <summary>Names of the files in the store's folder.</summary>
internal static class StoreFiles
{
    public const string Store = "store.db", History = "history.db", Reserve = "reserve",
        ScrubMark = "unscrubbed";
}
