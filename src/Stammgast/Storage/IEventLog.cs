namespace Stammgast.Storage;

/// <summary>An encoded event (see <c>EventCodec</c>) and the bucket that orders it.</summary>
public readonly record struct LogItem(byte Bucket, ReadOnlyMemory<byte> Payload);

/// <summary>
/// Some events of one partition in the order of their append, to be folded and committed as one
/// write batch. Delivered at least once until acknowledged.
/// </summary>
/// <param name="Partition">Which queue it came from.</param>
/// <param name="First">Position of the first item.</param>
/// <param name="Last">Position of the last item; acknowledging covers all up to it.</param>
/// <param name="Items">At most what was asked for; valid until acknowledged.</param>
public sealed record LogBatch(
    int Partition, LogPosition First, LogPosition Last, IReadOnlyList<LogItem> Items);

/// <summary>
/// The durable queue between the gate and the fold. Not an archive: what is acknowledged is
/// destroyed. Payloads are sealed at rest with a key that lives no longer than they need it.
/// </summary>
public interface IEventLog : IAsyncDisposable
{
    /// <summary>Number of independently readable queues, 1–64.</summary>
    int Partitions { get; }

    /// <summary>Position of the newest durable item over all partitions.</summary>
    LogPosition Head { get; }

    /// <summary>
    /// All up to it is acknowledged, over all partitions; what comes after it is delivered (again).
    /// </summary>
    LogPosition Acknowledged { get; }

    /// <summary>
    /// Makes a request's events durable as one block; completes after fsync (or the broker's
    /// confirm) with the position of the last of them. Refuses before it takes more than its bound.
    /// Nothing appended is <see cref="Head"/>, refused where anything would be.
    /// </summary>
    /// <exception cref="OverloadedException">Queue or disk full: answer 503, nothing was kept.</exception>
    ValueTask<LogPosition> AppendAsync(IReadOnlyList<LogItem> items, CancellationToken cancel);

    /// <summary>
    /// The next items of a partition, in order; waits until there are some. One reader a partition.
    /// </summary>
    ValueTask<LogBatch> ReadAsync(int partition, int maxItems, CancellationToken cancel);

    /// <summary>Says that a batch, and all before it in its partition, is committed in the store.</summary>
    ValueTask AcknowledgeAsync(LogBatch batch, CancellationToken cancel);
}

/// <summary>A bound was reached; the caller may come again after <see cref="RetryAfter"/>.</summary>
public sealed class OverloadedException(string what, TimeSpan retryAfter) : Exception(what)
{
    /// <summary>When to come again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>
/// The disk failed in a way after which nothing about its last write is known (a failed fsync):
/// answer 503; the part that failed refuses everything until the process starts anew.
/// </summary>
public sealed class StorageFailedException(string what, Exception cause)
    : IOException(what, cause);
