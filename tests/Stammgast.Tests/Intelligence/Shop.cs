using Microsoft.Extensions.Logging.Abstractions;
using Stammgast.Catalogue;
using Stammgast.Intelligence;

namespace Stammgast.Tests.Intelligence;

/// <summary>Small made-up shops and pasts.</summary>
internal static class Shop
{
    public const long Day = 86_400_000;
    public const long Start = 20_000 * Day;

    public static Product Product(string id, string category = "", bool sensitive = false) => new()
    {
        Id = id,
        Title = "Article " + id,
        Category = category,
        PriceMinor = 1000,
        Currency = "EUR",
        Sensitive = sensitive,
        Variants = [new Variant { Id = id + "-v" }],
    };

    public static CatalogueSnapshot Assortment(params Product[] products) => new(products, 1);

    public static TrainingRow Row(int leaf, long atMs, Behaviour kind, params string[] products) =>
        new(new LeafId((UInt128)(uint)leaf + 1), atMs, kind, products);

    public static TrainingWorker Worker(
        CatalogueSnapshot catalogue, IEnumerable<TrainingRow> rows, TrainingOptions? options = null) =>
        new(() => catalogue, _ => rows.ToAsyncEnumerable(), TimeProvider.System,
            options ?? new TrainingOptions(), NullLogger.Instance);

    public static async Task<ModelSet> TrainAsync(
        CatalogueSnapshot catalogue, IEnumerable<TrainingRow> rows, CancellationToken cancel)
    {
        var worker = Worker(catalogue, rows);
        if (!await worker.TrainAsync(cancel))
            throw new InvalidOperationException("Training failed.");
        return worker.Current;
    }
}
