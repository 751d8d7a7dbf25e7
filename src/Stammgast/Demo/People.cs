using System.Globalization;

namespace Stammgast.Demo;

/// <summary>
/// Invents the customers of Sporthaus Adler: the same seed and the same moment give the same
/// people, orders and returns. Their orders follow habits, so that there is something to learn:
/// runners need socks and gels again, players need balls, shoes are returned for their size.
/// </summary>
internal static class People
{
    /// <summary>How many there are.</summary>
    public const int Count = 400;

    private const int HistoryDays = 720;

    private static readonly string[] Birds =
    [
        "Amsel", "Drossel", "Dohle", "Elster", "Fink", "Gimpel", "Häher", "Ibis", "Kauz", "Kiebitz",
        "Kleiber", "Lerche", "Meise", "Pirol", "Reiher", "Schwalbe", "Specht", "Star", "Wachtel",
        "Zeisig",
    ];

    private static readonly string[] Places =
    [
        "Beispielau", "Beispielberg", "Beispielfeld", "Beispielhain", "Beispieltal", "Musterau",
        "Musterberg", "Musterfeld", "Musterhain", "Mustertal", "Probeau", "Probeberg", "Probefeld",
        "Probehain", "Probetal", "Testau", "Testberg", "Testfeld", "Testhain", "Testtal",
    ];

    // Weights of what each habit buys; what stands in one basket more often than by chance.
    private static readonly Dictionary<Habit, (string Id, int Weight)[]> Tastes = new()
    {
        [Habit.Runner] =
        [
            ("RUN-01", 10), ("RUN-03", 5), ("RUN-02", 4), ("TEE-01", 8), ("SHO-01", 6),
            ("TIG-01", 6), ("JAC-02", 4), ("CAP-01", 4), ("SOC-01", 14), ("GEL-01", 16),
            ("BOT-01", 3), ("SUP-01", 2),
        ],
        [Habit.Hiker] =
        [
            ("HIK-01", 8), ("RUN-02", 4), ("JAC-01", 8), ("JAC-03", 6), ("TEE-03", 9),
            ("PAC-01", 7), ("BOT-01", 8), ("SOC-02", 14), ("CAP-01", 3), ("SUP-01", 2),
        ],
        [Habit.Tennis] =
        [
            ("TEN-01", 8), ("RAC-01", 4), ("BAL-01", 20), ("SOC-03", 12), ("DRE-01", 5),
            ("SHO-01", 4), ("TEE-01", 5), ("CAP-01", 4), ("BOT-01", 3),
        ],
        [Habit.Everyday] =
        [
            ("TEE-02", 12), ("HOO-01", 9), ("CAP-01", 4), ("JAC-02", 5), ("JAC-03", 4),
            ("TEE-03", 4), ("BOT-01", 4), ("SOC-03", 6),
        ],
        [Habit.Expecting] =
        [
            ("MAT-01", 10), ("MAT-02", 10), ("RUN-01", 5), ("TEE-01", 5), ("SOC-01", 6),
            ("BOT-01", 4), ("HOO-01", 4),
        ],
    };

    private static readonly (string First, string Then, int Percent)[] Pairs =
    [
        ("RUN-01", "SOC-01", 55), ("RUN-03", "GEL-01", 50), ("RUN-02", "SOC-02", 35),
        ("TEN-01", "BAL-01", 55), ("RAC-01", "BAL-01", 70), ("HIK-01", "SOC-02", 60),
        ("JAC-01", "PAC-01", 35), ("TEE-01", "SHO-01", 40), ("TEE-02", "HOO-01", 30),
        ("TEN-01", "SOC-03", 40), ("MAT-02", "MAT-01", 45), ("TIG-01", "JAC-02", 30),
    ];

    private static readonly Habit[] Mix =
    [
        Habit.Runner, Habit.Runner, Habit.Runner, Habit.Runner, Habit.Hiker, Habit.Hiker,
        Habit.Hiker, Habit.Tennis, Habit.Tennis, Habit.Tennis, Habit.Everyday, Habit.Everyday,
        Habit.Everyday, Habit.Everyday, Habit.Expecting,
    ];

