using Stammgast.Catalogue;
using Stammgast.Kernels;

namespace Stammgast.Intelligence;

/// <summary>
/// Turns models and a taste into candidates. Pure: same models, same question, same answer.
/// <para>Discovering and buying again are two lists and never mixed: whoever shows both says so.
/// What is bought, out of stock, capped or excluded is not judged here but in Decisions, which
/// explains it. Sensitive products and those off sale are never candidates.</para>
/// Costs about 0.1–0.4 ms, whatever the size of the catalogue.
/// </summary>
public static class Recommender
{
    // Of each model's best word in the blend. The page in front of her says most, then the visit,
    // then her past; what is popular only orders what nothing else tells apart.
    private const float PageWeight = 1f;
    private const float SessionWeight = 1f;
    private const float WishWeight = 0.7f;
    private const float HistoryWeight = 0.6f;
    private const float CategoryWeight = 0.3f;
    private const float PopularWeight = 0.1f;
    private const float AssortmentWeight = 0.001f;

    // A pair below this shrunk cosine is chance.
    private const float MinPairScore = 0.01f;
    private const int SessionItems = 6;
    private const int HistoryItems = 40;
    private const float HistoryDecay = 0.9f;
    private const long VisitMs = 24 * 3_600_000L;

    [ThreadStatic]
    private static Blend? scratch;

    /// <summary>
    /// New things: from the page, the visit, the past, the category and what is popular. Without a
    /// taste only from the page, its category and what is popular, and the reason says no more than
    /// that.
    /// </summary>
    public static Recommended Candidates(ModelSet models, Ask ask)
    {
        var blend = Score(models, ask);
        var page = IndexOf(ask.Catalogue, ask.ProductId);
        var items = new List<ScoredProduct>(Math.Min(ask.Limit, blend.Count));
        // More than asked for, since some fall away below.
        foreach (var best in blend.Best(ask.Limit + 50))
        {
            if (best.Item == page || !IsShown(ask.Catalogue, best.Item, out var product))
                continue;
            var (score, reason, because) = blend.Of(best.Item);
            items.Add(new ScoredProduct(product, score, reason, At(ask.Catalogue, because)));
            if (items.Count == ask.Limit)
                break;
        }
        return Answer(models, items);
    }

    /// <summary>
    /// What she buys again and again, most often first (see <see cref="PersonalFrequency"/>).
    /// Whether it is due is judged by its rest in Decisions.
    /// </summary>
    public static Recommended BuyAgain(ModelSet models, Ask ask)
    {
        var items = new List<ScoredProduct>();
        if (ask.Taste is { Purchases.Count: > 0 } taste)
        {
            var found = PersonalFrequency.Score(Baskets(ask.Catalogue, taste), models.Popularity);
            var best = found.Length > 0 ? found[0].Score : 1;
            var page = IndexOf(ask.Catalogue, ask.ProductId);
            foreach (var each in found)
            {
                if (each.Item != page && items.Count < ask.Limit
                    && IsShown(ask.Catalogue, each.Item, out var product))
                    items.Add(new ScoredProduct(product, each.Score / best, ShownFor.BuyAgain, null));
            }
        }
        return Answer(models, items);
    }

    /// <summary>
    /// Scores exactly the products handed in, in their order; unknown, sensitive and off-sale ones
    /// get 0 and the reason <c>None</c>. A listing sorts by it and drops nothing.
    /// </summary>
    public static (float Score, ShownFor Reason)[] Rank(
        ModelSet models, Ask ask, IReadOnlyList<string> productIds)
    {
        var blend = Score(models, ask);
        var scores = new (float Score, ShownFor Reason)[productIds.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            var item = IndexOf(ask.Catalogue, productIds[i]);
            if (item < 0 || !IsShown(ask.Catalogue, item, out _))
                continue;
            var (score, reason, _) = blend.Of(item);
            var popular = PopularWeight * models.PopularityOf(item);
            scores[i] = reason == ShownFor.None
                ? (popular, popular > 0 ? ShownFor.Popular : ShownFor.None) : (score, reason);
        }
        return scores;
    }

    private static Blend Score(ModelSet models, Ask ask)
    {
        var blend = scratch ??= new Blend();
        blend.Clear(ask.Catalogue.Products.Count);
        var page = IndexOf(ask.Catalogue, ask.ProductId);
        if (page >= 0)
            FromPage(models, ask, page, blend);
        if (ask.Taste is { } taste)
        {
            FromVisit(models, ask, taste, page, blend);
            FromPast(models, ask.Catalogue, taste, blend);
            foreach (var wish in taste.Wished)
                blend.Add(IndexOf(ask.Catalogue, wish.ProductId), WishWeight, ShownFor.Wish);
        }
        FromCategory(models, ask, page, blend);
        FromAll(models, ask, blend);
        return blend;
    }

    private static void FromPage(ModelSet models, Ask ask, int page, Blend blend)
    {
        // Her own reason is named only where it is hers; for everybody else the page is the reason.
        var reason = ask.Taste is null ? ShownFor.Contextual : ShownFor.ItemToItem;
        foreach (ref readonly var neighbour in models.Pairs.Of(page))
        {
            var score = models.Pairs.Score(page, neighbour);
            if (score >= MinPairScore)
                blend.Add(neighbour.Item, PageWeight * MathF.Sqrt(score), reason, page);
        }
    }

