namespace Stammgast.Storage.Embedded;

/// <summary>Bounds of the embedded log.</summary>
public sealed record FileEventLogOptions
{
    /// <summary>Bytes of one segment file before the next begins.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of all segments: the longest lag that the disk may hold.</summary>
    public long MaxDiskBytes { get; init; } = 8L << 30;

    /// <summary>Bytes that may wait for the writer.</summary>
    public long MaxWaitingBytes { get; init; } = 32L << 20;

    /// <summary>Bytes of one group: what one write and one fsync carry.</summary>
    public int GroupBytes { get; init; } = 4 << 20;

    /// <summary>Bytes of groups that stay in memory for the reader.</summary>
    public long CacheBytes { get; init; } = 64L << 20;

    /// <summary>How long one key seals.</summary>
    public TimeSpan Epoch { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often acknowledgements are written down and what they free is destroyed.</summary>
    public TimeSpan Upkeep { get; init; } = TimeSpan.FromMilliseconds(250);
}
