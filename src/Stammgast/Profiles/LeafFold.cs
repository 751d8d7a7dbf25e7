using Stammgast.Identity;

namespace Stammgast.Profiles;

/// <summary>
/// What an event leaves on its leaf: a set of marks that depends on the event alone. A leaf's
/// state is the join of the marks of its events, hence a function of their set.
/// <list type="bullet">
/// <item>Sensitive products leave the purchase itself, for the order and service, nothing else.</item>
/// <item>Gifts rest for the buyer and teach nothing.</item>
/// <item>A purchase that only a browser tells of suppresses, and counts for nothing.</item>
/// </list>
/// </summary>
public static class LeafFold
{
    /// <summary>How long one slot of affinity is.</summary>
    internal const long PeriodMs = 28L * 86_400_000;

    private const long DayMs = 86_400_000;

    private static readonly EventItem WholeOrder = new("", "", "", 0, 0, false, false);

    /// <summary>
    /// Folds events into a leaf. None may have been folded before (sums would count it twice);
    /// those at or before the leaf's erasure are left out.
    /// </summary>
    public static LeafState Apply(
        LeafState state, IReadOnlyList<Event> events, IdentityRules rules) =>
        state.With(events, rules);

    /// <summary>Adds an event's marks to a table.</summary>
    internal static void Mark(Event e, IdentityRules rules, MarkTable into)
    {
        var origin = Origin.Of(e);
        into.Add(Profiles.Mark.Of(MarkKind.FirstSeen, origin, e.AtMs));
        into.Add(Profiles.Mark.Of(MarkKind.LastSeen, origin, e.AtMs));
        into.Add(Profiles.Mark.Of(MarkKind.Events, origin, n: 1));
        foreach (var identifier in e.Identifiers)
            MarkIdentifier(e, identifier, origin, rules, into);
        switch (e.Kind)
        {
            case EventKind.Identify:
                TraitFold.Mark(e, origin, rules, into);
                break;
            case EventKind.ProductViewed:
                MarkTouches(e, MarkKind.Viewed, 0, weight: 1, into);
                break;
            case EventKind.ProductAdded:
                MarkTouches(e, MarkKind.Carted, 1, weight: 3, into);
                break;
            case EventKind.ProductRemoved:
                MarkTouches(e, MarkKind.Carted, 0, weight: 0, into);
                break;
            case EventKind.WishAdded:
                MarkTouches(e, MarkKind.Wished, 1, weight: 2, into);
                break;
            case EventKind.WishRemoved:
                MarkTouches(e, MarkKind.Wished, 0, weight: 0, into);
                break;
            case EventKind.OrderCompleted:
                MarkOrder(e, origin, into);
                break;
            case EventKind.OrderCancelled:
                into.Add(Profiles.Mark.Of(MarkKind.Cancelled, origin, e.AtMs) with { A = e.OrderId });
                MarkRefund(e, origin, into);
                break;
            case EventKind.OrderRefunded:
                MarkRefund(e, origin, into);
                break;
            case EventKind.OrderReturned:
                MarkReturn(e, origin, into);
                break;
            default:
                CareFold.Mark(e, origin, into);
                break;
        }
    }

    /// <summary>Leaves an identifier, unless its value is nobody's.</summary>
    internal static void MarkIdentifier(
        Event e, in Identifier identifier, in Origin origin, IdentityRules rules, MarkTable into)
    {
        if (!rules.Blocked.Contains(identifier))
        {
            into.Add(Profiles.Mark.Of((MarkKind)identifier.Type, origin, e.AtMs) with
            {
                A = identifier.Value,
            });
        }
    }

    private static void MarkTouches(
        Event e, MarkKind kind, int sign, int weight, MarkTable into)
    {
        var origin = Origin.Of(e);
        foreach (var item in e.Items)
        {
            if (item.Sensitive || item.ProductId.Length == 0)
                continue;
            into.Add(Profiles.Mark.Of(kind, origin, e.AtMs, -sign * Math.Max(1, item.Quantity)) with
            {
                A = item.ProductId,
                B = item.VariantId,
            });
            MarkAffinity(e, item, origin, weight, into);
        }
    }

