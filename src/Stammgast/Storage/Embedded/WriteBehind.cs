namespace Stammgast.Storage.Embedded;

/// <summary>
/// The one thread that writes tables: when told, brings the older layer into them in slices, each a
/// short transaction, in the order of handles so that a page is written once; then deletes the
/// layer's redo files. Commits go on meanwhile, on their own files.
/// </summary>
internal sealed class WriteBehind
{
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(1);

    private readonly SqliteStoreOptions options;
    private readonly string folder;
    private readonly Layers layers;
    private readonly Reserve reserve;
    private readonly LayerWriter writer;
    private readonly TableWriter tables;
    private readonly object gate = new();
    private readonly string scrubMark;
    private readonly List<Generation> unscrubbed = [];
    private readonly Thread thread;
    private RedoFile? spare;
    private long lastNumber;
    private bool begun;
    private bool closing;

    public WriteBehind(
        SqliteStoreOptions options, string folder, Layers layers, Reserve reserve,
        TableWriter tables, long lastNumber)
    {
        (this.options, this.folder, this.layers) = (options, folder, layers);
        (this.reserve, this.tables, this.lastNumber) = (reserve, tables, lastNumber);
        writer = new LayerWriter(layers, tables);
        scrubMark = Path.Combine(folder, StoreFiles.ScrubMark);
        thread = new Thread(Run) { IsBackground = true, Name = "store write-behind" };
        thread.Start();
    }

    /// <summary>An empty redo file, made beforehand: making one takes several fsyncs.</summary>
    public bool TryTakeSpare(out RedoFile file)
    {
        lock (gate)
        {
            file = spare!;
            spare = null;
            Monitor.Pulse(gate);
            return file is not null;
        }
    }

    /// <summary>Starts bringing the older layer into the tables.</summary>
    public void Begin()
    {
        lock (gate)
        {
            if (begun)
                return;
            begun = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Brings both layers into the tables and ends; the committer has ended.</summary>
    public void Close()
    {
        lock (gate)
        {
            closing = true;
            Monitor.Pulse(gate);
        }
        thread.Join();
        spare?.Delete();
        foreach (var file in layers.Newest.Files.Concat(layers.Older?.Files ?? []))
            file.Dispose();
        tables.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            bool write, last;
            lock (gate)
            {
                if (!begun && spare is not null && !closing)
                    Monitor.Wait(gate, AfterFault);
                (write, last) = (begun, closing);
            }
            try
            {
                MakeSpare();
                reserve.Refill();
                var started = Station.ThreadCpuNs();
                if (write)
                    WriteOlder();
                Scrub();
                Station.Commit.Add(0, started);
                if (last)
                {
                    WriteLast();
                    return;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                tables.ForgetHandles();
                // A full disk or a busy file: the layer stays where it is, durable in its redo
                // files, and is written again from the start. Nothing is lost by ending so.
                if (last)
                    return;
                Pause(e);
            }
        }
    }

    private void Pause(Exception fault)
    {
        LastFault = fault;
        lock (gate)
        {
            if (!closing)
                Monitor.Wait(gate, AfterFault);
        }
    }

    /// <summary>Why the tables could not be written, for whoever watches.</summary>
    public Exception? LastFault { get; private set; }

    private void MakeSpare()
    {
        lock (gate)
        {
            if (spare is not null || closing)
                return;
        }
        var made = RedoFile.Create(folder, ++lastNumber);
        lock (gate)
            spare = made;
    }

    private void WriteOlder()
    {
        Generation? older;
        lock (layers.Gate)
            older = layers.Older;
        if (older is not null)
        {
            writer.Write(older.Layer);
            Retire(older);
        }
        LastFault = null;
        lock (gate)
            begun = false;
    }

    private void WriteLast()
    {
        WriteOlder();
        var newest = layers.Newest;
        writer.Write(newest.Layer);
        MarkForScrub(newest.Layer);
        foreach (var file in newest.Files)
            file.Delete();
        Scrub();
        tables.Store.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        newest.Retired.TrySetResult();
    }

    private void Retire(Generation older)
    {
        MarkForScrub(older.Layer);
        // Deleted for certain before the next generation can go: an old one that came back would
        // lie over newer tables.
        foreach (var file in older.Files)
            file.Delete();
        Disk.Real.FlushFolder(folder);
        layers.Retire(older);
        if (older.Layer.Erased.Count > 0)
            unscrubbed.Add(older);
        else
            older.Retired.TrySetResult();
        if (LogBytes() >= options.TableLogBytes)
            tables.Store.Run("PRAGMA wal_checkpoint(RESTART)");
    }

    // SQLite zeroes what is deleted, but cells that a page split moved leave copies in the gap
    // between them, and its log holds older pages: so erased rows are gone for certain only when
    // the file is written anew. Outside the generations: a scrub that fails stops no commit, and
    // the mark outlives a crash.
    private void Scrub()
    {
        if (!File.Exists(scrubMark))
            return;
        tables.Store.Run("VACUUM");
        if (tables.Store.Ask("PRAGMA wal_checkpoint(TRUNCATE)") != 0)
            throw new SqliteFault(SQLitePCL.raw.SQLITE_BUSY, "The table log is in use.");
        File.Delete(scrubMark);
        foreach (var generation in unscrubbed)
            generation.Retired.TrySetResult();
        unscrubbed.Clear();
    }

    private void MarkForScrub(Layer layer)
    {
        if (layer.Erased.Count > 0 && !File.Exists(scrubMark))
            File.WriteAllBytes(scrubMark, []);
    }

    private long LogBytes()
    {
        var log = new FileInfo(Path.Combine(folder, StoreFiles.Store + "-wal"));
        return log.Exists ? log.Length : 0;
    }
}
