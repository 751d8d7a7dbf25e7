namespace Stammgast.Storage.Embedded;

/// <summary>
/// The embedded log: one stream of segment files. Callers copy their block into the open group
/// under a lock; one thread seals a group, writes it, flushes it, and completes its callers, while
/// the next group fills. So groups grow by themselves with the load, and nobody waits when idle.
/// </summary>
public sealed class FileEventLog : IEventLog
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WhenThereIsRoom = TimeSpan.FromSeconds(2);

    private readonly FileEventLogOptions options;
    private readonly LogWriter writer;
    private readonly LogReader reader;
    private readonly LogCache cache;
    private readonly object gate = new();
    private readonly Queue<LogGroup> waiting = new();
    private readonly Thread thread;
    private LogGroup? open;
    private long waitingBytes;
    private TaskCompletionSource moved = NewSignal();
    private Exception? failure;
    private bool closing;

    /// <summary>Opens or makes the log in a folder of its own.</summary>
    /// <exception cref="InvalidDataException">Durable data is damaged; names file and byte.</exception>
    public FileEventLog(string folder, TimeProvider time, FileEventLogOptions? options = null)
        : this(folder, time, options ?? new FileEventLogOptions(), Disk.Real)
    {
    }

    internal FileEventLog(
        string folder, TimeProvider time, FileEventLogOptions options, Disk disk)
    {
        this.options = options;
        cache = new LogCache(options.CacheBytes);
        writer = new LogWriter(folder, time, options, disk);
        reader = new LogReader(writer.Segments, writer.Keys, cache)
        {
            Next = writer.Acknowledged + 1,
        };
        thread = new Thread(Run) { IsBackground = true, Name = "log writer" };
        thread.Start();
    }

    /// <inheritdoc/>
    public int Partitions => 1;

    /// <inheritdoc/>
    public LogPosition Head => new(writer.Head);

    /// <inheritdoc/>
    public LogPosition Acknowledged => new(writer.Acknowledged);

    /// <inheritdoc/>
    public ValueTask<LogPosition> AppendAsync(
        IReadOnlyList<LogItem> items, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (items.Count == 0)
            return NothingAppended();
        var size = LogGroup.SizeOf(items);
        LogGroup group;
        int last;
        lock (gate)
        {
            RefuseIfUnable(size);
            group = GroupFor(size);
            group.Add(items, (int)size);
            last = group.Count - 1;
            waitingBytes += size;
            Monitor.PulseAll(gate);
        }
        return PositionOf(group, last);
    }

    /// <inheritdoc/>
    public async ValueTask<LogBatch> ReadAsync(
        int partition, int maxItems, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(partition, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxItems, 1);
        while (true)
        {
            Task signal;
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(closing, this);
                signal = moved.Task;
            }
            var head = writer.Head;
            if (reader.Next <= head)
                return reader.Take(maxItems, head);
            await signal.WaitAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public ValueTask AcknowledgeAsync(LogBatch batch, CancellationToken cancel)
    {
        writer.Acknowledge(batch.Last.Value);
        cache.Release(batch.Last.Value);
        return ValueTask.CompletedTask;
    }

    /// <summary>Writes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            if (closing)
                return;
            closing = true;
            Monitor.PulseAll(gate);
        }
        await Task.Run(thread.Join);
        reader.Dispose();
        writer.Dispose();
        moved.TrySetResult(); // a waiting reader finds the log closed
    }

    private static async ValueTask<LogPosition> PositionOf(LogGroup group, int index)
    {
        await group.Durable;
        return new LogPosition(group.First + index);
    }

    private static TaskCompletionSource NewSignal() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ValueTask<LogPosition> NothingAppended()
    {
        lock (gate)
            RefuseIfUnable(0);
        return new(Head);
    }

    private void RefuseIfUnable(long size)
    {
        ObjectDisposedException.ThrowIf(closing, this);
        if (failure is not null)
            throw new StorageFailedException("The log stopped; it needs a restart.", failure);
        if (waitingBytes + size > options.MaxWaitingBytes)
            throw new OverloadedException("The log's writer has too much to write.", Soon);
        if (writer.Segments.TotalBytes + waitingBytes + size > options.MaxDiskBytes)
            throw new OverloadedException("The log has reached its size on disk.", WhenThereIsRoom);
    }

    private LogGroup GroupFor(long size)
    {
        if (open is null || open.Length + size > options.GroupBytes)
        {
            // Groups follow each other at about the same size: rent what the last one needed.
            open = new LogGroup((int)Math.Max(size, 4096));
            waiting.Enqueue(open);
        }
        return open;
    }

    // The writer thread. Owns LogWriter; takes groups under the lock.
    private void Run()
    {
        while (true)
        {
            LogGroup? group;
            bool last;
            lock (gate)
            {
                if (waiting.Count == 0 && !closing)
                    Monitor.Wait(gate, options.Upkeep);
                if (waiting.TryDequeue(out group) && ReferenceEquals(group, open))
                    open = null;
                last = closing && group is null;
            }
            if (group is not null)
                Write(group);
            KeepUp(last);
            if (last)
                return;
        }
    }

    private void Write(LogGroup group)
    {
        var size = group.Length;
        var refusal = failure ?? TryWrite(group);
        if (refusal is null)
        {
            cache.Offer(group);
            writer.Advance(group.Last); // before the signal: a reader looks at it after the signal
        }
        TaskCompletionSource signal;
        lock (gate)
        {
            waitingBytes -= size;
            (signal, moved) = (moved, NewSignal());
            if (refusal is not (null or OverloadedException))
                failure = refusal;
        }
        signal.SetResult();
        if (refusal is null)
        {
            group.Complete();
            return;
        }
        group.Fail(refusal);
        group.Free();
    }

    private Exception? TryWrite(LogGroup group)
    {
        try
        {
            writer.Write(group);
            return null;
        }
        catch (IOException e) when (Disk.IsFull(e))
        {
            return new OverloadedException("The log's disk is full.", WhenThereIsRoom);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new StorageFailedException("The log's disk failed.", e);
        }
    }

    private void KeepUp(bool last)
    {
        if (failure is not null)
            return;
        try
        {
            writer.KeepUp(last);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (e is IOException io && Disk.IsFull(io))
                return;
            lock (gate)
                failure = e;
        }
    }
}
