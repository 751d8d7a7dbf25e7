using Stammgast.Catalogue;

namespace Stammgast.Intelligence;

/// <summary>
/// What orders of products need of one catalogue, made once: who is offered at all, in the order
/// of those whom nobody uses yet, and the categories of each. Models are published every second,
/// and a catalogue changes seldom.
/// </summary>
internal sealed class Shelves
{
    private readonly int[] plain;
    private readonly int[][] chains;
    private readonly List<string> names = [];

    /// <summary>O(n log n) in products.</summary>
    public Shelves(CatalogueSnapshot catalogue)
    {
        Catalogue = catalogue;
        var products = catalogue.Products;
        var offered = new List<int>(products.Count);
        for (var item = 0; item < products.Count; item++)
        {
            if (products[item].Active && !products[item].Sensitive)
                offered.Add(item);
        }
        offered.Sort((a, b) =>
        {
            var by = products[b].UpdatedAtMs.CompareTo(products[a].UpdatedAtMs);
            return by != 0 ? by : string.CompareOrdinal(products[a].Id, products[b].Id);
        });
        plain = [.. offered];
        var known = new Dictionary<string, int[]>(StringComparer.Ordinal);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        chains = new int[products.Count][];
        for (var item = 0; item < chains.Length; item++)
        {
            var category = products[item].Category;
            if (!known.TryGetValue(category, out var chain))
                known.Add(category, chain = Chain(category, numbers));
            chains[item] = chain;
        }
    }

    /// <summary>Whose.</summary>
    public CatalogueSnapshot Catalogue { get; }

    /// <summary>
    /// Offered products by popularity, then newest first, then by id. Sorts only those with a score.
    /// </summary>
    public int[] Order(float[] popular)
    {
        var used = new List<(float Score, int Place)>();
        for (var place = 0; place < plain.Length; place++)
        {
            if (popular[plain[place]] > 0)
                used.Add((popular[plain[place]], place));
        }
        used.Sort((a, b) =>
        {
            var by = b.Score.CompareTo(a.Score);
            return by != 0 ? by : a.Place.CompareTo(b.Place);
        });
        var order = new int[plain.Length];
        var next = 0;
        foreach (var (_, place) in used)
            order[next++] = plain[place];
        foreach (var item in plain)
        {
            if (!(popular[item] > 0))
                order[next++] = item;
        }
        return order;
    }

    /// <summary>The first products of each category and of those above it.</summary>
    public Dictionary<string, int[]> ByCategory(int[] order, int atMost)
    {
        var lists = new List<int>?[names.Count];
        foreach (var item in order)
        {
            foreach (var number in chains[item])
            {
                var list = lists[number] ??= [];
                if (list.Count < atMost)
                    list.Add(item);
            }
        }
        var named = new Dictionary<string, int[]>(StringComparer.Ordinal);
        for (var number = 0; number < lists.Length; number++)
        {
            if (lists[number] is { } list)
                named.Add(names[number], [.. list]);
        }
        return named;
    }

    private int[] Chain(string category, Dictionary<string, int> numbers)
    {
        var chain = new List<int>();
        for (var key = category; key.Length > 0; key = CategoryKey.Parent(key))
        {
            if (!numbers.TryGetValue(key, out var number))
            {
                numbers.Add(key, number = names.Count);
                names.Add(key);
            }
            chain.Add(number);
        }
        return [.. chain];
    }
}
