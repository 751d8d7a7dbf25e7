namespace Stammgast.Decisions;

/// <summary>
/// What the pipeline may know of one person: cut once per request out of purpose-bound views, so
/// that no stage can reach further. Holds personal data: never log one.
/// </summary>
public sealed record PersonFacts
{
    /// <summary>
    /// <c>None</c>: facts may steer the choice. Else why not: consent missing or refused, a minor,
    /// degraded. Suppressions hold all the same.
    /// </summary>
    public required HeldBack Personalisation { get; init; }

    /// <summary>In the comparison group: gets what nobody's facts chose, and no marketing.</summary>
    public bool IsHoldout { get; init; }

    /// <summary>Known to be under 16.</summary>
    public bool IsMinor { get; init; }

    /// <summary>A case is open (defect, late, wrong, complaint): marketing waits.</summary>
    public bool IsServiceHeld { get; init; }

    /// <summary>All order lines that may be known, for suppression.</summary>
    public ReadOnlyMemory<Purchase> Purchases { get; init; }

    /// <summary>
    /// When a product was last bought, ms since 1970 UTC, however long ago; 0: never. Lines are
    /// bounded, this reaches beyond them.
    /// </summary>
    public Func<string, long>? RestingSinceMs { get; init; }

    /// <summary>
    /// Something was bought that no suppression may see: then nothing counts as not bought.
    /// </summary>
    public bool HasUnknownPurchases { get; init; }

    /// <summary>Contacts may be counted; else how often is unknown, and unknown suppresses.</summary>
    public bool MayCap { get; init; } = true;

    /// <summary>Contacts of all leaves.</summary>
    public ReadOnlyMemory<Contact> Contacts { get; init; }

    /// <summary>What the customer turned off, of all leaves.</summary>
    public ReadOnlyMemory<Rest> Rests { get; init; }

    /// <summary>Affinity per category key, 0–<see cref="FixedPoint.Scale"/>.</summary>
    public IReadOnlyDictionary<string, int> Affinities { get; init; } =
        System.Collections.Frozen.FrozenDictionary<string, int>.Empty;

    /// <summary>Kinds of fact that the views gave.</summary>
    public FactsUsed Facts { get; init; }
}

/// <summary>What all placements of one request share.</summary>
public sealed record DecisionContext
{
    /// <summary>The catalogue to choose from.</summary>
    public required Catalogue.CatalogueSnapshot Catalogue { get; init; }

    /// <summary>The motifs that a banner may show.</summary>
    public IReadOnlyList<Motif> Motifs { get; init; } = [];

    /// <summary>Now, ms since 1970 UTC.</summary>
    public required long NowMs { get; init; }

    /// <summary>The request's random half of every decision id.</summary>
    public required ulong RequestId { get; init; }

    /// <summary>The models: their version is recorded, their replenishment intervals count.</summary>
    public Intelligence.ModelSet Models { get; init; } = Intelligence.ModelSet.Empty;

    /// <summary>Why the placement is silent before anything is looked at; none: it is not.</summary>
    public HeldBack Blocked { get; init; }

    /// <summary>Caps in force.</summary>
    public CapRules Caps { get; init; } = CapRules.Default;

    /// <summary>What staff stopped.</summary>
    public StopSet Stops { get; init; } = StopSet.None;

    /// <summary>A score below this is no recommendation: silence is better.</summary>
    public int QualityFloor { get; init; } = 1;
}
