using System.Buffers;
using System.Buffers.Binary;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// Blocks of several callers that become durable by one write and one fsync. Item after item:
/// bucket (1), length (4), payload. Filled under the log's lock, then owned by the writer thread,
/// then by the reader.
/// </summary>
internal sealed class LogGroup(int capacity)
{
    private const int ItemHeaderBytes = 5;

    private readonly TaskCompletionSource done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(capacity);
    private int readAt;

    public int Length { get; private set; }

    public int Count { get; private set; }

    /// <summary>Position of the first item; the writer gives it, so that no refusal leaves a gap.</summary>
    public long First { get; set; }

    public long Last => First + Count - 1;

    /// <summary>Bytes of memory it holds.</summary>
    public int Held => buffer.Length;

    /// <summary>Where its frame ends in its segment.</summary>
    public long FrameEnd { get; set; }

    /// <summary>Completes when durable, or fails.</summary>
    public Task Durable => done.Task;

    public ReadOnlySpan<byte> Plain => buffer.AsSpan(0, Length);

    public static long SizeOf(IReadOnlyList<LogItem> items)
    {
        var size = 0L;
        for (var i = 0; i < items.Count; i++)
            size += ItemHeaderBytes + items[i].Payload.Length;
        return size;
    }

    /// <summary>A group as read back from a segment.</summary>
    public static LogGroup Reread(in LogFrame frame, int plainLength) =>
        new(plainLength) { First = frame.First, Count = frame.Count, Length = plainLength };

    public Span<byte> Room => buffer.AsSpan(0, Length);

    public void Add(IReadOnlyList<LogItem> items, int size)
    {
        if (buffer.Length - Length < size)
            Grow(Length + size);
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            var target = buffer.AsSpan(Length);
            target[0] = item.Bucket;
            BinaryPrimitives.WriteInt32LittleEndian(target[1..], item.Payload.Length);
            item.Payload.Span.CopyTo(target[ItemHeaderBytes..]);
            Length += ItemHeaderBytes + item.Payload.Length;
        }
        Count += items.Count;
    }

    /// <summary>The next item; false at the end. The payload is valid until <see cref="Free"/>.</summary>
    public bool TryNext(out LogItem item)
    {
        item = default;
        if (readAt >= Length)
            return false;
        var at = buffer.AsSpan(readAt);
        var length = BinaryPrimitives.ReadInt32LittleEndian(at[1..]);
        item = new LogItem(at[0], buffer.AsMemory(readAt + ItemHeaderBytes, length));
        readAt += ItemHeaderBytes + length;
        return true;
    }

    public void Complete() => done.SetResult();

    public void Fail(Exception reason) => done.SetException(reason);

    public void Free()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        Length = 0;
    }

    private void Grow(int need)
    {
        var wider = ArrayPool<byte>.Shared.Rent(Math.Max(need, buffer.Length * 2));
        Plain.CopyTo(wider);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = wider;
    }
}
