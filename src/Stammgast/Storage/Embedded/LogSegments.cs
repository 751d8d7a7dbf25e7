using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Stammgast.Storage.Embedded;

/// <summary>A segment file; its name is the position of its first item.</summary>
internal sealed class LogSegment(string path, long first)
{
    public string Path { get; } = path;

    public long First { get; } = first;

    /// <summary>Durable bytes.</summary>
    public long Length { get; set; }

    /// <summary>Position of its newest durable item; below <see cref="First"/> while empty.</summary>
    public long Last { get; set; } = first - 1;
}

/// <summary>
/// The log's files, oldest first. The writer thread appends and deletes; the list itself is under
/// the lock, because the reader looks up its segment in it.
/// </summary>
internal sealed class LogSegments(string folder, Disk disk, long segmentBytes) : IDisposable
{
    public const string Suffix = ".seg";

    private readonly Lock gate = new();
    private readonly List<LogSegment> segments = [];
    private SafeFileHandle? tail;
    private long totalBytes;

    public long TotalBytes => Volatile.Read(ref totalBytes);

    public static string PathOf(string folder, long first) =>
        Path.Combine(folder, first.ToString("x16", CultureInfo.InvariantCulture) + Suffix);

    /// <summary>Takes over a segment that recovery has read.</summary>
    public void Adopt(LogSegment segment)
    {
        lock (gate)
            segments.Add(segment);
        totalBytes += segment.Length;
    }

    /// <summary>
    /// Writes a sealed group and flushes it. On a full disk the segment is as it was before.
    /// </summary>
    /// <exception cref="IOException">The write failed; nothing was kept.</exception>
    /// <exception cref="StorageFailedException">
    /// The flush (or taking back a half-written frame) failed: what is on the disk is not known.
    /// </exception>
    public long Append(ReadOnlySpan<byte> frame, long first, long last)
    {
        var segment = TailFor(first);
        try
        {
            disk.Write(tail!, frame, segment.Length);
        }
        catch (IOException)
        {
            TakeBack(segment);
            throw;
        }
        Flush(() => disk.Flush(tail!));
        lock (gate)
        {
            segment.Length += frame.Length;
            segment.Last = last;
        }
        Volatile.Write(ref totalBytes, totalBytes + frame.Length);
        return segment.Length;
    }

    /// <summary>The segment in which a durable position lies.</summary>
    public LogSegment Find(long position)
    {
        lock (gate)
        {
            for (var i = segments.Count - 1; i >= 0; i--)
            {
                if (segments[i].First <= position)
                    return segments[i];
            }
        }
        throw new InvalidOperationException($"No segment holds position {position}.");
    }

    /// <summary>Whether <see cref="DeleteUpTo"/> would delete any.</summary>
    public bool CanDeleteUpTo(long acknowledged) =>
        segments.Count > 1 && segments[0].Last <= acknowledged;

    /// <summary>Deletes all but the newest whose items are acknowledged.</summary>
    public void DeleteUpTo(long acknowledged)
    {
        while (true)
        {
            LogSegment oldest;
            lock (gate)
            {
                if (segments.Count < 2 || segments[0].Last > acknowledged)
                    return;
                oldest = segments[0];
                segments.RemoveAt(0);
            }
            File.Delete(oldest.Path);
            Volatile.Write(ref totalBytes, totalBytes - oldest.Length);
        }
    }

    public void Dispose() => tail?.Dispose();

    private LogSegment TailFor(long first)
    {
        var newest = segments.Count > 0 ? segments[^1] : null;
        if (newest is not null && newest.Length < segmentBytes)
        {
            tail ??= Disk.OpenFile(newest.Path, FileMode.Open);
            return newest;
        }
        // A file left by a refused first write has the same name; it is empty, so it is taken over.
        var segment = new LogSegment(PathOf(folder, first), first);
        var created = Disk.OpenFile(segment.Path, FileMode.OpenOrCreate);
        tail?.Dispose();
        tail = created;
        Flush(() => disk.FlushFolder(folder));
        lock (gate)
            segments.Add(segment);
        return segment;
    }

    private void TakeBack(LogSegment segment) =>
        Flush(() => RandomAccess.SetLength(tail!, segment.Length));

    private static void Flush(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException("The log's disk failed.", e);
        }
    }
}
