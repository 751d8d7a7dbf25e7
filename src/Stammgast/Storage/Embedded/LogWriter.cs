namespace Stammgast.Storage.Embedded;

/// <summary>
/// The disk's side of the log: seals and appends groups, writes down acknowledgements, destroys
/// what they free. Owned by the writer thread, but for <see cref="Acknowledge"/> and Head.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    private readonly FileEventLogOptions options;
    private readonly TimeProvider time;
    private readonly LogMark mark;
    private byte[] frame = [];
    private Epoch? epoch;
    private long epochBegan;
    private long nextEpoch;
    private long lastUpkeep;
    private long head;
    private long acknowledged;

    public LogWriter(string folder, TimeProvider time, FileEventLogOptions options, Disk disk)
    {
        (this.options, this.time) = (options, time);
        Directory.CreateDirectory(folder);
        mark = new LogMark(Path.Combine(folder, "mark"), disk);
        Keys = new EpochKeys(Path.Combine(folder, "epochs"), disk);
        Segments = new LogSegments(folder, disk, options.SegmentBytes);
        var recovery = new LogRecovery(folder, mark, Keys);
        recovery.Run(Segments);
        disk.FlushFolder(folder);
        head = recovery.Head;
        acknowledged = mark.Acknowledged;
        nextEpoch = Math.Max(Keys.Highest, recovery.HighestEpoch) + 1;
        lastUpkeep = time.GetTimestamp();
    }

    public LogSegments Segments { get; }

    public EpochKeys Keys { get; }

    /// <summary>Position of the newest item that a reader may see.</summary>
    public long Head => Volatile.Read(ref head);

    public long Acknowledged => Volatile.Read(ref acknowledged);

    /// <summary>Any thread.</summary>
    public void Acknowledge(long position)
    {
        var seen = Acknowledged;
        while (position > seen)
        {
            var before = Interlocked.CompareExchange(ref acknowledged, position, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    /// <summary>Durable on return; any exception leaves the log as it was before.</summary>
    public void Write(LogGroup group)
    {
        group.First = head + 1;
        var length = LogFrame.HeaderBytes + group.Length + LogFrame.TagBytes;
        if (frame.Length < length)
            frame = GC.AllocateUninitializedArray<byte>(length + length / 4);
        try
        {
            var current = CurrentEpoch();
            var sealedFrame = frame.AsSpan(0, length);
            LogFrame.Seal(
                current.Cipher, current.Id, group.First, group.Count, group.Plain, sealedFrame);
            current.Last = group.Last;
            group.FrameEnd = Segments.Append(sealedFrame, group.First, group.Last);
        }
        catch (IOException)
        {
            // The same position will be sealed again: never under the same key.
            if (epoch is not null)
                epoch.Last = head;
            epoch = null;
            throw;
        }
    }

    /// <summary>Shows a written group to the reader.</summary>
    public void Advance(long position) => Volatile.Write(ref head, position);

    /// <summary>From time to time; at the end <paramref name="now"/>.</summary>
    public void KeepUp(bool now)
    {
        if (!now && time.GetElapsedTime(lastUpkeep) < options.Upkeep)
            return;
        lastUpkeep = time.GetTimestamp();
        var done = Acknowledged;
        if (epoch is not null && (now || time.GetElapsedTime(epochBegan) >= options.Epoch))
            epoch = null;
        var spent = Keys.Living.Where(key => !ReferenceEquals(key, epoch) && key.Last <= done)
            .ToList();
        // What is destroyed must stay acknowledged, or a restart would look for it.
        mark.Write(done, head, now || spent.Count > 0 || Segments.CanDeleteUpTo(done));
        foreach (var key in spent)
            Keys.Destroy(key);
        Segments.DeleteUpTo(done);
    }

    public void Dispose()
    {
        Segments.Dispose();
        Keys.Dispose();
        mark.Dispose();
    }

    private Epoch CurrentEpoch()
    {
        if (epoch is not null && time.GetElapsedTime(epochBegan) < options.Epoch)
            return epoch;
        epoch = Keys.Begin(nextEpoch++);
        epoch.Last = long.MaxValue;
        epochBegan = time.GetTimestamp();
        return epoch;
    }
}
