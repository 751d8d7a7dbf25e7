namespace Stammgast.Demo;

/// <summary>How far a part of the past has come in.</summary>
/// <param name="Name">Which part.</param>
/// <param name="Done">Lines read.</param>
/// <param name="Total">Lines there are; 0: not known.</param>
/// <param name="PerSecond">Lines a second, lately.</param>
/// <param name="IsDone">Whether all of it has been folded.</param>
internal sealed record PastProgress(
    string Name, long Done, long Total, double PerSecond, bool IsDone)
{
    /// <summary>0–100.</summary>
    public double Percent => Total > 0 ? Math.Min(100, 100.0 * Done / Total) : 0;

    /// <summary>Seconds until it is in, at this rate; null: not known.</summary>
    public double? SecondsLeft =>
        Total > 0 && PerSecond > 0 ? Math.Max(0, (Total - Done) / PerSecond) : null;
}

/// <summary>The latest word on the past; written by the one who imports, read by watchers.</summary>
internal sealed class PastWatch : IProgress<PastProgress>
{
    private volatile PastProgress? _latest;

    /// <summary>Null: nothing has begun.</summary>
    public PastProgress? Latest => _latest;

    /// <inheritdoc/>
    public void Report(PastProgress value) => _latest = value;
}
