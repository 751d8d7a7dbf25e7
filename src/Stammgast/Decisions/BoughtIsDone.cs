using Stammgast.Catalogue;

namespace Stammgast.Decisions;

/// <summary>One order line and what became of it.</summary>
public readonly record struct Purchase
{
    /// <summary>The catalogue's product id.</summary>
    public required string ProductId { get; init; }

    /// <summary>The variant bought, or empty: unknown.</summary>
    public string VariantId { get; init; }

    /// <summary>When, ms since 1970 UTC; 0: unknown.</summary>
    public required long BoughtAtMs { get; init; }

    /// <summary>Pieces bought; below 1 counts as one.</summary>
    public int Quantity { get; init; }

    /// <summary>Bought for somebody else: rests all the same.</summary>
    public bool Gift { get; init; }

    /// <summary>The order was cancelled: never bought.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Pieces that came back.</summary>
    public int ReturnedQuantity { get; init; }

    /// <summary>Why they came back.</summary>
    public ReturnReason Reason { get; init; }

    /// <summary>When they came back, ms since 1970 UTC; 0: not or unknown.</summary>
    public long ReturnedAtMs { get; init; }
}

/// <summary>
/// Invariant 7. What was kept rests with all its variants until it is needed again; what came
/// back rests by its reason. Whatever is not known suppresses.
/// </summary>
public static class BoughtIsDone
{
    /// <summary>How long something rests whose interval nobody knows, and what was disliked.</summary>
    public const int DefaultRestDays = 365;

    private const long DayMs = 86_400_000;

    /// <summary>
    /// Whether a product rests for a person. O(purchases).
    /// </summary>
    /// <param name="product">The candidate.</param>
    /// <param name="purchases">All that is known of the person's lines, any order.</param>
    /// <param name="learnedDays">Replenishment interval as learned; null or below 1: unknown.</param>
    /// <param name="nowMs">Now.</param>
    /// <returns><c>None</c> (free), <c>Bought</c>, or <c>Owned</c> when no date is known.</returns>
    public static HeldBack Judge(
        Product product, ReadOnlySpan<Purchase> purchases, int? learnedDays, long nowMs)
    {
        var restMs = IntervalDays(product, learnedDays) * DayMs;
        var sizesBack = 0;
        for (var i = 0; i < purchases.Length; i++)
        {
            ref readonly var line = ref purchases[i];
            if (line.Cancelled || !string.Equals(line.ProductId, product.Id, StringComparison.Ordinal))
                continue;
            var held = Line(line, restMs, nowMs);
            if (held != HeldBack.None)
                return held;
            sizesBack += IsWrongSize(line.Reason) && line.ReturnedQuantity > 0 ? 1 : 0;
        }
        return sizesBack > 0 && !HasOtherSize(product, purchases, nowMs)
            ? HeldBack.Bought : HeldBack.None;
    }

    /// <summary>Whether a variant came back for its size and therefore rests itself.</summary>
    public static bool Rests(Variant variant, ReadOnlySpan<Purchase> purchases, long nowMs)
    {
        for (var i = 0; i < purchases.Length; i++)
        {
            ref readonly var line = ref purchases[i];
            if (line.ReturnedQuantity > 0 && IsWrongSize(line.Reason)
                && string.Equals(line.VariantId, variant.Id, StringComparison.Ordinal)
                && IsWithin(line.ReturnedAtMs, DefaultRestDays * DayMs, nowMs))
                return true;
        }
        return false;
    }

    /// <summary>Whether some line is about the product. O(purchases).</summary>
    public static bool HasLine(Product product, ReadOnlySpan<Purchase> purchases)
    {
        for (var i = 0; i < purchases.Length; i++)
        {
            if (string.Equals(purchases[i].ProductId, product.Id, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    /// <summary>Whether a product bought at an instant (0: never) and kept rests now.</summary>
    public static bool IsResting(Product product, long boughtAtMs, int? learnedDays, long nowMs) =>
        boughtAtMs > 0 && nowMs - boughtAtMs < IntervalDays(product, learnedDays) * DayMs;

    /// <summary>Whether a return holds all marketing until its case is closed.</summary>
    public static bool OpensCase(ReturnReason reason) =>
        reason is ReturnReason.Defect or ReturnReason.Late or ReturnReason.Wrong;

    /// <summary>The interval by which a product is needed again: the shop's word, else learned.</summary>
    public static int IntervalDays(Product product, int? learnedDays) =>
        product.ReplenishDays is { } told and > 0 ? told
        : learnedDays is { } learned and > 0 ? learned
        : DefaultRestDays;

    private static HeldBack Line(in Purchase line, long restMs, long nowMs)
    {
        var kept = Math.Max(1, line.Quantity) > line.ReturnedQuantity;
        if (kept && line.BoughtAtMs <= 0)
            return HeldBack.Owned;
        if (kept && IsWithin(line.BoughtAtMs, restMs, nowMs))
            return HeldBack.Bought;
        if (line.ReturnedQuantity <= 0 || OpensCase(line.Reason))
            return HeldBack.None;
        // A size that came back frees the others only if it is known which one it was; dislike,
        // other and unknown reasons rest the product.
        var freesOthers = IsWrongSize(line.Reason) && line.VariantId is { Length: > 0 };
        return !freesOthers && IsWithin(line.ReturnedAtMs, DefaultRestDays * DayMs, nowMs)
            ? HeldBack.Bought : HeldBack.None;
    }

    private static bool HasOtherSize(Product product, ReadOnlySpan<Purchase> purchases, long nowMs)
    {
        foreach (var variant in product.Variants)
        {
            if (variant.InStock && !Rests(variant, purchases, nowMs)
                && !SameSizeRests(product, variant, purchases, nowMs))
                return true;
        }
        return false;
    }

    // The same size in another colour fits no better.
    private static bool SameSizeRests(
        Product product, Variant variant, ReadOnlySpan<Purchase> purchases, long nowMs)
    {
        foreach (var other in product.Variants)
        {
            if (variant.Size.Length > 0 && !ReferenceEquals(other, variant)
                && string.Equals(other.Size, variant.Size, StringComparison.OrdinalIgnoreCase)
                && Rests(other, purchases, nowMs))
                return true;
        }
        return false;
    }

    private static bool IsWrongSize(ReturnReason reason) =>
        reason is ReturnReason.TooSmall or ReturnReason.TooLarge;

    // An unknown instant is read as now: it suppresses.
    private static bool IsWithin(long atMs, long spanMs, long nowMs) =>
        atMs <= 0 || nowMs - atMs < spanMs;
}
