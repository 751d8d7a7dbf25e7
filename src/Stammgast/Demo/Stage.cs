namespace Stammgast.Demo;

/// <summary>Sets the shop's stage on the platform: goods, motifs and the invented past.</summary>
internal sealed class Stage(Platform platform, ShopState shop)
{
    private const int BatchEvents = 200;

    /// <summary>Goods and motifs; repeating it changes nothing.</summary>
    public async Task SetAsync(CancellationToken cancel)
    {
        await platform.PutAsync("/v1/catalog/products", Goods(shop.Assortment),
            DemoJson.Default.WireProductArray, cancel);
        foreach (var motif in Motif.All)
            await platform.PutAsync($"/v1/motifs/{motif.Id}", Wire(motif),
                DemoJson.Default.WireMotif, cancel);
    }

    /// <summary>Tells the platform the invented past; each event counts once however often told.</summary>
    public async Task TellAsync(IProgress<PastProgress> progress, CancellationToken cancel)
    {
        var events = shop.People.SelectMany(ShopEvents.Past).OrderBy(one => one.Timestamp).ToList();
        var told = 0;
        foreach (var batch in events.Chunk(BatchEvents))
        {
            await platform.RecallAsync(batch, cancel);
            told += batch.Length;
            progress.Report(new("Sporthaus Adler", told, events.Count, 0, told == events.Count));
        }
    }

    /// <summary>The catalogue as the platform takes it.</summary>
    public static WireProduct[] Goods(Assortment goods) => [.. goods.Products.Select(style =>
        new WireProduct
        {
            Id = style.Id,
            Title = style.Title,
            TitleEn = style.TitleEn,
            Brand = style.Brand,
            Category = style.Category,
            PriceMinor = style.PriceMinor,
            ListPriceMinor = style.ListPriceMinor,
            Currency = goods.Currency,
            ImageUrl = style.Picture,
            Link = style.Link,
            Sensitive = style.Sensitive,
            ReplenishDays = style.ReplenishDays,
            SizeChart = style.Chart is { } chart ? Wire(goods.SizeCharts[chart]) : null,
            Variants = [.. style.Variants.Select(variant => new WireVariant(
                variant.Id, variant.Size, style.Colour, variant.Stock))],
        })];

    private static Dictionary<string, Dictionary<string, int[]>> Wire(
        IReadOnlyList<ChartRow> chart) => chart.ToDictionary(row => row.Size, row =>
            row.Measures.ToDictionary(measure => measure.Name, measure =>
                new[] { measure.MinMm, measure.MaxMm }));

    private static WireMotif Wire(Motif motif) => new(
        motif.Id, "haus", new(motif.Title, motif.TitleEn), motif.Link, "", "home.banner",
        motif == Motif.All[0] ? 40 : 50, Active: true);
}
