using System.Runtime.InteropServices;
using Stammgast.Catalogue;
using Stammgast.Kernels;

namespace Stammgast.Intelligence;

/// <summary>
/// All models in the making. One thread at a time. No clock and no randomness: equal rows over an
/// equal catalogue give equal models. Whatever a leaf added can be taken out again exactly.
/// </summary>
internal sealed class Trainer(TrainingOptions options)
{
    private const double RebuyRate = 0.2;
    private const double RestShare = 0.7;
    private const int RebuyBuyers = 5;
    private const int ListLength = 500;
    private const int DaySeconds = 86_400;

    private readonly ItemToItem pairs = new(options.Neighbours, minOwners: options.MinPeople);
    private readonly Popularity popularity = new(options.PopularityHalfLifeDays);
    private readonly Replenishment replenishment = new();
    private readonly SessionLog sessions = new(options);
    private readonly Dictionary<LeafId, int> owners = [];
    private readonly List<List<Use>> uses = [];
    private readonly Dictionary<string, int> groups = new(StringComparer.Ordinal);
    private readonly List<int> itemGroups = [];
    private Shelves? shelves;
    private int useCount;
    private int oldestDay = int.MaxValue;
    private int newestDay;

    /// <summary>Leaves in the models.</summary>
    public int People => owners.Count;

    /// <summary>A full training from uses in any order.</summary>
    public static Trainer From(UseLog log, CatalogueSnapshot catalogue, TrainingOptions options)
    {
        var trainer = new Trainer(options);
        var clicks = log.Sorted();
        foreach (var leaf in log.Leaves)
            trainer.Owner(leaf);
        trainer.sessions.Load(clicks);
        foreach (var click in clicks)
            trainer.AddUse(click, catalogue, learnPairs: false);
        var known = new Dictionary<int, int>();
        for (var owner = 0; owner < trainer.uses.Count; owner++)
        {
            known.Clear();
            foreach (var use in trainer.uses[owner])
                known[use.Item] = Math.Max(known.GetValueOrDefault(use.Item), (int)use.Kind);
            trainer.pairs.Set(owner, [.. known.Select(pair => (pair.Key, pair.Value))]);
        }
        return trainer;
    }

    /// <summary>Learns a row as it happens; what the catalogue does not know or marks is left out.</summary>
    public void Add(in TrainingRow row, CatalogueSnapshot catalogue)
    {
        var owner = -1;
        foreach (var id in row.ProductIds)
        {
            if (!IsLearned(catalogue, id, out var item))
                continue;
            owner = owner < 0 ? Owner(row.Leaf) : owner;
            var click = new Click(owner, UseLog.Seconds(row.AtMs), item, row.Kind);
            sessions.Add(click);
            AddUse(click, catalogue, learnPairs: true);
        }
    }

    /// <summary>Whether a product may be learned, and its index.</summary>
    public static bool IsLearned(CatalogueSnapshot catalogue, string id, out int item)
    {
        item = -1;
        if (!catalogue.TryResolve(id, out var product) || product.Sensitive)
            return false;
        item = catalogue.IndexOf(product.Id);
        return true;
    }

    /// <summary>Takes a leaf out of every model; false if it was in none.</summary>
    public bool Forget(LeafId leaf, CatalogueSnapshot catalogue)
    {
        if (!owners.Remove(leaf, out var owner))
            return false;
        pairs.Remove(owner);
        sessions.Remove(owner);
        while (uses[owner].Count > 0)
            DropOldest(owner, catalogue, learnPairs: false);
        return true;
    }

    /// <summary>The models as of now.</summary>
    public ModelSet Publish(CatalogueSnapshot catalogue, long version)
    {
        var count = catalogue.Products.Count;
        var popular = new float[count];
        var most = 0.0;
        var raw = new double[count];
        for (var item = 0; item < count; item++)
            most = Math.Max(most, raw[item] = popularity.Score(item, newestDay));
        for (var item = 0; item < count && most > 0; item++)
            popular[item] = (float)(raw[item] / most);
        if (shelves?.Catalogue != catalogue)
            shelves = new Shelves(catalogue);
        var order = shelves.Order(popular);
        return new ModelSet
        {
            Version = version,
            Catalogue = catalogue,
            Card = new ModelCard(owners.Count, useCount, sessions.Count,
                useCount == 0 ? 0 : oldestDay * (DaySeconds * 1000L), newestDay * (DaySeconds * 1000L)),
            Pairs = pairs.Publish(count),
            Sessions = sessions.Publish(),
            Popularity = popular,
            LearnedDays = Days(catalogue),
            Order = order.Length > ListLength ? order[..ListLength] : order,
            ByCategory = shelves.ByCategory(order, ListLength),
        };
    }

