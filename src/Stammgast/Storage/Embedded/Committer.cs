namespace Stammgast.Storage.Embedded;

/// <summary>A commit (or an erasure) on its way.</summary>
internal sealed class Pending(WriteBatch? batch, Lane lane)
{
    public WriteBatch? Batch { get; } = batch;

    public Lane Lane { get; } = lane;

    /// <summary>Set for an erasure.</summary>
    public LeafId Leaf { get; init; }

    public ReadOnlyMemory<byte> Tombstone { get; init; }

    public CommitResult? Result { get; set; }

    /// <summary>An erasure's generation.</summary>
    public Generation? Generation { get; set; }

    public TaskCompletionSource<CommitResult> Done { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// The one thread that commits: takes what waits, most urgent lane first, decides, makes the group
/// durable as one redo row, lays it over the tables, completes the callers.
/// </summary>
internal sealed class Committer
{
    private const int Lanes = 4;
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WhenThereIsRoom = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly SqliteStoreOptions options;
    private readonly TimeProvider time;
    private readonly Layers layers;
    private readonly WriteBehind writeBehind;
    private readonly Reserve reserve;
    private readonly Slabs slabs;
    private readonly TableReader tables;
    private readonly Committing committing;
    private readonly object gate = new();
    private readonly Queue<Pending>[] waiting = [new(), new(), new(), new()];
    private readonly List<Pending> group = [];
    private readonly Thread thread;
    private Exception? failure;
    private long newestBytes;
    private long rotatedAt;
    private bool closing;

    public Committer(
        SqliteStoreOptions options, TimeProvider time, Layers layers, WriteBehind writeBehind,
        Reserve reserve, TableReader tables, Slabs slabs)
    {
        this.slabs = slabs;
        (this.options, this.time, this.layers) = (options, time, layers);
        (this.writeBehind, this.reserve, this.tables) = (writeBehind, reserve, tables);
        committing = new Committing(layers, tables);
        thread = new Thread(Run) { IsBackground = true, Name = "store committer" };
        thread.Start();
    }

    public void RefuseIfFailed()
    {
        lock (gate)
        {
            if (failure is not null)
                throw new StorageFailedException("The store stopped; it needs a restart.", failure);
        }
    }

    public Task<CommitResult> Enqueue(Pending pending)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closing, this);
            RefuseIfFailed();
            var lane = waiting[(int)pending.Lane];
            if (pending.Lane != Lane.Lowering)
                Refuse(lane.Count);
            lane.Enqueue(pending);
            Monitor.Pulse(gate);
        }
        return pending.Done.Task;
    }

    /// <summary>Commits what waits and ends.</summary>
    public void Close()
    {
        lock (gate)
        {
            closing = true;
            Monitor.Pulse(gate);
        }
        thread.Join();
        tables.Dispose();
    }

    private void Refuse(int waitingInLane)
    {
        if (waitingInLane >= options.LaneCommits)
            throw new OverloadedException("The store has too much to commit.", Soon);
        // Memory and disk are bounded by two generations; the second may run over by a half while
        // the first is on its way into the tables.
        if (Volatile.Read(ref newestBytes) > options.RedoBytes * 3 / 2)
            throw new OverloadedException("The store's tables lag behind.", Soon);
    }

    private void Run()
    {
        while (true)
        {
            if (!TryTake())
            {
                if (closing)
                    return;
                RotateIfDue();
                continue;
            }
            Commit();
            RotateIfDue();
        }
    }

    // All lowerings and decisions that wait, then one fold or import batch at a time while the
    // group is small: so a decision never waits for more than one of them.
    private bool TryTake()
    {
        group.Clear();
        lock (gate)
        {
            if (Array.TrueForAll(waiting, lane => lane.Count == 0) && !closing)
                Monitor.Wait(gate, Look);
            for (var lane = 0; lane < Lanes; lane++)
            {
                var most = lane <= (int)Lane.Decision ? options.LaneCommits : 1;
                for (; most > 0 && waiting[lane].TryDequeue(out var next); most--)
                    group.Add(next);
                if (lane >= (int)Lane.Fold && group.Count > 0)
                    break;
            }
        }
        return group.Count > 0;
    }

    private void Commit()
    {
        var started = Station.ThreadCpuNs();
        CommitGroup();
        Station.Commit.Add(EventsOf(group), started);
    }

    // Events are counted by the history that they leave.
    private static int EventsOf(List<Pending> pendings)
    {
        var events = 0;
        foreach (var pending in pendings)
        {
            if (pending.Batch is not { } batch || pending.Result is not CommitResult.Committed)
                continue;
            foreach (var piece in batch.History)
                events += piece.Messages.Length;
        }
        return events;
    }

    private void CommitGroup()
    {
        try
        {
            Write(group);
        }
        catch (SqliteFault e) when (e.IsFull)
        {
            CommitOnReserve();
        }
        catch (Exception e)
        {
            // Also what should never happen: the callers must not wait for ever.
            lock (gate)
                failure = e;
            Fail(group, new StorageFailedException("The store's disk failed.", e));
            FailAll(e);
        }
    }

    private void CommitOnReserve()
    {
        Fail(group.Where(pending => pending.Lane != Lane.Lowering),
            new OverloadedException("The store's disk is full.", WhenThereIsRoom));
        group.RemoveAll(pending => pending.Lane != Lane.Lowering);
        if (group.Count == 0)
            return;
        reserve.Release();
        try
        {
            Write(group);
        }
        catch (SqliteFault e) when (e.IsFull)
        {
            Fail(group, new OverloadedException("The store's disk is full.", WhenThereIsRoom));
        }
    }

    private void Write(List<Pending> pendings)
    {
        committing.Begin();
        foreach (var pending in pendings)
        {
            if (pending.Batch is { } batch)
                pending.Result = committing.Decide(batch);
            else
                committing.Erase(pending.Leaf, pending.Tombstone.Span);
        }
        var generation = layers.Newest;
        if (committing.Row.Length > 0)
        {
            var row = committing.Row.Written;
            generation.Files[^1].Append(row);
            committing.End();
            lock (layers.Gate)
                generation.Layer.Apply(row);
            generation.BeganAt ??= time.GetTimestamp();
            Volatile.Write(ref newestBytes, generation.Layer.Bytes);
        }
        foreach (var pending in pendings)
        {
            if (pending.Batch is null)
            {
                pending.Generation = generation;
                generation.IsUrgent = true;
            }
            pending.Done.SetResult(pending.Result ?? new CommitResult.Committed());
        }
    }

    // The next generation begins when this one is large, old or urgent, and the one before it is
    // in the tables.
    private void RotateIfDue()
    {
        var newest = layers.Newest;
        var isLarge = newest.Layer.Bytes >= options.RedoBytes;
        var isOld = newest.BeganAt is { } began && time.GetElapsedTime(began) >= options.RedoAge;
        if (isLarge || isOld || (newest.IsUrgent && !newest.Layer.IsEmpty))
        {
            if (layers.Older is null && writeBehind.TryTakeSpare(out var file))
            {
                lock (layers.Gate)
                    layers.Rotate(new Generation(new Layer(slabs), [file]));
                Volatile.Write(ref newestBytes, 0);
                rotatedAt = time.GetTimestamp();
            }
        }
        // Most records of busy leaves are written again soon, and what a newer layer holds need
        // not be written: so the older layer waits until the newer is three quarters full.
        var isDue = layers.Newest.Layer.Bytes >= options.RedoBytes / 4 * 3
            || time.GetElapsedTime(rotatedAt) >= options.RedoAge * 0.75
            || layers.Newest.IsUrgent || layers.Older is { IsUrgent: true };
        if (layers.Older is not null && isDue)
            writeBehind.Begin();
    }

    private static void Fail(IEnumerable<Pending> pendings, Exception reason)
    {
        foreach (var pending in pendings)
            pending.Done.TrySetException(reason);
    }

    private void FailAll(Exception cause)
    {
        lock (gate)
        {
            foreach (var lane in waiting)
            {
                Fail(lane, new StorageFailedException("The store stopped.", cause));
                lane.Clear();
            }
        }
    }
}
