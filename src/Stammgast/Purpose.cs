using System.Numerics;

namespace Stammgast;

/// <summary>
/// A set of purposes as bits. Which bit means which dotted key is configured, once and for ever
/// (see <c>Consent/Purposes</c>); the empty set allows nothing.
/// </summary>
public readonly record struct PurposeSet(ulong Bits)
{
    /// <summary>Allows nothing.</summary>
    public static readonly PurposeSet None;

    /// <summary>One purpose, by its bit 0–63.</summary>
    public static PurposeSet Of(Purpose purpose) => new(1UL << purpose.Bit);

    /// <summary>Whether this one purpose is in the set.</summary>
    public bool Has(Purpose purpose) => (Bits >> purpose.Bit & 1) != 0;

    /// <summary>Whether nothing is allowed.</summary>
    public bool IsEmpty => Bits == 0;

    /// <summary>How many purposes are in the set.</summary>
    public int Count => BitOperations.PopCount(Bits);

    /// <summary>What both allow: the only way in which sets of inputs combine.</summary>
    public static PurposeSet operator &(PurposeSet a, PurposeSet b) => new(a.Bits & b.Bits);

    /// <summary>What either allows: for building configurations, never for combining facts.</summary>
    public static PurposeSet operator |(PurposeSet a, PurposeSet b) => new(a.Bits | b.Bits);

    /// <summary>The first without the second.</summary>
    public static PurposeSet operator -(PurposeSet a, PurposeSet b) => new(a.Bits & ~b.Bits);
}

/// <summary>One purpose, by its bit 0–63 in every <see cref="PurposeSet"/>.</summary>
public readonly record struct Purpose(byte Bit);

/// <summary>
/// Where a fact comes from, best to worst; the numbers are stored. Combining facts takes the
/// worst (highest) of them.
/// </summary>
public enum Provenance : byte
{
    /// <summary>The customer told us: own forms, portal, quiz, or an advisor on her word.</summary>
    Declared = 1,

    /// <summary>We saw it happen: a page view, an order.</summary>
    Observed = 2,

    /// <summary>Arithmetic over own data: sums, counts, last.</summary>
    Derived = 3,

    /// <summary>A model's guess. May steer, is never quoted.</summary>
    Inferred = 4,

    /// <summary>Others told us. Never reaches a marketing view.</summary>
    ThirdParty = 5,

    /// <summary>Made public elsewhere for another purpose. Never reaches a marketing view.</summary>
    Public = 6,
}
