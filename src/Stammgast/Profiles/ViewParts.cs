namespace Stammgast.Profiles;

/// <summary>A fact as a purpose sees it.</summary>
/// <param name="Key">A trait's key, or a computed one (<c>orders.count</c>).</param>
/// <param name="Value">JSON.</param>
/// <param name="Provenance">Where it comes from; of computed ones the worst of the inputs.</param>
/// <param name="Purposes">What it may serve; of computed ones what all inputs may.</param>
/// <param name="Source">Who said it; 0 for computed ones.</param>
/// <param name="AtMs">When it was said, ms since 1970 UTC; of computed ones the newest event.</param>
public readonly record struct Fact(
    string Key, string Value, Provenance Provenance, PurposeSet Purposes, SourceId Source,
    long AtMs);

/// <summary>Orders of record that a purpose sees, added up.</summary>
/// <param name="Count">How many.</param>
/// <param name="RevenueMinor">Their sum less refunds and cancellations, never below 0.</param>
/// <param name="FirstAtMs">The first, ms since 1970 UTC; 0: none.</param>
/// <param name="LastAtMs">The last; 0: none.</param>
public readonly record struct OrderTotals(
    long Count, long RevenueMinor, long FirstAtMs, long LastAtMs);

/// <summary>Interest in a category at the view's moment; older interest has faded.</summary>
/// <param name="Category">The catalogue's key.</param>
/// <param name="Weight">0–1,000; the strongest category has 1,000.</param>
public readonly record struct CategoryAffinity(string Category, int Weight);

/// <summary>The half of what was bought lies between these prices, in minor units.</summary>
public readonly record struct PriceRange(long LowMinor, long HighMinor);

/// <summary>A product looked at, laid into the basket or wished for.</summary>
/// <param name="ProductId">The catalogue's product id.</param>
/// <param name="VariantId">The variant, or empty.</param>
/// <param name="AtMs">When last, ms since 1970 UTC.</param>
/// <param name="Quantity">Pieces; 1 for a view.</param>
public readonly record struct RecentItem(
    string ProductId, string VariantId, long AtMs, int Quantity);

/// <summary>The latest purchase of a variant, and what became of it.</summary>
public sealed record PurchaseLine
{
    /// <summary>The order's id, or empty.</summary>
    public required string OrderId { get; init; }

    /// <summary>The catalogue's product id.</summary>
    public required string ProductId { get; init; }

    /// <summary>The variant, or empty.</summary>
    public required string VariantId { get; init; }

    /// <summary>When, ms since 1970 UTC.</summary>
    public required long AtMs { get; init; }

    /// <summary>Pieces bought.</summary>
    public required int Quantity { get; init; }

    /// <summary>Bought for somebody else.</summary>
    public required bool Gift { get; init; }

    /// <summary>A source that vouches has said so, not only a browser.</summary>
    public required bool OfRecord { get; init; }

    /// <summary>Of a sensitive category; only views for service hold such lines.</summary>
    public required bool Sensitive { get; init; }

    /// <summary>The order was cancelled.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Pieces that came back.</summary>
    public int ReturnedQuantity { get; init; }

    /// <summary>Why.</summary>
    public ReturnReason Reason { get; init; }

    /// <summary>When, ms since 1970 UTC; 0: not.</summary>
    public long ReturnedAtMs { get; init; }
}

/// <summary>A service case that nobody has closed: all marketing waits.</summary>
/// <param name="Key">The case's or the order's id, or empty.</param>
/// <param name="OpenedAtMs">Since when, ms since 1970 UTC.</param>
public readonly record struct OpenCase(string Key, long OpenedAtMs);

/// <summary>The customer's word on a decision.</summary>
public enum FeedbackValue : byte
{
    /// <summary><c>never</c></summary>
    Never = 0,

    /// <summary><c>not_true</c></summary>
    NotTrue = 1,

    /// <summary><c>too_much</c></summary>
    TooMuch = 2,

    /// <summary><c>helpful</c></summary>
    Helpful = 3,
}

/// <summary>A word on a decision, the latest one.</summary>
/// <param name="DecisionId">The decision's public id.</param>
/// <param name="Value">What was said.</param>
/// <param name="AtMs">When, ms since 1970 UTC.</param>
public readonly record struct Feedback(string DecisionId, FeedbackValue Value, long AtMs);
