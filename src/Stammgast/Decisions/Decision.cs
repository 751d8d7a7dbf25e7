namespace Stammgast.Decisions;

/// <summary>Kinds of fact that a decision used: keys, never values. The bits are stored.</summary>
[Flags]
public enum FactsUsed
{
    /// <summary>Nothing of anybody.</summary>
    None = 0,

    /// <summary>The page that asked: its product or category.</summary>
    Page = 1,

    /// <summary>What this person looked at or put in the basket.</summary>
    RecentItems = 2,

    /// <summary>What this person bought and returned.</summary>
    Purchases = 4,

    /// <summary>Affinity to categories.</summary>
    CategoryAffinity = 8,

    /// <summary>Usual price band.</summary>
    PriceBand = 16,

    /// <summary>The wish list.</summary>
    WishList = 32,

    /// <summary>Preferences that the person told us.</summary>
    DeclaredPreferences = 64,

    /// <summary>Earlier contacts and feedback (caps, rests).</summary>
    Contacts = 128,

    /// <summary>Open service cases (to hold back, never to choose).</summary>
    ServiceCases = 256,
}

/// <summary>What was decided with: the arbitration's rules, the catalogue, the models.</summary>
/// <param name="Arbitration">Version of the integer arbitration.</param>
/// <param name="Catalogue">The catalogue snapshot's version.</param>
/// <param name="Models">The model set's version; 0: none.</param>
public readonly record struct Versions(int Arbitration, long Catalogue, long Models);

/// <summary>
/// A decision, or silence, with its reasons: for staff. The customer's voice is cut from it by
/// <see cref="CustomerVoice"/>; the stored form is <see cref="DecisionRecord"/>.
/// </summary>
public sealed record Decision
{
    /// <summary>Opaque; high half random and shared by the request, low half ordered by time.</summary>
    public required DecisionId Id { get; init; }

    /// <summary>When, ms since 1970 UTC.</summary>
    public required long AtMs { get; init; }

    /// <summary>The placement's key.</summary>
    public required string Placement { get; init; }

    /// <summary>What it asked for.</summary>
    public required PlacementType Type { get; init; }

    /// <summary>At most so many shown.</summary>
    public required int Limit { get; init; }

    /// <summary>Breaks ties among motifs of equal score.</summary>
    public required ulong Seed { get; init; }

    /// <summary>What it was decided with.</summary>
    public required Versions Versions { get; init; }

    /// <summary>Whether anything of a person could be used.</summary>
    public required bool Personal { get; init; }

    /// <summary>Why the placement as a whole is silent, whatever its candidates.</summary>
    public required HeldBack Block { get; init; }

    /// <summary>Kinds of fact used.</summary>
    public required FactsUsed Facts { get; init; }

    /// <summary>Candidates held back per <see cref="HeldBack"/> code, by its number.</summary>
    public required int[] Drops { get; init; }

    /// <summary>All candidates (20 after storage): shown ones first, the others by score.</summary>
    public required Judged[] Candidates { get; init; }

    /// <summary>How many of <see cref="Candidates"/> are shown; they stand first.</summary>
    public int ShownCount { get; init; }

    /// <summary>Why what is shown is shown; none: silent.</summary>
    public ShownFor Reason { get; init; }

    /// <summary>Why it is silent; none: shown.</summary>
    public HeldBack Silence { get; init; }

    /// <summary>The campaign of the motif shown, or empty.</summary>
    public string Campaign { get; init; } = "";

    /// <summary>Whether anything is shown.</summary>
    public bool IsShown => ShownCount > 0;
}
