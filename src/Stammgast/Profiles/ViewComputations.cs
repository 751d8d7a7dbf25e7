using System.Globalization;

namespace Stammgast.Profiles;

/// <summary>Interests that fade: half as strong after three periods of 28 days.</summary>
internal static class Affinity
{
    // 1,024 × 2^(−n/3), rounded: integers, so that every node computes the same.
    private static readonly int[] Fading = [1024, 813, 645];

    /// <summary>Strongest first, then by category. Linear in the marks.</summary>
    public static IReadOnlyList<CategoryAffinity> Of(ReadOnlySpan<Mark> marks, long nowMs)
    {
        var now = nowMs / LeafFold.PeriodMs;
        var sums = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (ref readonly var mark in marks)
        {
            var age = Math.Clamp(now - mark.Slot, 0, 60);
            var faded = Math.Min(mark.N, 1L << 40) * Fading[age % 3] >> (int)(age / 3);
            sums[mark.A] = sums.GetValueOrDefault(mark.A) + faded;
        }
        var most = sums.Count == 0 ? 0 : sums.Values.Max();
        return [.. sums.Where(sum => sum.Value > 0)
            .Select(sum => new CategoryAffinity(sum.Key, (int)(sum.Value * 1000 / most)))
            .OrderByDescending(affinity => affinity.Weight)];
    }
}

/// <summary>Purchases, put together with what came back and what was cancelled.</summary>
internal static class PurchaseLines
{
    /// <summary>
    /// Newest first. A browser's word about a line gives way to a word of record about the same
    /// one. O(purchases × returns), both of which are bounded.
    /// </summary>
    public static IReadOnlyList<PurchaseLine> Of(MarkTable marks)
    {
        var lines = new List<PurchaseLine>();
        foreach (ref readonly var bought in marks.Of(MarkKind.Bought))
        {
            var line = Line(bought);
            if (line.OfRecord || !HasRecord(marks, bought))
                lines.Add(WithFate(line, marks));
        }
        return [.. lines.OrderByDescending(line => line.AtMs)
            .ThenBy(line => line.ProductId, StringComparer.Ordinal)
            .ThenBy(line => line.VariantId, StringComparer.Ordinal)
            .ThenBy(line => line.Gift)];
    }

    private static PurchaseLine Line(in Mark mark)
    {
        var flags = (BoughtFlags)mark.Slot;
        return new PurchaseLine
        {
            OrderId = mark.C,
            ProductId = mark.A,
            VariantId = mark.B,
            AtMs = mark.AtMs,
            Quantity = (int)Math.Min(mark.N, int.MaxValue),
            Gift = (flags & BoughtFlags.Gift) != BoughtFlags.None,
            OfRecord = (flags & BoughtFlags.Unverified) == BoughtFlags.None,
            Sensitive = (flags & BoughtFlags.Sensitive) != BoughtFlags.None,
        };
    }

    private static PurchaseLine WithFate(PurchaseLine line, MarkTable marks)
    {
        foreach (ref readonly var cancelled in marks.Of(MarkKind.Cancelled))
        {
            if (cancelled.A.Length > 0 && cancelled.A == line.OrderId)
                line = line with { Cancelled = true };
        }
        foreach (ref readonly var returned in marks.Of(MarkKind.Returned))
        {
            if (!Concerns(returned, line) || returned.AtMs < line.ReturnedAtMs)
                continue;
            var pieces = (int)Math.Min(returned.N / 8, int.MaxValue);
            line = line with
            {
                ReturnedQuantity = pieces > 0 ? pieces : line.Quantity,
                Reason = (ReturnReason)(returned.N % 8),
                ReturnedAtMs = returned.AtMs,
            };
        }
        return line;
    }

    // Whole orders come back without products; products without their variant or order.
    private static bool Concerns(in Mark returned, PurchaseLine line)
    {
        if (returned.AtMs < line.AtMs)
            return false;
        if (returned.A.Length == 0)
            return returned.C.Length > 0 && returned.C == line.OrderId;
        return returned.A == line.ProductId
            && (returned.B.Length == 0 || line.VariantId.Length == 0 || returned.B == line.VariantId)
            && (returned.C.Length == 0 || line.OrderId.Length == 0 || returned.C == line.OrderId);
    }

