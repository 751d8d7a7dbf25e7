using Stammgast.Keys;

namespace Stammgast.Collect;

/// <summary>A line that was not taken, and why: never its contents.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Code">Closed, such as <c>no_anchor</c> or <c>time</c>.</param>
/// <param name="Detail">One sentence.</param>
internal readonly record struct ImportReject(long Line, string Code, string Detail);

/// <summary>What some lines after another became.</summary>
internal sealed class ImportGroup
{
    /// <summary>The event, or null if nothing of these lines is one.</summary>
    public Event? Event { get; set; }

    /// <summary>Lines refused.</summary>
    public List<ImportReject> Rejects { get; } = [];

    /// <summary>The last line of the file that is dealt with when this group is.</summary>
    public long LastLine { get; set; }
}

/// <summary>What <see cref="ImportReader"/> is handed.</summary>
internal sealed record ImportRules
{
    /// <summary>The source that the events are of.</summary>
    public required Source Source { get; init; }

    /// <summary>The gate.</summary>
    public required Judge Judge { get; init; }

    /// <summary>Makes leaves and message keys.</summary>
    public required BlindIndex Index { get; init; }

    /// <summary>The catalogue's word on a product.</summary>
    public required ProductLookUp LookUp { get; init; }

    /// <summary>Hash of the file: with a line it is a message id.</summary>
    public required ReadOnlyMemory<byte> FileHash { get; init; }

    /// <summary>The cell's currency.</summary>
    public required string Currency { get; init; }

    /// <summary>Receipt, ms since 1970 UTC: nothing happened after it.</summary>
    public required long ReceivedAtMs { get; init; }

    /// <summary>Added to every instant, ms; the demo brings the past up to yesterday.</summary>
    public long ShiftMs { get; init; }

    /// <summary>A last word on each event, such as the demo's consents; null leaves it out.</summary>
    public Func<Event, Event?>? Adjust { get; init; }
}
