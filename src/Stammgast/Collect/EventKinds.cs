using System.Collections.Frozen;

namespace Stammgast.Collect;

/// <summary>The names that the platform understands; letters' case does not matter.</summary>
internal static class EventKinds
{
    private static readonly FrozenDictionary<string, EventKind> ByName =
        new Dictionary<string, EventKind>(StringComparer.OrdinalIgnoreCase)
        {
            ["Products Searched"] = EventKind.ProductsSearched,
            ["Product List Viewed"] = EventKind.ProductListViewed,
            ["Product Viewed"] = EventKind.ProductViewed,
            ["Product Added"] = EventKind.ProductAdded,
            ["Product Removed"] = EventKind.ProductRemoved,
            ["Product Added to Wishlist"] = EventKind.WishAdded,
            ["Product Removed from Wishlist"] = EventKind.WishRemoved,
            ["Checkout Started"] = EventKind.CheckoutStarted,
            ["Order Completed"] = EventKind.OrderCompleted,
            ["Order Cancelled"] = EventKind.OrderCancelled,
            ["Order Refunded"] = EventKind.OrderRefunded,
            ["Order Returned"] = EventKind.OrderReturned,
            ["Order Delayed"] = EventKind.OrderDelayed,
            ["Service Case Opened"] = EventKind.ServiceCaseOpened,
            ["Service Case Closed"] = EventKind.ServiceCaseClosed,
            ["Coupon Redeemed"] = EventKind.CouponRedeemed,
            ["Feedback Given"] = EventKind.FeedbackGiven,
            ["Segment Consent Preference Updated"] = EventKind.ConsentUpdated,
        }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is understood of a call and its event's name.</summary>
    public static EventKind Of(EventType type, string name) => type switch
    {
        EventType.Identify => EventKind.Identify,
        EventType.Page or EventType.Screen => EventKind.PageViewed,
        EventType.Alias => EventKind.Alias,
        EventType.Track => ByName.GetValueOrDefault(name),
        _ => EventKind.Other,
    };

    /// <summary>Whether <c>properties</c> may hold products, an order or a reason.</summary>
    public static bool IsCommerce(EventKind kind) =>
        kind is >= EventKind.ProductListViewed and <= EventKind.OrderDelayed
            or EventKind.ServiceCaseOpened or EventKind.ServiceCaseClosed
            or EventKind.CouponRedeemed;

    /// <summary>
    /// Whether it says that something was bought or undone: of record from no browser.
    /// </summary>
    public static bool IsOrder(EventKind kind) =>
        kind is >= EventKind.OrderCompleted and <= EventKind.OrderDelayed
            or EventKind.CouponRedeemed;

    /// <summary>The type of a batch's event; false for a name that is none.</summary>
    public static bool TryType(ReadOnlySpan<byte> name, out EventType type)
    {
        type = name.Length switch
        {
            4 when name.SequenceEqual("page"u8) => EventType.Page,
            5 when name.SequenceEqual("track"u8) => EventType.Track,
            5 when name.SequenceEqual("group"u8) => EventType.Group,
            5 when name.SequenceEqual("alias"u8) => EventType.Alias,
            6 when name.SequenceEqual("screen"u8) => EventType.Screen,
            8 when name.SequenceEqual("identify"u8) => EventType.Identify,
            _ => default,
        };
        return type != default;
    }
}