    /// <summary>
    /// Everybody, in the order of their account ids, with orders in the two years before
    /// <paramref name="now"/>.
    /// </summary>
    public static IReadOnlyList<Patron> Invent(Assortment assortment, DateTimeOffset now, int seed)
    {
        var people = new Patron[Count];
        for (var i = 0; i < Count; i++)
        {
            // Each from a seed of their own: one person more changes nobody else.
            var dice = new Random(seed + i);
            people[i] = One(i, assortment, now, dice);
        }
        return people;
    }

    private static Patron One(int index, Assortment assortment, DateTimeOffset now, Random dice)
    {
        var habit = Mix[dice.Next(Mix.Length)];
        var size = dice.Next(1, 5);
        var shoe = dice.Next(1, 9);
        var userId = string.Create(CultureInfo.InvariantCulture, $"A-{1001 + index}");
        var orders = new List<PastOrder>();
        var day = (double)-dice.Next(20, HistoryDays);
        var pace = 25 + dice.Next(110);
        while (day < -1 && orders.Count < 14)
        {
            var at = now.AddDays(day).AddMinutes(-dice.Next(600));
            var id = string.Create(CultureInfo.InvariantCulture, $"{userId}-{orders.Count + 1:00}");
            orders.Add(new(id, at, Lines(habit, assortment, (size, shoe), at, now, dice)));
            day += pace * (0.5 + dice.NextDouble());
        }
        var name = $"{Birds[index % Birds.Length]} {Places[index / Birds.Length]}";
        return new(userId, name, habit, Consents(dice), orders);
    }

    private static List<PastLine> Lines(
        Habit habit, Assortment assortment, (int Size, int Shoe) body, DateTimeOffset at,
        DateTimeOffset now, Random dice)
    {
        var ids = new List<string> { Pick(Tastes[habit], dice) };
        foreach (var (first, then, percent) in Pairs)
        {
            if (ids.Contains(first) && !ids.Contains(then) && dice.Next(100) < percent)
                ids.Add(then);
        }
        if (dice.Next(100) < 30 && Pick(Tastes[habit], dice) is var more && !ids.Contains(more))
            ids.Add(more);
        var gift = dice.Next(100) < (at.Month == 12 ? 30 : 6);
        return [.. ids.Select(id => Line(assortment.Find(id)!, body, gift, at, now, dice))];
    }

    private static PastLine Line(
        Style style, (int Size, int Shoe) body, bool gift, DateTimeOffset at, DateTimeOffset now,
        Random dice)
    {
        var wanted = style.Chart switch
        {
            "shoes" => body.Shoe,
            "socks" => body.Shoe / 3,
            null => 0,
            _ => body.Size,
        };
        // A gift is somebody else's size.
        if (gift && style.Chart is not null)
            wanted = dice.Next(style.Variants.Count);
        var variant = style.Variants[Math.Clamp(wanted, 0, style.Variants.Count - 1)];
        var returned = at.AddDays(4 + dice.Next(10));
        var reason = returned < now ? Reason(style, dice) : null;
        var pieces = style.ReplenishDays is not null && dice.Next(100) < 35 ? 2 : 1;
        return new(style, variant, pieces, gift, reason, reason is null ? null : returned);
    }

    private static string? Reason(Style style, Random dice)
    {
        var roll = dice.Next(100);
        if (style.Chart is not null && style.Chart != "socks")
            return roll switch
            {
                < 8 => "too_small",
                < 13 => "too_large",
                < 18 => "dislike",
                < 20 => "defect",
                < 21 => "other",
                _ => null,
            };
        return roll switch { < 2 => "defect", < 3 => "late", < 4 => "dislike", _ => null };
    }

    private static string Pick((string Id, int Weight)[] taste, Random dice)
    {
        var roll = dice.Next(taste.Sum(entry => entry.Weight));
        foreach (var (id, weight) in taste)
        {
            roll -= weight;
            if (roll < 0)
                return id;
        }
        return taste[^1].Id;
    }

    // Two in three say yes to suggestions; far fewer to the rest. Nobody says yes unasked.
    private static List<string> Consents(Random dice)
    {
        (string Category, int Percent)[] odds =
        [
            ("functional", 80), ("personalization", 66), ("fit", 40), ("analytics", 50),
            ("advertising", 35), ("marketing", 45), ("advice", 40),
        ];
        return [.. odds.Where(odd => dice.Next(100) < odd.Percent).Select(odd => odd.Category)];
    }
}
