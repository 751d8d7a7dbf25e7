namespace Stammgast.Storage.Embedded;

/// <summary>
/// The one writing connection to the tables, its statements prepared. Every write is a final
/// value, so writing a layer a second time after a crash changes nothing. Owned by the
/// write-behind thread.
/// </summary>
internal sealed class TableWriter : IDisposable
{
    // Pieces of a leaf that came in one generation lie in one row, up to this.
    private const int RowBytes = 32 << 10;
    private const int HandlesKept = 1 << 18;

    private readonly Dictionary<LeafId, long> handles = [];
    private readonly Statement findHandle, addHandle;
    private readonly Statement putState, dropState, putRecord, dropRecord, addLookUp, dropLookUp;
    private readonly Statement putDue, dropDue, putCounter, putLedger, putLedgerBody;
    private readonly Statement head, addRow, putHead;
    private readonly List<ReadOnlyMemory<byte>> row = [];
    private byte[] joined = new byte[RowBytes];

    public TableWriter(string folder, int cacheKiB)
    {
        Store = new Database(Path.Combine(folder, StoreFiles.Store));
        // NORMAL: pages reach the disk at a checkpoint or by Sync; until then the redo files stand
        // for them.
        Store.Run($"""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = NORMAL;
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA secure_delete = ON;
            PRAGMA cache_size = -{cacheKiB};
            """);
        Schema.Migrate(Store, Schema.Store);
        History = new Database(Path.Combine(folder, StoreFiles.History));
        History.Run("""
            PRAGMA journal_mode = TRUNCATE;
            PRAGMA synchronous = FULL;
            PRAGMA secure_delete = ON;
            PRAGMA cache_size = -8192;
            """);
        Schema.Migrate(History, Schema.History);
        findHandle = Store.Prepare("SELECT handle FROM leaves WHERE leaf = ?1");
        addHandle = Store.Prepare("INSERT INTO leaves(leaf) VALUES (?1)");
        putState = Store.Prepare("""
            INSERT INTO states VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body
            """);
        dropState = Store.Prepare("DELETE FROM states WHERE key = ?1");
        putRecord = Store.Prepare("""
            INSERT INTO records(kind, handle, id, version, body) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (kind, handle, id)
            DO UPDATE SET version = excluded.version, body = excluded.body
            """);
        dropRecord = Store.Prepare("DELETE FROM records WHERE kind = ?1 AND handle = ?2 AND id = ?3");
        addLookUp = Store.Prepare("INSERT OR IGNORE INTO lookups VALUES (?1, ?2)");
        dropLookUp = Store.Prepare("DELETE FROM lookups WHERE hash = ?1 AND handle = ?2");
        putDue = Store.Prepare("INSERT OR REPLACE INTO due VALUES (?1, ?2, ?3, ?4, ?5)");
        dropDue = Store.Prepare("DELETE FROM due WHERE handle = ?1 AND kind = ?2 AND id = ?3");
        putCounter = Store.Prepare("INSERT OR REPLACE INTO counters VALUES (?1, ?2, ?3)");
        putLedger = Store.Prepare("INSERT OR REPLACE INTO ledgers VALUES (?1, ?2, ?3, ?4, ?5)");
        putLedgerBody = Store.Prepare("INSERT OR REPLACE INTO ledger_bodies VALUES (?1, ?2, ?3, ?4)");
        head = History.Prepare("SELECT row, sequence FROM heads WHERE handle = ?1");
        addRow = History.Prepare(
            "INSERT INTO pieces(handle, previous, first, body) VALUES (?1, ?2, ?3, ?4)");
        putHead = History.Prepare("INSERT OR REPLACE INTO heads VALUES (?1, ?2, ?3)");
    }

    public Database Store { get; }

    public Database History { get; }

    /// <summary>A leaf's handle, made if it has none. In a transaction of the store.</summary>
    public long HandleOf(LeafId leaf)
    {
        if (leaf == LeafId.None)
            return 0;
        if (handles.TryGetValue(leaf, out var handle))
            return handle;
        handle = findHandle.Bind(1, leaf).One(absent: -1);
        if (handle < 0)
        {
            addHandle.Bind(1, leaf).Run();
            handle = Store.LastRow;
        }
        if (handles.Count >= HandlesKept)
            handles.Clear();
        handles.Add(leaf, handle);
        return handle;
    }

    /// <summary>A transaction was rolled back: handles made in it are none.</summary>
    public void ForgetHandles() => handles.Clear();

    public void Put(long handle, RecordKey key, in HeldRecord held)
    {
        var isState = TableReader.IsState(key);
        var number = isState ? handle * 256 + (long)key.Kind : TableReader.NumberOf(key.Id);
        if (held.Version == 0)
        {
            if (isState)
                dropState.Bind(1, number).Run();
            else
                dropRecord.Bind(1, (long)key.Kind).Bind(2, handle).Bind(3, number).Run();
            return;
        }
        if (isState)
            putState.Bind(1, number).Bind(2, held.Version).Bind(3, held.Body.Span).Run();
        else
        {
            putRecord.Bind(1, (long)key.Kind).Bind(2, handle).Bind(3, number)
                .Bind(4, held.Version).Bind(5, held.Body.Span).Run();
        }
    }