    private static void MarkAffinity(
        Event e, in EventItem item, in Origin origin, int weight, MarkTable into)
    {
        if (weight > 0 && !item.Gift && item.Category.Length > 0)
        {
            into.Add(Profiles.Mark.Of(MarkKind.Affinity, origin, n: weight) with
            {
                Slot = Math.Max(0, e.AtMs / PeriodMs),
                A = item.Category,
            });
        }
    }

    private static void MarkOrder(Event e, in Origin origin, MarkTable into)
    {
        foreach (var item in e.Items)
        {
            if (item.ProductId.Length == 0)
                continue;
            into.Add(Profiles.Mark.Of(MarkKind.Bought, origin, e.AtMs, item.Quantity) with
            {
                Slot = (long)FlagsOf(e, item),
                A = item.ProductId,
                B = item.VariantId,
                C = e.OrderId,
            });
            if (item.Sensitive)
                continue;
            into.Add(Profiles.Mark.Of(MarkKind.Rested, origin, e.AtMs / DayMs * DayMs) with
            {
                Slot = ProductHash.Of(item.ProductId),
            });
            if (!e.OfRecord)
                continue;
            MarkAffinity(e, item, origin, weight: 8, into);
            if (!item.Gift && item.PriceMinor > 0)
            {
                into.Add(Profiles.Mark.Of(MarkKind.PriceBand, origin, n: item.Quantity) with
                {
                    Slot = Prices.BandOf(item.PriceMinor),
                });
            }
        }
        MarkTotals(e, origin, into);
    }

    // An order of sensitive products only leaves no trace in a total, and the sensitive part of a
    // mixed one none in its sum: else the total would betray it.
    private static void MarkTotals(Event e, in Origin origin, MarkTable into)
    {
        if (!e.OfRecord || e.Items.Count > 0 && e.Items.All(item => item.Sensitive))
            return;
        var hidden = e.Items.Where(item => item.Sensitive).Sum(PriceOf);
        var total = e.TotalMinor > 0 ? e.TotalMinor : e.Items.Sum(PriceOf);
        into.Add(Profiles.Mark.Of(MarkKind.Orders, origin, n: 1));
        into.Add(Profiles.Mark.Of(MarkKind.Revenue, origin, n: Math.Max(0, total - hidden)));
        into.Add(Profiles.Mark.Of(MarkKind.FirstOrder, origin, e.AtMs));
        into.Add(Profiles.Mark.Of(MarkKind.LastOrder, origin, e.AtMs));
    }

    private static void MarkRefund(Event e, in Origin origin, MarkTable into)
    {
        if (e.OfRecord && e.TotalMinor > 0)
            into.Add(Profiles.Mark.Of(MarkKind.Refunded, origin, n: e.TotalMinor));
    }

    private static void MarkReturn(Event e, in Origin origin, MarkTable into)
    {
        foreach (var item in e.Items.Where(item => !item.Sensitive))
            into.Add(Returned(e, origin, item));
        if (e.Items.Count == 0)
            into.Add(Returned(e, origin, WholeOrder));
        if (e.Reason is ReturnReason.Defect or ReturnReason.Late or ReturnReason.Wrong)
            into.Add(Profiles.Mark.Of(MarkKind.CaseOpened, origin, e.AtMs) with { A = e.OrderId });
    }

    private static Mark Returned(Event e, in Origin origin, in EventItem item) =>
        Profiles.Mark.Of(MarkKind.Returned, origin, e.AtMs, item.Quantity * 8L + (long)e.Reason) with
        {
            A = item.ProductId,
            B = item.VariantId,
            C = e.OrderId,
        };

    // Far beyond any basket, and small enough that 200 of them never overflow.
    private static long PriceOf(EventItem item) =>
        Math.Clamp(item.PriceMinor, 0, 1L << 40) * Math.Clamp(item.Quantity, 0, 1 << 14);

    private static BoughtFlags FlagsOf(Event e, in EventItem item) =>
        (item.Gift ? BoughtFlags.Gift : BoughtFlags.None)
        | (e.OfRecord ? BoughtFlags.None : BoughtFlags.Unverified)
        | (item.Sensitive ? BoughtFlags.Sensitive : BoughtFlags.None);
}
