using System.Text.Json;
using Stammgast.Catalogue;
using Stammgast.Demo;
using Xunit;

namespace Stammgast.Tests.Demo;

public sealed class AssortmentTests
{
    private static readonly Assortment Goods = Assortment.Load();

    [Fact]
    public void Every_style_has_a_drawing_a_price_and_variants_with_ids_of_their_own()
    {
        foreach (var style in Goods.Products)
        {
            using var drawing = Assets.Open($"adler/pictures/{style.Id}.svg");
            Assert.InRange(drawing.Length, 200, 20_000);
            Assert.InRange(style.PriceMinor, 1, 100_000);
            Assert.NotEmpty(style.Variants);
        }
        var variants = Goods.Products.SelectMany(style => style.Variants).ToList();
        Assert.Equal(variants.Count, variants.Select(variant => variant.Id).Distinct().Count());
    }

    [Fact]
    public void Every_size_has_a_row_in_its_chart()
    {
        foreach (var style in Goods.Products.Where(style => style.Chart is not null))
            Assert.Equal(
                style.Variants.Select(variant => variant.Size),
                Goods.SizeCharts[style.Chart!].Select(row => row.Size));
    }

    [Fact]
    public void Health_goods_are_sensitive_and_nothing_else_is() => Assert.All(Goods.Products,
        style => Assert.Equal(
            style.Category.StartsWith("health.", StringComparison.Ordinal), style.Sensitive));

    [Fact]
    public void The_platform_takes_the_whole_assortment_without_a_fault()
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            Stage.Goods(Goods), DemoJson.Default.WireProductArray);
        var parsed = ProductReader.ReadJson(body, nowMs: 1);
        Assert.Empty(parsed.Faults);
        Assert.Equal(Goods.Products.Count, parsed.Products.Count);
    }

    [Fact]
    public void Markup_in_a_hole_becomes_text()
    {
        var evil = "\"><script>";
        Assert.Equal("<a title=\"&quot;&gt;&lt;script&gt;\">Größe 1</a>",
            Html.Of($"<a title=\"{evil}\">{"Größe"} {1}</a>").Text);
    }

    [Fact]
    public void A_basket_survives_its_cookie_and_drops_what_is_malformed()
    {
        var shoe = Goods.Find("RUN-01")!;
        var socks = Goods.Find("SOC-01")!;
        var basket = Basket.Empty.With(shoe, shoe.Variants[3], gift: false)
            .With(socks, socks.Variants[1], gift: true).With(socks, socks.Variants[1], gift: true);
        Assert.Equal("RUN-01-40*1~SOC-01-39-41*2g", basket.Write());
        var read = Basket.Read(basket.Write() + "~NO-1*1~RUN-01-40*0~*~RUN-01-40*x", Goods);
        Assert.Equal(basket.Lines, read.Lines);
    }
}
