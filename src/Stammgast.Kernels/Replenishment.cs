namespace Stammgast.Kernels;

/// <summary>
/// Whether and when an item is bought again. Rate: of its buyers, the share that bought it on a
/// second day, drawn towards its group's: <c>(n₂ + k·r_group) / (n + k)</c>, k = 10. Interval: the
/// geometric mean of the days between two purchases by one buyer, drawn towards its group's with the
/// worth of 5 intervals (geometric, because intervals are skewed: it lies near the median). Sums are
/// integers, so what is added can be taken away exactly. Not safe for several threads.
/// </summary>
public sealed class Replenishment
{
    private const double RatePrior = 10;
    private const double IntervalPrior = 5;
    private const double LogUnit = 1024;

    private readonly List<Sums> items = [];
    private readonly Dictionary<int, Sums> groups = [];
    private Sums all;

    /// <summary>
    /// Adds a buyer's days of one item, or takes exactly the same away again.
    /// </summary>
    /// <param name="item">Dense item id.</param>
    /// <param name="group">Its category, any number; the same when it is taken away.</param>
    /// <param name="buyDays">Whole days, ascending and different.</param>
    /// <param name="sign">+1 or −1.</param>
    public void Add(int item, int group, ReadOnlySpan<int> buyDays, int sign)
    {
        if (buyDays.IsEmpty)
            return;
        var sums = new Sums { Buyers = sign, Again = buyDays.Length > 1 ? sign : 0 };
        for (var i = 1; i < buyDays.Length; i++)
        {
            sums.Intervals += sign;
            sums.LogDays += sign
                * (long)Math.Round(LogUnit * Math.Log(Math.Max(1, buyDays[i] - buyDays[i - 1])));
        }
        while (items.Count <= item)
            items.Add(default);
        items[item] = items[item].Plus(sums);
        groups[group] = groups.GetValueOrDefault(group).Plus(sums);
        all = all.Plus(sums);
    }

    /// <summary>
    /// What is known of an item, backed off to its group and to all items. Without any purchase:
    /// rate 0, no interval. O(1).
    /// </summary>
    public Rebuy Of(int item, int group)
    {
        var own = (uint)item < (uint)items.Count ? items[item] : default;
        var near = groups.GetValueOrDefault(group);
        var allRate = all.Buyers > 0 ? (double)all.Again / all.Buyers : 0;
        var nearRate = (near.Again + RatePrior * allRate) / (near.Buyers + RatePrior);
        var rate = (own.Again + RatePrior * nearRate) / (own.Buyers + RatePrior);
        if (all.Intervals == 0)
            return new Rebuy(rate, null, own.Buyers);
        var allLog = all.LogDays / LogUnit / all.Intervals;
        var nearLog = (near.LogDays / LogUnit + IntervalPrior * allLog)
            / (near.Intervals + IntervalPrior);
        var log = (own.LogDays / LogUnit + IntervalPrior * nearLog)
            / (own.Intervals + IntervalPrior);
        return new Rebuy(rate, Math.Exp(log), own.Buyers);
    }

    private record struct Sums
    {
        public int Buyers { get; set; }

        public int Again { get; set; }

        public int Intervals { get; set; }

        public long LogDays { get; set; }

        public readonly Sums Plus(in Sums other) => new()
        {
            Buyers = Buyers + other.Buyers,
            Again = Again + other.Again,
            Intervals = Intervals + other.Intervals,
            LogDays = LogDays + other.LogDays,
        };
    }
}

/// <summary>How an item is bought again.</summary>
/// <param name="Rate">Share of buyers who buy it again, 0–1.</param>
/// <param name="IntervalDays">Typical days between two purchases; null: nobody ever did.</param>
/// <param name="Buyers">How many bought it at all.</param>
public readonly record struct Rebuy(double Rate, double? IntervalDays, int Buyers);
