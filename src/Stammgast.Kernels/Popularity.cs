namespace Stammgast.Kernels;

/// <summary>
/// What is popular now: <c>p(i) = Σ_day n(i, day) · ½^((today − day) / halfLife)</c> over whole
/// counts per item and day. Integers, so that what is added can be taken away exactly; exponential,
/// so that ageing changes no order. At most <c>days</c> newest days of an item are kept. Not safe
/// for several threads. Adding is O(days), usually O(1).
/// </summary>
public sealed class Popularity(double halfLifeDays, int days = 90)
{
    private readonly List<List<(int Day, int Count)>> items = [];

    /// <summary>
    /// Weight of something that happened <paramref name="ageDays"/> ago when
    /// <paramref name="halfLifeDays"/> halve it. Ages below zero count as now.
    /// </summary>
    public static double Weight(double ageDays, double halfLifeDays) =>
        Math.Pow(0.5, Math.Max(0, ageDays) / halfLifeDays);

    /// <summary>Adds to a day's count; negative takes away, never below nothing.</summary>
    /// <param name="item">Dense item id.</param>
    /// <param name="day">Any whole count of days, the same everywhere.</param>
    /// <param name="count">What to add.</param>
    public void Add(int item, int day, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(item);
        while (items.Count <= item)
            items.Add([]);
        var list = items[item];
        var at = list.Count;
        while (at > 0 && list[at - 1].Day > day)
            at--;
        if (at > 0 && list[at - 1].Day == day)
        {
            var left = list[at - 1].Count + count;
            if (left > 0)
                list[at - 1] = (day, left);
            else
                list.RemoveAt(at - 1);
        }
        else if (count > 0)
        {
            list.Insert(at, (day, count));
            if (list.Count > days)
                list.RemoveAt(0);
        }
    }

    /// <summary>An item's popularity as of a day; 0 for unknown items.</summary>
    public double Score(int item, int today)
    {
        if ((uint)item >= (uint)items.Count)
            return 0;
        var sum = 0.0;
        foreach (var (day, count) in items[item])
            sum += count * Weight(today - day, halfLifeDays);
        return sum;
    }
}
