using System.Collections.Frozen;

namespace Stammgast.Decisions;

/// <summary>What staff stopped: everything, channels, campaigns. Immutable, read on every decision.</summary>
public sealed record StopSet
{
    /// <summary>Nothing is stopped.</summary>
    public static readonly StopSet None = new();

    /// <summary>No marketing at all.</summary>
    public bool Cell { get; init; }

    /// <summary>Channels by name (<c>onsite</c>, <c>email</c> …).</summary>
    public FrozenSet<string> Channels { get; init; } = [];

    /// <summary>Campaigns by key.</summary>
    public FrozenSet<string> Campaigns { get; init; } = [];

    /// <summary>Whether nothing is stopped.</summary>
    public bool IsEmpty => !Cell && Channels.Count == 0 && Campaigns.Count == 0;

    /// <summary>Whether banners and rows are stopped as a whole.</summary>
    public bool StopsOnSite => Cell || Channels.Contains("onsite");

    /// <summary>From what was stored.</summary>
    public static StopSet Of(
        bool cell, IEnumerable<string> channels, IEnumerable<string> campaigns) => new()
        {
            Cell = cell,
            Channels = channels.ToFrozenSet(StringComparer.Ordinal),
            Campaigns = campaigns.ToFrozenSet(StringComparer.Ordinal),
        };

    /// <summary>With one stop more or, if <paramref name="isOn"/> is false, less.</summary>
    public StopSet With(string scope, string key, bool isOn) => scope switch
    {
        "cell" => this with { Cell = isOn },
        "channel" => this with { Channels = Toggle(Channels, key, isOn) },
        "campaign" => this with { Campaigns = Toggle(Campaigns, key, isOn) },
        _ => throw new ArgumentOutOfRangeException(nameof(scope)),
    };

    /// <summary>What either stops: two sources of stops never cancel each other.</summary>
    public StopSet Union(StopSet other) => new()
    {
        Cell = Cell || other.Cell,
        Channels = Channels.Union(other.Channels).ToFrozenSet(StringComparer.Ordinal),
        Campaigns = Campaigns.Union(other.Campaigns).ToFrozenSet(StringComparer.Ordinal),
    };

    private static FrozenSet<string> Toggle(FrozenSet<string> set, string key, bool isOn) =>
        (isOn ? set.Append(key) : set.Where(other => other != key))
            .ToFrozenSet(StringComparer.Ordinal);
}
