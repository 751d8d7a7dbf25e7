namespace Stammgast.Decisions;

/// <summary>Settings of this room.</summary>
public sealed record ExperienceOptions
{
    /// <summary>
    /// Requests being decided at once before further ones are answered without the person
    /// (popular and contextual, <c>degraded</c>); 1–100,000.
    /// </summary>
    public int ConcurrentDecisions { get; init; } = 512;

    /// <summary>How long an answer waits for the position in <c>after</c>, ms; 0–100.</summary>
    public int AfterWaitMs { get; init; } = 5;

    /// <summary>A score below this, in millionths, is no recommendation; 1–1,000,000.</summary>
    public int QualityFloor { get; init; } = 1;

    /// <summary>Share of persons who get nothing chosen by their facts, percent; 0–50.</summary>
    public int HoldoutPercent { get; init; }

    /// <summary>Caps in force.</summary>
    public CapRules Caps { get; init; } = CapRules.Default;
}
