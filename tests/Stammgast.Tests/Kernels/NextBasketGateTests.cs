using System.Globalization;
using Stammgast.Kernels;
using Stammgast.Tests.Support;
using Xunit;

namespace Stammgast.Tests.Kernels;

/// <summary>A real retailer's invoices: each customer's last one is to be told from the others.</summary>
public sealed class NextBasketGateTests
{
    private const int Top = 10;

    [Fact]
    public void What_is_bought_next_is_mostly_what_was_bought_before()
    {
        var (customers, items) = Customers();
        var popularity = new float[items];
        foreach (var item in customers.SelectMany(baskets =>
                baskets.Take(Math.Max(1, baskets.Count - 1)).SelectMany(basket => basket).Distinct()))
            popularity[item]++;
        var most = popularity.Max();
        for (var item = 0; item < items; item++)
            popularity[item] /= most;
        var (recall, hits, asked) = (0.0, 0, 0);
        foreach (var baskets in customers.Where(baskets => baskets.Count > 1))
        {
            var truth = baskets[^1].Distinct().ToHashSet();
            var found = PersonalFrequency.Score(baskets.Take(baskets.Count - 1).ToArray(), popularity)
                .Take(Top).Count(item => truth.Contains(item.Item));
            asked++;
            recall += (double)found / truth.Count;
            hits += found > 0 ? 1 : 0;
        }
        EvaluationData.Say($"{asked} customers, R@10 {recall / asked:F4}, HR@10 {(double)hits / asked:F4}");
        Assert.True(recall / asked >= .19, $"R@10 {recall / asked:F4}");
        Assert.True((double)hits / asked >= .71, $"HR@10 {(double)hits / asked:F4}");
    }

    [Fact]
    public void What_is_new_to_a_customer_is_found_by_what_others_bought_along()
    {
        var (customers, items) = Customers();
        var model = new ItemToItem();
        var asking = customers.Where(baskets => baskets.Count > 1).ToArray();
        for (var owner = 0; owner < customers.Count; owner++)
        {
            var baskets = customers[owner];
            var known = baskets.Count > 1 ? baskets.Take(baskets.Count - 1) : baskets;
            model.Set(owner, known.SelectMany(basket => basket).Distinct()
                .Select(item => (item, 1)).ToArray());
        }
        var rows = model.Publish(items);
        var (recall, hits, asked) = (0.0, 0, 0);
        foreach (var baskets in asking)
        {
            var had = baskets.Take(baskets.Count - 1).SelectMany(basket => basket).ToHashSet();
            var truth = baskets[^1].Where(item => !had.Contains(item)).ToHashSet();
            if (truth.Count == 0)
                continue;
            var scores = new float[items];
            foreach (var item in had)
            {
                foreach (var neighbour in rows.Of(item))
                    scores[neighbour.Item] += MathF.Pow(rows.Score(item, neighbour), 2);
            }
            var found = Enumerable.Range(0, items).Where(item => !had.Contains(item))
                .OrderByDescending(item => scores[item]).ThenBy(item => item).Take(Top)
                .Count(truth.Contains);
            asked++;
            recall += (double)found / truth.Count;
            hits += found > 0 ? 1 : 0;
        }
        EvaluationData.Say($"{asked} customers, R@10 {recall / asked:F4}, HR@10 {(double)hits / asked:F4}");
        Assert.True(recall / asked >= .06, $"R@10 {recall / asked:F4}");
        Assert.True((double)hits / asked >= .35, $"HR@10 {(double)hits / asked:F4}");
    }

    // Clean as the literature has it: customer known, not cancelled, quantity and price above zero.
    private static (List<List<List<int>>> Customers, int Items) Customers()
    {
        var ids = new Dictionary<string, int>();
        var customers = new Dictionary<string, Dictionary<string, (DateTime At, List<int> Items)>>();
        foreach (var line in EvaluationData.Invoices().Skip(1))
        {
            // Only the description is ever quoted; the columns around it hold no commas.
            var first = line.Split(',', 3);
            var last = line.Split(',')[^5..];
            if (first[0].StartsWith('C') || last[3].Length == 0
                || int.Parse(last[0], CultureInfo.InvariantCulture) <= 0
                || decimal.Parse(last[2], CultureInfo.InvariantCulture) <= 0)
                continue;
            if (!ids.TryGetValue(first[1], out var item))
                ids.Add(first[1], item = ids.Count);
            if (!customers.TryGetValue(last[3], out var invoices))
                customers.Add(last[3], invoices = []);
            if (!invoices.TryGetValue(first[0], out var invoice))
                invoices.Add(first[0], invoice =
                    (DateTime.Parse(last[1], CultureInfo.InvariantCulture), []));
            invoice.Items.Add(item);
        }
        return ([.. customers.OrderBy(customer => customer.Key, StringComparer.Ordinal)
            .Select(customer => customer.Value.OrderBy(invoice => invoice.Value.At)
                .ThenBy(invoice => invoice.Key, StringComparer.Ordinal)
                .Select(invoice => invoice.Value.Items).ToList())], ids.Count);
    }
}
