using System.Collections.Concurrent;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// The embedded store: a commit is one redo row and one fsync, laid over the tables in memory; the
/// tables are written behind. Reads look into the layers first, then into the tables.
/// </summary>
public sealed class SqliteStore : IStore
{
    private readonly Layers layers;
    private readonly Committer committer;
    private readonly WriteBehind writeBehind;
    private readonly ConcurrentBag<TableReader> readers = [];
    private readonly SemaphoreSlim freeReaders;
    private readonly int readerCount;
    private int closed;

    /// <summary>Opens or makes the store in a folder of its own; migrates it where it is older.</summary>
    public SqliteStore(string folder, TimeProvider time, SqliteStoreOptions? options = null)
    {
        options ??= new SqliteStoreOptions();
        Directory.CreateDirectory(folder);
        var tables = new TableWriter(folder, options.WriterCacheKiB);
        var left = RedoFile.OpenAll(folder, out var lastNumber);
        var slabs = new Slabs();
        var loaded = new Layer(slabs);
        foreach (var file in left)
            file.LoadInto(loaded);
        var newest = RedoFile.Create(folder, ++lastNumber);
        layers = new Layers(new Generation(loaded, left) { IsUrgent = true });
        layers.Rotate(new Generation(new Layer(slabs), [newest]));
        var reserve = new Reserve(Path.Combine(folder, StoreFiles.Reserve), options.ReserveBytes);
        writeBehind = new WriteBehind(options, folder, layers, reserve, tables, lastNumber);
        committer = new Committer(
            options, time, layers, writeBehind, reserve, new TableReader(folder), slabs);
        readerCount = options.Readers;
        for (var i = 0; i < readerCount; i++)
            readers.Add(new TableReader(folder));
        freeReaders = new SemaphoreSlim(readerCount);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredRecord>> LoadAsync(
        IReadOnlyList<RecordKey> keys, CancellationToken cancel)
    {
        var found = new StoredRecord[keys.Count];
        List<int>? misses = null;
        lock (layers.Gate)
        {
            for (var i = 0; i < found.Length; i++)
            {
                if (Layers.TryRecord(layers.Now, keys[i], out var held))
                    found[i] = new StoredRecord(keys[i], held.Version, held.Body.ToArray());
                else
                    (misses ??= []).Add(i);
            }
        }
        if (misses is not null)
        {
            await ReadAsync(tables =>
            {
                foreach (var i in misses)
                    found[i] = tables.Load(keys[i]);
            }, cancel);
        }
        return found;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<IReadOnlyList<LeafId>>> LookUpAsync(
        IReadOnlyList<LookUpHash> hashes, CancellationToken cancel)
    {
        var found = Array.ConvertAll(new int[hashes.Count], _ => new SortedSet<LeafId>());
        return await OverAsync(
            tables =>
            {
                for (var i = 0; i < found.Length; i++)
                    tables.LookUp(hashes[i], found[i]);
            },
            (newest, older) =>
            {
                for (var i = 0; i < found.Length; i++)
                {
                    Overlay.LookUp(older, hashes[i], found[i]);
                    Overlay.LookUp(newest, hashes[i], found[i]);
                }
                return Array.ConvertAll(found, set => (IReadOnlyList<LeafId>)[.. set]);
            },
            cancel);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<HistoryPiece>> HistoryAsync(
        LeafId leaf, long before, int limit, CancellationToken cancel)
    {
        var found = new List<HistoryPiece>();
        bool complete;
        lock (layers.Gate)
        {
            var (newest, older) = layers.Now;
            complete = Overlay.History(newest, leaf, before, limit, found)
                || (older is not null && Overlay.History(older, leaf, before, limit, found));
        }
        if (complete || found.Count >= limit)
            return found;
        // A layer on its way into the tables may be there already, in part.
        var below = found.Count > 0 ? Math.Min(before, found[^1].Sequence) : before;
        await ReadAsync(
            tables => tables.History(leaf, below, limit - found.Count, found), cancel);
        return found;
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(
        WriteBatch batch, Lane lane, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (batch.IsEmpty)
            committer.RefuseIfFailed();
        return batch.IsEmpty
            ? new(new CommitResult.Committed())
            : new(committer.Enqueue(new Pending(batch, lane)));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredRecord>> ScanAsync(
        RecordKind kind, RecordKey? after, int limit, CancellationToken cancel)
    {
        while (true)
        {
            var rows = new List<StoredRecord>();
            RecordKey? Horizon() => rows.Count < limit ? null : rows[^1].Key;
            var page = await OverAsync(
                tables => tables.Scan(kind, after, limit, rows),
                (newest, older) => Overlay.Scan(
                    newest, older, new ScanRange(kind, after, Horizon(), limit), rows),
                cancel);
            if (page.Count > 0 || Horizon() is null)
                return page;
            after = Horizon(); // a whole page of rows that the layers have deleted
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DueEntry>> DueAsync(
        long untilMs, int limit, CancellationToken cancel)
    {
        int hidden;
        lock (layers.Gate)
            hidden = layers.Newest.Layer.Due.Count + (layers.Older?.Layer.Due.Count ?? 0);
        List<DueEntry> rows = [];
        return await OverAsync(
            tables => rows.AddRange(tables.Due(untilMs, (long)limit + hidden)),
            (newest, older) => Overlay.Due(newest, older, untilMs, limit, rows),
            cancel);
    }

    /// <inheritdoc/>
    public async ValueTask<long> CounterAsync(CounterKey key, CancellationToken cancel)
    {
        lock (layers.Gate)
        {
            var (newest, older) = layers.Now;
            if (newest.Counters.TryGetValue(key, out var value)
                || (older is not null && older.Counters.TryGetValue(key, out value)))
                return value;
        }
        var stored = 0L;
        await ReadAsync(tables => stored = tables.Counter(key), cancel);
        return stored;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LedgerEntry>> LedgerAsync(
        LedgerKey ledger, long from, int limit, CancellationToken cancel)
    {
        List<LedgerEntry> rows = [];
        return await OverAsync(
            tables => rows.AddRange(tables.Ledger(ledger, from, limit)),
            (newest, older) => Overlay.Ledger(newest, older, ledger, from, limit, rows),
            cancel);
    }

    /// <inheritdoc/>
    public async ValueTask EraseAsync(
        LeafId leaf, ReadOnlyMemory<byte> tombstone, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var pending = new Pending(null, Lane.Lowering) { Leaf = leaf, Tombstone = tombstone };
        await committer.Enqueue(pending);
        // Durable, and nobody reads it any more; now until no file holds it.
        await pending.Generation!.Retired.Task.WaitAsync(cancel);
    }

    /// <summary>Commits what waits, writes it all into the tables, closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref closed, 1) != 0)
            return;
        await Task.Run(committer.Close);
        for (var i = 0; i < readerCount; i++)
            await freeReaders.WaitAsync();
        foreach (var reader in readers)
            reader.Dispose();
        await Task.Run(writeBehind.Close);
        freeReaders.Dispose();
    }

    // The layers are taken before the tables are read: what reaches the tables in between is met
    // twice, never missed.
    private async ValueTask<T> OverAsync<T>(
        Action<TableReader> read, Func<Layer, Layer?, T> over, CancellationToken cancel)
    {
        var held = layers.Hold();
        try
        {
            await ReadAsync(read, cancel);
            lock (layers.Gate)
                return over(held.Newest.Layer, held.Older?.Layer);
        }
        finally
        {
            layers.Release(held);
        }
    }

    // SQLite reads are synchronous and short; the wait is for a free connection only.
    private async ValueTask ReadAsync(Action<TableReader> read, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(closed != 0, this);
        await freeReaders.WaitAsync(cancel);
        try
        {
            if (!readers.TryTake(out var tables))
                throw new InvalidOperationException("A reader was promised.");
            try
            {
                tables.InSnapshot(() => read(tables));
            }
            finally
            {
                readers.Add(tables);
            }
        }
        finally
        {
            freeReaders.Release();
        }
    }
}