    private int Owner(LeafId leaf)
    {
        if (!owners.TryGetValue(leaf, out var owner))
        {
            // A forgotten leaf's place stays empty: nothing of a new one may meet the old one's.
            owners.Add(leaf, owner = uses.Count);
            uses.Add([]);
        }
        return owner;
    }

    private void AddUse(in Click click, CatalogueSnapshot catalogue, bool learnPairs)
    {
        var own = uses[click.Owner];
        var use = new Use(click.Item, click.AtSeconds / DaySeconds, click.Kind);
        var at = own.Count;
        while (at > 0 && (own[at - 1].Day, own[at - 1].Item).CompareTo((use.Day, use.Item)) > 0)
            at--;
        var known = at > 0 && own[at - 1].Item == use.Item && own[at - 1].Day == use.Day
            ? own[at - 1].Kind : default;
        if (known >= use.Kind || useCount >= options.MaxUses)
            return;
        var group = Group(catalogue, use.Item);
        if (use.Kind == Behaviour.Bought)
            Rebuys(own, use.Item, group, -1);
        if (known != default)
            own[at - 1] = use;
        else
            own.Insert(at, use);
        if (use.Kind == Behaviour.Bought)
            Rebuys(own, use.Item, group, +1);
        useCount += known != default ? 0 : 1;
        popularity.Add(use.Item, use.Day, Weight(use.Kind) - Weight(known));
        (oldestDay, newestDay) = (Math.Min(oldestDay, use.Day), Math.Max(newestDay, use.Day));
        if (learnPairs)
            pairs.Add(click.Owner, use.Item, (int)use.Kind);
        if (own.Count > options.MaxUsesPerLeaf)
            DropOldest(click.Owner, catalogue, learnPairs);
    }

    private void DropOldest(int owner, CatalogueSnapshot catalogue, bool learnPairs)
    {
        var own = uses[owner];
        var use = own[0];
        var group = Group(catalogue, use.Item);
        Rebuys(own, use.Item, group, -1);
        own.RemoveAt(0);
        Rebuys(own, use.Item, group, +1);
        useCount--;
        popularity.Add(use.Item, use.Day, -Weight(use.Kind));
        if (learnPairs && !own.Exists(other => other.Item == use.Item))
            pairs.Remove(owner, use.Item);
    }

    // An item's group is the one of its first meeting: a moved category must not break the sums.
    private int Group(CatalogueSnapshot catalogue, int item)
    {
        while (itemGroups.Count <= item)
            itemGroups.Add(-1);
        if (itemGroups[item] >= 0)
            return itemGroups[item];
        var category = catalogue.Products[item].Category;
        if (!groups.TryGetValue(category, out var group))
            groups.Add(category, group = groups.Count);
        return itemGroups[item] = group;
    }

    private void Rebuys(List<Use> own, int item, int group, int sign)
    {
        Span<int> days = stackalloc int[64];
        var count = 0;
        foreach (var use in CollectionsMarshal.AsSpan(own))
        {
            if (use.Item == item && use.Kind == Behaviour.Bought && count < days.Length)
                days[count++] = use.Day;
        }
        replenishment.Add(item, group, days[..count], sign);
    }

    private int[] Days(CatalogueSnapshot catalogue)
    {
        var days = new int[catalogue.Products.Count];
        for (var item = 0; item < days.Length; item++)
        {
            var rebuy = replenishment.Of(item, Group(catalogue, item));
            if (rebuy is { Rate: >= RebuyRate, IntervalDays: { } interval, Buyers: >= RebuyBuyers })
                days[item] = Math.Max(1, (int)Math.Round(RestShare * interval));
        }
        return days;
    }

    private static int Weight(Behaviour kind) => kind switch
    {
        Behaviour.Bought => 9,
        Behaviour.Carted => 3,
        Behaviour.Viewed => 1,
        _ => 0,
    };

    private readonly record struct Use(int Item, int Day, Behaviour Kind);
}
