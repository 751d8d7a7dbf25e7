namespace Stammgast.Profiles;

/// <summary>How marks with the same key combine. Each is commutative and associative.</summary>
internal enum Combine : byte
{
    /// <summary>
    /// The later one; at the same instant the smaller number, which is by construction the more
    /// careful answer (removed, unsubscribed, never), then the smaller text. Idempotent.
    /// </summary>
    Latest = 1,

    /// <summary>The earlier one. Idempotent.</summary>
    Earliest = 2,

    /// <summary>Numbers, never negative, add; deduplication has gone before.</summary>
    Sum = 3,
}

/// <summary>The members of a mark that a kind uses; the others are not stored.</summary>
[Flags]
internal enum Columns : byte
{
    None = 0,
    Slot = 1,
    A = 2,
    B = 4,
    At = 8,
    N = 16,
    C = 32,
}

/// <summary>
/// The law of a kind: how its marks combine, how many an origin keeps, and which columns it has.
/// A bound drops marks in a way that no order of events can show: of latest the oldest, of
/// earliest the newest, of sums the smallest slot, which no later event can bring back to the top.
/// </summary>
internal readonly record struct MarkLaw(Combine Combine, int Bound, Columns Columns)
{
    /// <summary>The law of a kind.</summary>
    public static MarkLaw Of(MarkKind kind) => kind switch
    {
        MarkKind.UserId or MarkKind.LoyaltyCard or MarkKind.Email or MarkKind.Phone =>
            new(Combine.Earliest, 8, Columns.A | Columns.At),
        MarkKind.AnonymousId => new(Combine.Earliest, 24, Columns.A | Columns.At),
        MarkKind.Trait =>
            new(Combine.Latest, 48, Columns.A | Columns.At | Columns.N | Columns.C),
        MarkKind.FirstSeen or MarkKind.FirstOrder => new(Combine.Earliest, 1, Columns.At),
        MarkKind.LastSeen or MarkKind.LastOrder => new(Combine.Latest, 1, Columns.At),
        MarkKind.Events or MarkKind.Orders or MarkKind.Revenue or MarkKind.Refunded =>
            new(Combine.Sum, 1, Columns.N),
        MarkKind.Affinity => new(Combine.Sum, 32, Columns.Slot | Columns.A | Columns.N),
        MarkKind.PriceBand => new(Combine.Sum, 64, Columns.Slot | Columns.N),
        MarkKind.Viewed => new(Combine.Latest, 16, Columns.A | Columns.B | Columns.At),
        MarkKind.Carted or MarkKind.Wished =>
            new(Combine.Latest, 12, Columns.A | Columns.B | Columns.At | Columns.N),
        MarkKind.Bought => new(Combine.Latest, 24,
            Columns.Slot | Columns.A | Columns.B | Columns.At | Columns.N | Columns.C),
        MarkKind.Rested => new(Combine.Latest, 512, Columns.Slot | Columns.At),
        MarkKind.Returned => new(Combine.Latest, 24,
            Columns.A | Columns.B | Columns.At | Columns.N | Columns.C),
        MarkKind.Cancelled => new(Combine.Latest, 12, Columns.A | Columns.At),
        MarkKind.CaseOpened or MarkKind.CaseClosed =>
            new(Combine.Latest, 16, Columns.A | Columns.At),
        MarkKind.Feedback => new(Combine.Latest, 16, Columns.A | Columns.At | Columns.N),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind of mark."),
    };

    /// <summary>Both in one; <paramref name="y"/>'s key is <paramref name="x"/>'s.</summary>
    public Mark Join(in Mark x, in Mark y) => Combine switch
    {
        Combine.Sum => x with
        {
            N = Saturated(x.N, y.N),
            Origin = Origin.Combine(x.Origin, y.Origin),
        },
        Combine.Earliest => Precedes(y, x) ? y : x,
        _ => Precedes(x, y) ? y : x,
    };

    // Sums are of numbers that are not negative, so saturating stays associative; a source that
    // sends absurd totals must not stop the fold.
    private static long Saturated(long x, long y) => x > long.MaxValue - y ? long.MaxValue : x + y;

    /// <summary>Whether a bound drops <paramref name="x"/> rather than <paramref name="y"/>.</summary>
    public bool DropsFirst(in Mark x, in Mark y)
    {
        var order = Combine switch
        {
            Combine.Latest => x.AtMs.CompareTo(y.AtMs),
            Combine.Earliest => y.AtMs.CompareTo(x.AtMs),
            _ => x.Slot.CompareTo(y.Slot),
        };
        return order != 0 ? order < 0 : Mark.CompareKeys(x, y) > 0;
    }

    // A total order of values: time; on a tie the larger number and text precede, so that the
    // smaller ones are the latest; then the worse origin, where views have joined several.
    private static bool Precedes(in Mark x, in Mark y)
    {
        var order = x.AtMs.CompareTo(y.AtMs);
        if (order == 0)
            order = y.N.CompareTo(x.N);
        if (order == 0)
            order = string.CompareOrdinal(y.C, x.C);
        if (order == 0)
            order = y.Origin.CompareTo(x.Origin);
        return order < 0;
    }
}