    private static bool HasRecord(MarkTable marks, in Mark bought)
    {
        foreach (ref readonly var other in marks.Of(MarkKind.Bought))
        {
            if (((BoughtFlags)other.Slot & BoughtFlags.Unverified) == BoughtFlags.None && other.A == bought.A
                && other.B == bought.B && other.C == bought.C)
                return true;
        }
        return false;
    }
}

/// <summary>Service cases: open until they, or all, are closed later.</summary>
internal static class ServiceCases
{
    /// <summary>Those without a closing at or after their opening, oldest first.</summary>
    public static IReadOnlyList<OpenCase> Open(ReadOnlySpan<Mark> opened, ReadOnlySpan<Mark> closed)
    {
        var open = new List<OpenCase>();
        foreach (ref readonly var one in opened)
        {
            if (!IsClosed(one, closed))
                open.Add(new OpenCase(one.A, one.AtMs));
        }
        open.Sort(static (x, y) => x.OpenedAtMs != y.OpenedAtMs
            ? x.OpenedAtMs.CompareTo(y.OpenedAtMs)
            : string.CompareOrdinal(x.Key, y.Key));
        return open;
    }

    private static bool IsClosed(in Mark opened, ReadOnlySpan<Mark> closed)
    {
        foreach (ref readonly var end in closed)
        {
            if ((end.A.Length == 0 || end.A == opened.A) && end.AtMs > opened.AtMs)
                return true;
        }
        return false;
    }
}

/// <summary>Computed facts as the API lists them: what comes of which marks, and how tainted.</summary>
internal static class ComputedFacts
{
    /// <summary>Traits and computed facts, by key.</summary>
    public static IReadOnlyList<Fact> Of(ProfileView view, MarkTable marks)
    {
        var facts = new List<Fact>(view.Traits);
        var orders = view.Orders;
        Add(facts, marks, "orders.count", Text(orders.Count), MarkKind.Orders);
        Add(facts, marks, "orders.revenue_minor", Text(orders.RevenueMinor),
            MarkKind.Revenue, MarkKind.Refunded);
        Add(facts, marks, "orders.first_at", Instant(orders.FirstAtMs), MarkKind.FirstOrder);
        Add(facts, marks, "orders.last_at", Instant(orders.LastAtMs), MarkKind.LastOrder);
        Add(facts, marks, "seen.events", Text(view.Events), MarkKind.Events);
        Add(facts, marks, "seen.first_at", Instant(view.FirstSeenAtMs), MarkKind.FirstSeen);
        Add(facts, marks, "seen.last_at", Instant(view.LastSeenAtMs), MarkKind.LastSeen);
        foreach (var affinity in view.Affinities)
            Add(facts, marks, "affinity." + affinity.Category, Text(affinity.Weight), MarkKind.Affinity);
        if (view.UsualPrice is { } usual)
        {
            Add(facts, marks, "price.usual_minor",
                string.Create(CultureInfo.InvariantCulture, $"[{usual.LowMinor},{usual.HighMinor}]"),
                MarkKind.PriceBand);
        }
        if (view.OpenCases.Count > 0)
        {
            Add(facts, marks, "service.open_cases", Text(view.OpenCases.Count),
                MarkKind.CaseOpened, MarkKind.CaseClosed);
        }
        facts.Sort(static (x, y) => string.CompareOrdinal(x.Key, y.Key));
        return facts;
    }

    private static void Add(
        List<Fact> facts, MarkTable marks, string key, string value, params ReadOnlySpan<MarkKind> from)
    {
        Origin? taint = null;
        long newestMs = 0;
        foreach (var kind in from)
        {
            foreach (ref readonly var mark in marks.Of(kind))
            {
                taint = taint is { } so ? Origin.Combine(so, mark.Origin) : mark.Origin;
                newestMs = Math.Max(newestMs, mark.AtMs);
            }
        }
        if (taint is not { } origin)
            return;
        var provenance = (Provenance)Math.Max((byte)origin.Provenance, (byte)Provenance.Derived);
        facts.Add(new Fact(key, value, provenance, origin.Allowed, default, newestMs));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Instant(long atMs) =>
        '"' + DateTimeOffset.FromUnixTimeMilliseconds(atMs)
            .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) + '"';
}
