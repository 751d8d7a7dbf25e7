namespace Stammgast.Storage.Embedded;

/// <summary>Bounds of the embedded store.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>
    /// Bytes of redo before the next generation begins. At most two generations live, so a restart
    /// reads at most twice this.
    /// </summary>
    public long RedoBytes { get; init; } = 64L << 20;

    /// <summary>Age of a generation's first row before the next generation begins.</summary>
    public TimeSpan RedoAge { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Commits waiting in a lane before it refuses; Lane.Lowering never does.
    /// </summary>
    public int LaneCommits { get; init; } = 4096;

    /// <summary>Encoded bytes of one group commit, after which it is made durable.</summary>
    public int GroupBytes { get; init; } = 2 << 20;

    /// <summary>Bytes of the write-ahead log of the tables before it is folded into them.</summary>
    public long TableLogBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of disk that are kept back for withdrawals, objections and erasures.</summary>
    public long ReserveBytes { get; init; } = 64L << 20;

    /// <summary>Connections that read.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>KiB of page cache of the one connection that writes tables.</summary>
    public int WriterCacheKiB { get; init; } = 32 << 10;
}
