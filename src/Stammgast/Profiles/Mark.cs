namespace Stammgast.Profiles;

/// <summary>What a mark says; the numbers are stored.</summary>
internal enum MarkKind : byte
{
    /// <summary>A user id brought. A: value.</summary>
    UserId = IdentifierType.UserId,

    /// <summary>A loyalty card brought. A: value.</summary>
    LoyaltyCard = IdentifierType.LoyaltyCard,

    /// <summary>An address brought. A: value.</summary>
    Email = IdentifierType.Email,

    /// <summary>A telephone number brought. A: value.</summary>
    Phone = IdentifierType.Phone,

    /// <summary>A device brought. A: value.</summary>
    AnonymousId = IdentifierType.AnonymousId,

    /// <summary>A trait of <c>identify</c>. A: key; C: value as JSON; N: source.</summary>
    Trait = 10,

    /// <summary>Earliest event.</summary>
    FirstSeen = 11,

    /// <summary>Latest event.</summary>
    LastSeen = 12,

    /// <summary>Events. N: how many.</summary>
    Events = 13,

    /// <summary>Orders of record. N: how many.</summary>
    Orders = 14,

    /// <summary>Orders of record. N: minor units.</summary>
    Revenue = 15,

    /// <summary>Refunded and cancelled. N: minor units.</summary>
    Refunded = 16,

    /// <summary>Earliest order of record.</summary>
    FirstOrder = 17,

    /// <summary>Latest order of record.</summary>
    LastOrder = 18,

    /// <summary>Interest. Slot: period of 28 days; A: category; N: weight.</summary>
    Affinity = 19,

    /// <summary>Prices bought at. Slot: band; N: pieces.</summary>
    PriceBand = 20,

    /// <summary>A product looked at. A: product; B: variant.</summary>
    Viewed = 21,

    /// <summary>A product in the basket. A: product; B: variant; N: −pieces, 0 once removed.</summary>
    Carted = 22,

    /// <summary>A product wished for. A: product; B: variant; N: −1, 0 once removed.</summary>
    Wished = 23,

    /// <summary>The latest purchase of a variant. Slot: <see cref="BoughtFlags"/>; A: product;
    /// B: variant; C: order; N: pieces.</summary>
    Bought = 24,

    /// <summary>Some purchase of a product, for long. Slot: its 32-bit hash; time in days.</summary>
    Rested = 25,

    /// <summary>A return. A: product; B: variant; C: order; N: pieces × 8 + reason.</summary>
    Returned = 26,

    /// <summary>A whole order cancelled. A: order.</summary>
    Cancelled = 27,

    /// <summary>A service case or a failed order. A: case or order.</summary>
    CaseOpened = 28,

    /// <summary>A case closed. A: case or order; empty: all before it.</summary>
    CaseClosed = 29,

    /// <summary>The customer's word on a decision. A: decision; N: 0 never … 3 helpful.</summary>
    Feedback = 30,
}

/// <summary>What a purchase is; a set of bits.</summary>
[Flags]
internal enum BoughtFlags : byte
{
    /// <summary>Bought for oneself, by a source that vouches.</summary>
    None = 0,

    /// <summary>Bought for somebody else.</summary>
    Gift = 1,

    /// <summary>Only a browser says so.</summary>
    Unverified = 2,

    /// <summary>Of a sensitive category: the order and service only.</summary>
    Sensitive = 4,
}

/// <summary>
/// One mark that events leave on a leaf: what (kind, slot, a, b), from where (origin), and its
/// value (time, number, text). Marks with the same key combine by the law of their kind.
/// </summary>
internal readonly record struct Mark
{
    /// <summary>What it says.</summary>
    public required MarkKind Kind { get; init; }

    /// <summary>Where it comes from.</summary>
    public required Origin Origin { get; init; }

    /// <summary>Part of the key, by kind.</summary>
    public long Slot { get; init; }

    /// <summary>Part of the key, by kind.</summary>
    public string A { get; init; }

    /// <summary>Part of the key, by kind.</summary>
    public string B { get; init; }

    /// <summary>Event time, ms since 1970 UTC.</summary>
    public long AtMs { get; init; }

    /// <summary>The number, by kind.</summary>
    public long N { get; init; }

    /// <summary>The text, by kind.</summary>
    public string C { get; init; }

    /// <summary>A mark with empty texts; the rest by <c>with</c>.</summary>
    public static Mark Of(MarkKind kind, in Origin origin, long atMs = 0, long n = 0) => new()
    {
        Kind = kind,
        Origin = origin,
        A = "",
        B = "",
        C = "",
        AtMs = atMs,
        N = n,
    };

    /// <summary>Order of the keys, the origin left out.</summary>
    public static int CompareKeys(in Mark x, in Mark y)
    {
        var order = x.Slot.CompareTo(y.Slot);
        if (order != 0)
            return order;
        order = string.CompareOrdinal(x.A, y.A);
        return order != 0 ? order : string.CompareOrdinal(x.B, y.B);
    }
}
