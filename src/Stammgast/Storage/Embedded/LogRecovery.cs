using System.Buffers;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// Reads the segments at start: checks every frame that is not yet acknowledged, cuts a tail that
/// a crash tore, and refuses to go on over anything that was durable and is damaged.
/// </summary>
internal sealed class LogRecovery(string folder, LogMark mark, EpochKeys keys)
{
    /// <summary>Position of the newest whole item, or what the mark knows of if there is none.</summary>
    public long Head { get; private set; }

    /// <summary>The highest epoch that any frame names.</summary>
    public long HighestEpoch { get; private set; }

    /// <exception cref="InvalidDataException">Durable data is damaged; names file and byte.</exception>
    public void Run(LogSegments segments)
    {
        var files = Directory.GetFiles(folder, "*" + LogSegments.Suffix)
            .Select(path => (Path: path, First: FirstOf(path)))
            .OrderBy(file => file.First).ToList();
        Head = mark.Head;
        for (var i = 0; i < files.Count; i++)
        {
            var (path, first) = files[i];
            var isNewest = i == files.Count - 1;
            if (!isNewest && files[i + 1].First - 1 <= mark.Acknowledged)
            {
                File.Delete(path); // a deletion that the crash overtook
                continue;
            }
            var segment = Scan(path, first, isNewest);
            if (!isNewest && segment.Last + 1 != files[i + 1].First)
                throw Damaged(path, segment.Length, "frames are missing before the next segment");
            segments.Adopt(segment);
            Head = Math.Max(Head, segment.Last);
            if (isNewest && segment.Last < mark.Head)
                throw Damaged(path, segment.Length, "frames that were durable are missing");
        }
        if (files.Count > 0 && files[0].First > mark.Acknowledged + 1)
            throw Damaged(files[0].Path, 0, "segments before it are missing");
        if (files.Count == 0 && mark.Head > mark.Acknowledged)
            throw Damaged(folder, 0, "segments that were durable are missing");
    }

    private LogSegment Scan(string path, long first, bool isNewest)
    {
        using var file = Disk.OpenFile(path, FileMode.Open);
        var length = RandomAccess.GetLength(file);
        var segment = new LogSegment(path, first);
        while (segment.Length < length)
        {
            if (!TryRead(file, segment.Length, length, out var frame)
                || frame.First != segment.Last + 1)
            {
                Cut(file, segment, length, isNewest);
                break;
            }
            HighestEpoch = Math.Max(HighestEpoch, frame.Epoch);
            if (frame.Last > mark.Acknowledged)
            {
                if (!keys.TryGet(frame.Epoch, out var epoch) || epoch is null)
                    throw Damaged(path, segment.Length, "its epoch's key is missing");
                epoch.Last = Math.Max(epoch.Last, frame.Last);
            }
            segment.Length += frame.Length;
            segment.Last = frame.Last;
        }
        return segment;
    }

    private void Cut(SafeFileHandle file, LogSegment segment, long length, bool isNewest)
    {
        // A torn group is the last thing ever written: whatever is whole behind it, or was known
        // to be durable, says that this is damage instead.
        if (!isNewest || segment.Last < mark.Head || WholeFrameAfter(file, segment.Length, length))
            throw Damaged(segment.Path, segment.Length, "the frame does not match its checksum");
        RandomAccess.SetLength(file, segment.Length);
        RandomAccess.FlushToDisk(file);
    }

    private static bool WholeFrameAfter(SafeFileHandle file, long damaged, long length)
    {
        var bytes = new byte[length - damaged];
        var read = RandomAccess.Read(file, bytes, damaged);
        for (var at = 1; at + LogFrame.HeaderBytes <= read; at++)
        {
            if (LogFrame.TryRead(bytes.AsSpan(at), out var frame) && at + (long)frame.Length <= read
                && frame.IsWhole(bytes.AsSpan(at, LogFrame.HeaderBytes),
                    bytes.AsSpan(at + LogFrame.HeaderBytes, frame.SealedLength)))
                return true;
        }
        return false;
    }

    private static bool TryRead(SafeFileHandle file, long at, long length, out LogFrame frame)
    {
        Span<byte> header = stackalloc byte[LogFrame.HeaderBytes];
        var read = RandomAccess.Read(file, header, at);
        if (!LogFrame.TryRead(header[..read], out frame) || at + frame.Length > length)
            return false;
        var body = ArrayPool<byte>.Shared.Rent(frame.SealedLength);
        try
        {
            var sealedBody = body.AsSpan(0, frame.SealedLength);
            return RandomAccess.Read(file, sealedBody, at + LogFrame.HeaderBytes)
                == sealedBody.Length && frame.IsWhole(header, sealedBody);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    private static long FirstOf(string path) =>
        long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out var first) && first > 0
            ? first
            : throw Damaged(path, 0, "the name is no position");

    private static InvalidDataException Damaged(string path, long at, string what) =>
        new($"The log is damaged: {path} at byte {at}: {what}. Restore it or remove the file "
            + "together with everything newer.");
}
