using Stammgast.Catalogue;
using Stammgast.Decisions;

namespace Stammgast.Tests.Decisions;

/// <summary>A small assortment and what tests ask of it.</summary>
internal static class Shelf
{
    public const long Day = 86_400_000;
    public const long Now = 20_000 * Day + 12 * 3_600_000;

    public static Product Product(
        string id, string category = "shoes.running", long price = 5_000, bool sensitive = false,
        int? replenishDays = null, params Variant[] variants) => new()
        {
            Id = id,
            Title = id,
            Category = category,
            PriceMinor = price,
            Currency = "EUR",
            Sensitive = sensitive,
            ReplenishDays = replenishDays,
            Variants = variants.Length > 0 ? variants : [Variant(id + "-M", "M")],
        };

    public static Variant Variant(string id, string size, int? stock = 5) =>
        new() { Id = id, Size = size, Stock = stock };

    public static CatalogueSnapshot Of(params Product[] products) => new(products, 7);

    public static DecisionContext Context(CatalogueSnapshot catalogue, params Motif[] motifs) =>
        new() { Catalogue = catalogue, NowMs = Now, RequestId = 42, Motifs = motifs };

    public static PersonFacts Person(params Purchase[] purchases) => new()
    {
        Personalisation = HeldBack.None,
        Purchases = purchases,
        Facts = FactsUsed.RecentItems | FactsUsed.Purchases,
    };

    public static Purchase Bought(string productId, long daysAgo, string? variant = null) => new()
    {
        ProductId = productId,
        VariantId = variant ?? productId + "-M",
        BoughtAtMs = Now - daysAgo * Day,
        Quantity = 1,
    };

    public static Purchase Returned(
        string productId, ReturnReason reason, long daysAgo, string? variant = null) =>
        Bought(productId, daysAgo + 5, variant) with
        {
            ReturnedQuantity = 1,
            Reason = reason,
            ReturnedAtMs = Now - daysAgo * Day,
        };

    public static Placement Items(int limit = 6) =>
        new() { Key = "row", Type = PlacementType.Items, Limit = limit };

    public static Placement Rank(params string[] ids) =>
        new() { Key = "listing", Type = PlacementType.Rank, ProductIds = ids };

    public static readonly Placement Banner = new() { Key = "home", Type = PlacementType.Banner };

    public static Motif Motif(string key, int priority = 50) => new()
    {
        Key = key,
        CampaignId = "spring",
        Title = new LocalText("Neu im Laden", "New in store"),
        Link = "/neu",
        Priority = priority,
    };

    public static Candidate Popular(string id, int score = 1_000) =>
        new(id, score, ShownFor.Popular);

    public static IEnumerable<string> ShownKeys(Decision decision) =>
        decision.Candidates.Take(decision.ShownCount).Select(candidate => candidate.Key);
}