    public void Put(LookUpHash hash, in HeldLookUp held) =>
        (held.Removed ? dropLookUp : addLookUp)
            .BindWide(1, hash.Value).Bind(2, HandleOf(held.Leaf)).Run();

    public void Put(DueKey key, in HeldDue held)
    {
        var handle = HandleOf(key.Leaf);
        var id = TableReader.NumberOf(key.Id);
        if (held.Deleted)
            dropDue.Bind(1, handle).Bind(2, (long)key.Kind).Bind(3, id).Run();
        else
        {
            putDue.Bind(1, handle).Bind(2, (long)key.Kind).Bind(3, id)
                .Bind(4, held.AtMs).Bind(5, held.Body.Span).Run();
        }
    }

    public void Put(CounterKey key, long value) =>
        putCounter.Bind(1, key.Kind).Bind(2, (long)key.Id).Bind(3, value).Run();

    public void Put(in LedgerEntry entry, bool withBody)
    {
        var ledger = TableReader.NumberOf(entry.Ledger);
        putLedger.Bind(1, ledger).Bind(2, entry.Sequence).Bind(3, entry.AtMs)
            .Bind(4, entry.BodyHash.Span).Bind(5, entry.Hash.Span).Run();
        if (withBody)
        {
            putLedgerBody.Bind(1, ledger).Bind(2, entry.Sequence).Bind(3, HandleOf(entry.Leaf))
                .Bind(4, entry.Body.Span).Run();
        }
    }

    /// <summary>Appends a leaf's pieces, handed in newest first, that are not yet there.</summary>
    public void Append(long handle, IEnumerable<ReadOnlyMemory<byte>> newestFirst)
    {
        var (previous, sequence) = (0L, 0L);
        if (head.Bind(1, handle).Step())
        {
            (previous, sequence) = (head.Int(0), head.Int(1));
            head.Reset();
        }
        row.Clear();
        foreach (var piece in newestFirst)
        {
            if (PieceCodec.SequenceOf(piece.Span) > sequence)
                row.Add(piece);
        }
        for (var next = row.Count - 1; next >= 0;)
        {
            var first = PieceCodec.SequenceOf(row[next].Span);
            var length = 0;
            for (; next >= 0 && (length == 0 || length + row[next].Length <= RowBytes); next--)
            {
                sequence = PieceCodec.SequenceOf(row[next].Span);
                if (joined.Length < length + row[next].Length)
                    Array.Resize(ref joined, length + row[next].Length);
                row[next].Span.CopyTo(joined.AsSpan(length));
                length += row[next].Length;
            }
            addRow.Bind(1, handle).Bind(2, previous).Bind(3, first)
                .Bind(4, joined.AsSpan(0, length)).Run();
            previous = History.LastRow;
            putHead.Bind(1, handle).Bind(2, previous).Bind(3, sequence).Run();
        }
    }

    /// <summary>Deletes every row of a leaf from the store. In a transaction of it.</summary>
    public void EraseStore(long handle)
    {
        var low = handle * 256;
        Run(Store, "DELETE FROM states WHERE key >= ?1 AND key < ?2", low, low + 256);
        using (var kinds = Store.Prepare("SELECT min(kind) FROM records WHERE kind > ?1"))
        {
            // min() without rows is one row of null, which reads as 0.
            for (var kind = kinds.Bind(1, 0).One(0); kind > 0; kind = kinds.Bind(1, kind).One(0))
                Run(Store, "DELETE FROM records WHERE kind = ?1 AND handle = ?2", kind, handle);
        }
        Run(Store, "DELETE FROM lookups WHERE handle = ?1", handle);
        Run(Store, "DELETE FROM due WHERE handle = ?1", handle);
        Run(Store, "DELETE FROM ledger_bodies WHERE handle = ?1", handle);
    }

    /// <summary>
    /// Overwrites every row of a leaf in the history with zeros of the same length: in place, so
    /// that no page of this large file is ever merged and no copy of a row ever moves.
    /// </summary>
    public void EraseHistory(long handle)
    {
        if (!head.Bind(1, handle).Step())
            return;
        var at = head.Int(0);
        head.Reset();
        using var previous = History.Prepare("SELECT previous FROM pieces WHERE row = ?1");
        while (at != 0)
        {
            var before = previous.Bind(1, at).One(absent: 0);
            Run(History, "UPDATE pieces SET body = zeroblob(length(body)) WHERE row = ?1", at);
            at = before;
        }
        Run(History, "DELETE FROM heads WHERE handle = ?1", handle);
    }

    public void Dispose()
    {
        Store.Dispose();
        History.Dispose();
    }

    private static void Run(Database database, string sql, params ReadOnlySpan<long> values)
    {
        using var statement = database.Prepare(sql);
        for (var i = 0; i < values.Length; i++)
            statement.Bind(i + 1, values[i]);
        statement.Run();
    }
}