    private static void FromVisit(ModelSet models, Ask ask, Taste taste, int page, Blend blend)
    {
        Span<int> visit = stackalloc int[SessionItems + 1];
        var count = 0;
        foreach (var used in taste.Recent)
        {
            var item = IndexOf(ask.Catalogue, used.ProductId);
            if (item >= 0 && item != page && ask.NowMs - used.AtMs <= VisitMs
                && !visit[..count].Contains(item))
                visit[count++] = item;
            if (count == SessionItems)
                break;
        }
        visit[..count].Reverse();
        // The page alone is no visit yet: what it leads to is said of the page.
        var reason = count == 0 ? ShownFor.ItemToItem : ShownFor.Session;
        if (page >= 0)
            visit[count++] = page;
        if (count == 0)
            return;
        var found = models.Sessions.Query(visit[..count], 100, blend.Work);
        var best = found.IsEmpty ? 0 : found[0].Score;
        foreach (var item in found)
            blend.Add(item.Item, SessionWeight * item.Score / best, reason, visit[count - 1]);
    }

    private static void FromPast(
        ModelSet models, CatalogueSnapshot catalogue, Taste taste, Blend blend)
    {
        var weight = HistoryWeight;
        foreach (var item in Past(catalogue, taste))
        {
            foreach (ref readonly var neighbour in models.Pairs.Of(item))
            {
                var score = models.Pairs.Score(item, neighbour);
                if (score >= MinPairScore)
                    blend.Add(neighbour.Item, weight * score * score, ShownFor.ItemToItem, item);
            }
            weight *= HistoryDecay;
        }
    }

    private static void FromCategory(ModelSet models, Ask ask, int page, Blend blend)
    {
        var category = ask.Category is { Length: > 0 } named ? CategoryKey.Normalise(named)
            : page >= 0 ? ask.Catalogue.Products[page].Category : "";
        if (models.ByCategory.TryGetValue(category, out var list))
            Popular(models, list, CategoryWeight, ShownFor.Contextual, blend);
        if (ask.Taste is null)
            return;
        foreach (var (liked, weight) in ask.Taste.Affinities)
        {
            if (models.ByCategory.TryGetValue(liked, out var near))
                Popular(models, near, PopularWeight * weight, ShownFor.Popular, blend);
        }
    }

    private static void FromAll(ModelSet models, Ask ask, Blend blend)
    {
        Popular(models, models.Order, PopularWeight, ShownFor.Popular, blend);
        if (models.Order.Length > 0)
            return;
        // Before the first snapshot, or in a shop without a past: the assortment itself.
        var shown = 0;
        for (var item = 0; item < ask.Catalogue.Products.Count && shown < ask.Limit; item++)
        {
            if (!IsShown(ask.Catalogue, item, out _))
                continue;
            blend.Add(item, AssortmentWeight / ++shown, ShownFor.Contextual);
        }
    }

    // What nobody has used yet stands in its category's and the shop's order, far behind.
    private static void Popular(
        ModelSet models, int[] list, float weight, ShownFor reason, Blend blend)
    {
        for (var place = 0; place < list.Length; place++)
        {
            var popular = models.PopularityOf(list[place]);
            if (popular > 0)
                blend.Add(list[place], weight * popular, reason);
            else
                blend.Add(list[place], weight * AssortmentWeight / (place + 1), ShownFor.Contextual);
        }
    }

    private static List<int> Past(CatalogueSnapshot catalogue, Taste taste)
    {
        var past = new List<int>(HistoryItems);
        var (recent, purchases) = (0, 0);
        while (past.Count < HistoryItems
            && (recent < taste.Recent.Count || purchases < taste.Purchases.Count))
        {
            var view = recent < taste.Recent.Count
                && (purchases == taste.Purchases.Count
                    || taste.Recent[recent].AtMs >= taste.Purchases[purchases].AtMs);
            var item = IndexOf(catalogue, view
                ? taste.Recent[recent++].ProductId : taste.Purchases[purchases++].ProductId);
            if (item >= 0 && !past.Contains(item))
                past.Add(item);
        }
        return past;
    }

    private static List<IReadOnlyList<int>> Baskets(CatalogueSnapshot catalogue, Taste taste)
    {
        var baskets = new List<IReadOnlyList<int>>();
        List<int>? basket = null;
        (string Order, long AtMs) open = ("", long.MinValue);
        for (var i = taste.Purchases.Count - 1; i >= 0; i--)
        {
            var line = taste.Purchases[i];
            if (basket is null || line.OrderId != open.Order || line.AtMs != open.AtMs)
                baskets.Add(basket = []);
            open = (line.OrderId, line.AtMs);
            if (IndexOf(catalogue, line.ProductId) is >= 0 and var item)
                basket.Add(item);
        }
        return baskets;
    }

    private static Recommended Answer(ModelSet models, List<ScoredProduct> items) =>
        new(items, items.Count == 0 ? HeldBack.BelowQuality : HeldBack.None, models.Version);

    private static bool IsShown(CatalogueSnapshot catalogue, int item, out Product product)
    {
        product = catalogue.Products[item];
        return product is { Active: true, Sensitive: false };
    }

    // An event may name a variant; nothing sensitive is even looked up in a model.
    private static int IndexOf(CatalogueSnapshot catalogue, string? id) =>
        id is not null && catalogue.TryResolve(id, out var product) && !product.Sensitive
            ? catalogue.IndexOf(product.Id) : -1;

    private static Product? At(CatalogueSnapshot catalogue, int item) =>
        item >= 0 ? catalogue.Products[item] : null;
}
