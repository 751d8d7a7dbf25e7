using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// Where the one reader stands. Takes groups that the writer left in memory; what is no longer or
/// not yet there it reads from the segments. Owned by whoever calls ReadAsync.
/// </summary>
internal sealed class LogReader(LogSegments segments, EpochKeys keys, LogCache cache) : IDisposable
{
    // So that one batch of largest events stays near this, whatever number of items was asked for.
    private const int BatchBytes = 8 << 20;

    private LogGroup? group;
    private LogSegment? segment;
    private SafeFileHandle? file;
    private AesGcm? cipher;
    private long cipherEpoch;
    private long offset;

    /// <summary>The next position to hand out.</summary>
    public long Next { get; set; }

    /// <summary>The next durable items; <paramref name="head"/> must not lie before Next.</summary>
    public LogBatch Take(int maxItems, long head)
    {
        var items = new LogItem[(int)Math.Min(maxItems, head - Next + 1)];
        var first = Next;
        var (count, bytes) = (0, 0L);
        while (count < items.Length && bytes < BatchBytes)
        {
            if (group is null)
            {
                group = cache.Take(Next) ?? ReadGroup();
                cache.Delivered(group);
            }
            for (; count < items.Length && group.TryNext(out items[count]); count++, Next++)
                bytes += items[count].Payload.Length;
            if (Next > group.Last)
            {
                offset = group.FrameEnd;
                group = null;
            }
        }
        if (count < items.Length)
            Array.Resize(ref items, count);
        return new LogBatch(0, new LogPosition(first), new LogPosition(Next - 1), items);
    }

    public void Dispose()
    {
        file?.Dispose();
        cipher?.Dispose();
    }

    private LogGroup ReadGroup()
    {
        var found = segments.Find(Next);
        if (!ReferenceEquals(found, segment))
        {
            file?.Dispose();
            file = File.OpenHandle(found.Path, FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete);
            segment = found;
            // The cache may have carried us past earlier groups of this segment.
            offset = 0;
        }
        while (true)
        {
            var frame = ReadHeader(out var header);
            if (frame.Last >= Next)
                return Open(frame, header);
            offset += frame.Length;
        }
    }

    private LogFrame ReadHeader(out byte[] header)
    {
        header = new byte[LogFrame.HeaderBytes];
        var read = RandomAccess.Read(file!, header, offset);
        return LogFrame.TryRead(header.AsSpan(0, read), out var frame)
            ? frame
            : throw Damaged("no frame begins here");
    }

    private LogGroup Open(in LogFrame frame, byte[] header)
    {
        var body = ArrayPool<byte>.Shared.Rent(frame.SealedLength);
        var plain = LogGroup.Reread(frame, frame.SealedLength - LogFrame.TagBytes);
        try
        {
            var sealedBody = body.AsSpan(0, frame.SealedLength);
            var read = RandomAccess.Read(file!, sealedBody, offset + LogFrame.HeaderBytes);
            if (read != sealedBody.Length || !frame.IsWhole(header, sealedBody))
                throw Damaged("the frame does not match its checksum");
            frame.Open(CipherOf(frame.Epoch), header, sealedBody, plain.Room);
        }
        catch (CryptographicException)
        {
            throw Damaged("the frame does not match its seal");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
        }
        plain.FrameEnd = offset + frame.Length;
        for (var skip = frame.First; skip < Next; skip++)
            _ = plain.TryNext(out _);
        return plain;
    }

    private AesGcm CipherOf(long epoch)
    {
        if (cipherEpoch == epoch && cipher is not null)
            return cipher;
        if (!keys.TryGet(epoch, out var living) || living is null)
            throw Damaged("its epoch's key is missing");
        cipher?.Dispose();
        (cipher, cipherEpoch) = (living.NewCipher(), epoch);
        return cipher;
    }

    private InvalidDataException Damaged(string what) =>
        new($"The log is damaged: {segment!.Path} at byte {offset}: {what}.");
}

/// <summary>
/// Groups in memory between writer and reader, bounded: a group that finds no room is read from
/// its file when its turn comes. Holds delivered groups until they are acknowledged.
/// </summary>
internal sealed class LogCache(long maxBytes)
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, LogGroup> waiting = [];
    private readonly Queue<LogGroup> delivered = new();
    private long heldBytes;

    public void Offer(LogGroup group)
    {
        lock (gate)
        {
            if (heldBytes + group.Held <= maxBytes)
            {
                heldBytes += group.Held;
                waiting.Add(group.First, group);
                return;
            }
        }
        group.Free();
    }

    public LogGroup? Take(long first)
    {
        lock (gate)
        {
            if (!waiting.Remove(first, out var group))
                return null;
            heldBytes -= group.Held;
            return group;
        }
    }

    public void Delivered(LogGroup group)
    {
        lock (gate)
        {
            heldBytes += group.Held;
            delivered.Enqueue(group);
        }
    }

    public void Release(long acknowledged)
    {
        lock (gate)
        {
            while (delivered.TryPeek(out var group) && group.Last <= acknowledged)
            {
                heldBytes -= group.Held;
                delivered.Dequeue().Free();
            }
        }
    }
}
