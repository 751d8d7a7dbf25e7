namespace Stammgast;

/// <summary>The Segment call that brought the event; the numbers are stored.</summary>
public enum EventType : byte
{
    /// <summary>Something happened.</summary>
    Track = 1,

    /// <summary>Who somebody is.</summary>
    Identify = 2,

    /// <summary>A page was seen.</summary>
    Page = 3,

    /// <summary>A screen of an app was seen.</summary>
    Screen = 4,

    /// <summary>Membership of an account.</summary>
    Group = 5,

    /// <summary>Two ids are one.</summary>
    Alias = 6,
}

/// <summary>
/// What the platform understands of an event, by its e-commerce name; the numbers are stored.
/// Everything else is <see cref="Other"/>: kept in the timeline, counted, never interpreted.
/// </summary>
public enum EventKind : byte
{
    /// <summary>A name that the platform does not interpret.</summary>
    Other = 0,

    /// <summary><c>identify</c>.</summary>
    Identify = 1,

    /// <summary><c>page</c> and <c>screen</c>.</summary>
    PageViewed = 2,

    /// <summary><c>Products Searched</c>.</summary>
    ProductsSearched = 3,

    /// <summary><c>Product List Viewed</c>.</summary>
    ProductListViewed = 4,

    /// <summary><c>Product Viewed</c>.</summary>
    ProductViewed = 5,

    /// <summary><c>Product Added</c>.</summary>
    ProductAdded = 6,

    /// <summary><c>Product Removed</c>.</summary>
    ProductRemoved = 7,

    /// <summary><c>Product Added to Wishlist</c>.</summary>
    WishAdded = 8,

    /// <summary><c>Product Removed from Wishlist</c>.</summary>
    WishRemoved = 9,

    /// <summary><c>Checkout Started</c>.</summary>
    CheckoutStarted = 10,

    /// <summary><c>Order Completed</c>.</summary>
    OrderCompleted = 11,

    /// <summary><c>Order Cancelled</c>.</summary>
    OrderCancelled = 12,

    /// <summary><c>Order Refunded</c> (money only; it returns no article).</summary>
    OrderRefunded = 13,

    /// <summary><c>Order Returned</c>, with a reason.</summary>
    OrderReturned = 14,

    /// <summary><c>Order Delayed</c>.</summary>
    OrderDelayed = 15,

    /// <summary><c>Service Case Opened</c>.</summary>
    ServiceCaseOpened = 16,

    /// <summary><c>Service Case Closed</c>.</summary>
    ServiceCaseClosed = 17,

    /// <summary><c>Coupon Redeemed</c>.</summary>
    CouponRedeemed = 18,

    /// <summary><c>Feedback Given</c>.</summary>
    FeedbackGiven = 19,

    /// <summary><c>Segment Consent Preference Updated</c>.</summary>
    ConsentUpdated = 20,

    /// <summary><c>alias</c>.</summary>
    Alias = 21,
}

/// <summary>Why something came back (<c>Order Returned</c>); the numbers are stored.</summary>
public enum ReturnReason : byte
{
    /// <summary>Not a return.</summary>
    None = 0,

    /// <summary><c>too_small</c>.</summary>
    TooSmall = 1,

    /// <summary><c>too_large</c>.</summary>
    TooLarge = 2,

    /// <summary><c>dislike</c>.</summary>
    Dislike = 3,

    /// <summary><c>defect</c>.</summary>
    Defect = 4,

    /// <summary><c>late</c>.</summary>
    Late = 5,

    /// <summary><c>wrong</c>.</summary>
    Wrong = 6,

    /// <summary><c>other</c>, and everything unknown.</summary>
    Other = 7,
}

/// <summary>A product that an event is about, as Collect found and enriched it.</summary>
/// <param name="ProductId">The catalogue's product id.</param>
/// <param name="VariantId">The variant (size, colour), or empty.</param>
/// <param name="Category">The catalogue's category key, or what the event said, or empty.</param>
/// <param name="Quantity">Pieces; negative never occurs.</param>
/// <param name="PriceMinor">One piece's price in minor units of the cell's currency.</param>
/// <param name="Gift">Bought for somebody else: teaches nothing about the buyer.</param>
/// <param name="Sensitive">Of a sensitive category: order and service only.</param>
public readonly record struct EventItem(
    string ProductId, string VariantId, string Category, int Quantity, long PriceMinor,
    bool Gift, bool Sensitive);

/// <summary>
/// A consent stamp as its source's mapping reads it: purposes said yes and no to, and the notice
/// under which they were asked. Purposes named by neither stay as they are.
/// </summary>
/// <param name="Granted">Purposes said yes to.</param>
/// <param name="Refused">Purposes said no to.</param>
/// <param name="NoticeVersion">The notice's version; zero: the stamp is no grant, it only narrows.</param>
public readonly record struct ConsentStamp(
    PurposeSet Granted, PurposeSet Refused, ushort NoticeVersion);

/// <summary>
/// A well-formed, judged event, as it travels from the gate to the fold. Its encoding in the log
/// is <c>EventCodec</c>. Holds personal data: never log one.
/// </summary>
public sealed record Event
{
    /// <summary>The leaf of the anchor: the best identifier the event brought.</summary>
    public required LeafId Leaf { get; init; }

    /// <summary>What makes it count once.</summary>
    public required MessageKey Message { get; init; }

    /// <summary>Where it came in.</summary>
    public required SourceId Source { get; init; }

    /// <summary>The call.</summary>
    public required EventType Type { get; init; }

    /// <summary>What is understood of it.</summary>
    public required EventKind Kind { get; init; }

    /// <summary>The track event's or the page's name as sent; empty if none.</summary>
    public required string Name { get; init; }

    /// <summary>When it happened, ms since 1970 UTC: skew-corrected, never after receipt.</summary>
    public required long AtMs { get; init; }

    /// <summary>When it was received, ms since 1970 UTC.</summary>
    public required long ReceivedAtMs { get; init; }

    /// <summary>The gate's verdict: the purposes that this event may ever serve.</summary>
    public required PurposeSet Allowed { get; init; }

    /// <summary>The best provenance that this event's facts may have.</summary>
    public required Provenance Ceiling { get; init; }

    /// <summary>
    /// Whether the source vouches for what it says (server, till, import, identity token); a
    /// browser's purchase suppresses but counts for no revenue, model or attribution.
    /// </summary>
    public required bool OfRecord { get; init; }

    /// <summary>Normalised, anchor first, each type and value once.</summary>
    public required IReadOnlyList<Identifier> Identifiers { get; init; }

    /// <summary>Products concerned; empty for most calls.</summary>
    public IReadOnlyList<EventItem> Items { get; init; } = [];

    /// <summary>The order's id, or empty.</summary>
    public string OrderId { get; init; } = "";

    /// <summary>The order's total in minor units, where the event has one.</summary>
    public long TotalMinor { get; init; }

    /// <summary>Why it came back.</summary>
    public ReturnReason Reason { get; init; }

    /// <summary>What the stamp said; default: it said nothing.</summary>
    public ConsentStamp Stamp { get; init; }

    /// <summary>
    /// What is kept of the payload: a JSON object with at most the members <c>properties</c>,
    /// <c>traits</c>, <c>context</c> (a closed list of its members), already stripped. May be empty.
    /// </summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}
