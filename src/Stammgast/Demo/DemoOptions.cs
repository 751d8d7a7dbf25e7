namespace Stammgast.Demo;

/// <summary>What <c>stammgast demo</c> was asked for.</summary>
internal sealed record DemoOptions
{
    /// <summary>TCP port on loopback; 0: any free one.</summary>
    public required int Port { get; init; }

    /// <summary>The cell's data folder; made if absent.</summary>
    public required DirectoryInfo Data { get; init; }

    /// <summary>Where the demo's clock starts; null: the wall clock.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>How many of the demo's seconds pass in one real second, 0.001–100,000.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Without the past and the assortment.</summary>
    public bool Empty { get; init; }

    /// <summary>One JSON line on standard output instead of pictures.</summary>
    public bool Json { get; init; }
}
