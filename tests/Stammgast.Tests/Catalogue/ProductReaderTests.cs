using System.Diagnostics;
using System.Text;
using Stammgast.Catalogue;
using Xunit;

namespace Stammgast.Tests.Catalogue;

public sealed class ProductReaderTests
{
    private const string Shoe = """
        {"id":"RUN-01","title":{"de":"Läufer","en":"Runner"},"brand":"Adler",
         "category":"Shoes > Running","price":"59.95 EUR","listPrice":"79.95",
         "imageUrl":"/img/run-01.svg","replenishDays":365,
         "sizeChart":{"42":{"foot_length":[262,268]},"43":{"foot_length":[269,275]}},
         "variants":[{"id":"RUN-01-42","size":"42","colour":"blau","stock":3},
                     {"id":"RUN-01-43","size":"43","stock":0,"priceMinor":6495}]}
        """;

    [Fact]
    public void A_product_is_read_whole()
    {
        var product = Assert.Single(Json("[" + Shoe + "]").Products);
        Assert.Equal("shoes.running", product.Category);
        Assert.Equal((5995L, 7995L, "EUR"),
            (product.PriceMinor, product.ListPriceMinor!.Value, product.Currency));
        Assert.Equal("Runner", product.TitleIn("en-GB"));
        Assert.Equal("Läufer", product.TitleIn("de-DE"));
        Assert.Equal(new SizeMeasure("foot_length", 269, 275),
            product.SizeChart!.Find("43")!.Measures[0]);
        Assert.Equal([true, false], product.Variants.Select(variant => variant.InStock));
    }

    [Fact]
    public void What_was_written_reads_back_as_the_same_bytes()
    {
        var product = Json(Shoe).Products[0];
        var bytes = ProductWriter.Write(product);
        Assert.Equal(bytes, ProductWriter.Write(ProductReader.ReadStored(bytes)!));
    }

    [Theory]
    [InlineData("""{"id":"a","title":"A","price":"1.00 EUR","colour":"x"}""", "/colour", "unknown_member")]
    [InlineData("""{"id":"a","title":7,"price":"1.00 EUR"}""", "/title", "wrong_type")]
    [InlineData("""{"id":"a","price":"1.00 EUR"}""", "/title", "missing")]
    [InlineData("""{"id":"a","title":"A","currency":"EUR"}""", "/priceMinor", "missing")]
    [InlineData("""{"id":"a","title":"A","price":"1.005 EUR"}""", "/price", "malformed")]
    [InlineData("""{"id":"a","title":"A","priceMinor":1.5,"currency":"EUR"}""", "/priceMinor", "wrong_type")]
    [InlineData("""{"id":"a","title":"A","priceMinor":-1,"currency":"EUR"}""", "/priceMinor", "out_of_range")]
    [InlineData("""{"id":"a\u0007","title":"A","price":"1.00 EUR"}""", "/id", "malformed")]
    [InlineData("""{"id":"a","title":"A","price":"1.00 EUR","link":"javascript:alert(1)"}""", "/link", "malformed")]
    [InlineData("""{"id":"a","title":"A","price":"1.00 EUR","variants":[{"id":"v"},{"id":"v"}]}""", "/variants/1/id", "duplicate")]
    [InlineData("""{"id":"a","title":"A","price":"1.00 EUR","variants":[{"id":"v","stock":-1}]}""", "/variants/0/stock", "out_of_range")]
    [InlineData("""{"id":"a","title":"A","price":"1.00 EUR","sizeChart":{"M":{"chest":[9,8]}}}""", "/sizeChart/M/chest", "out_of_range")]
    [InlineData("7", "", "wrong_type")]
    public void A_bad_item_names_its_field(string item, string pointer, string code)
    {
        var parsed = Json("[" + Shoe + "," + item + "]");
        Assert.Single(parsed.Products);
        Assert.Contains(parsed.Faults, f => (f.Index, f.Pointer, f.Code) == (1, pointer, code));
    }

    [Fact]
    public void A_member_that_stands_twice_makes_the_body_unreadable() =>
        Assert.NotNull(Json("""{"id":"a","id":"b","title":"A","price":"1.00 EUR"}""").Unreadable);

    [Fact]
    public void A_product_that_stands_twice_is_refused_the_second_time()
    {
        var parsed = Json("[" + Shoe + "," + Shoe + "]");
        Assert.Single(parsed.Products);
        Assert.Equal("duplicate", Assert.Single(parsed.Faults).Code);
    }

    [Fact]
    public void A_broken_line_of_ndjson_harms_no_other()
    {
        var one = Shoe.Replace("\n", "");
        var parsed = ProductReader.ReadNdjson(
            Bytes(one + "\r\n\r\n{broken\n" + one.Replace("RUN-01", "RUN-02")), 5);
        Assert.Equal(["RUN-01", "RUN-02"], parsed.Products.Select(product => product.Id));
        Assert.Equal(1, Assert.Single(parsed.Faults).Index);
    }

    [Fact]
    public void Fifty_thousand_products_read_and_are_found_again()
    {
        var stored = Enumerable.Range(0, 50_000).Select(i => ProductWriter.Write(
            Json(Shoe).Products[0] with { Id = "P" + i })).ToArray();
        var watch = Stopwatch.StartNew();
        var products = stored.Select(bytes => ProductReader.ReadStored(bytes)!).ToArray();
        var snapshot = new CatalogueSnapshot(products, 1);
        TestContext.Current.TestOutputHelper?.WriteLine($"{watch.ElapsedMilliseconds} ms");
        Assert.Equal(49_999, snapshot.IndexOf("P49999"));
        Assert.Equal(-1, snapshot.IndexOf("nothing"));
    }

    [Theory]
    [InlineData("Shoes > Running", "shoes.running")]
    [InlineData("shoes/running", "shoes.running")]
    [InlineData("Süßes & Salziges", "süßes-salziges")]
    [InlineData(" > ", "")]
    [InlineData("..a..b--", "a.b")]
    public void One_category_has_one_key(string name, string key)
    {
        Assert.Equal(key, CategoryKey.Normalise(name));
        Assert.Equal(key, CategoryKey.Normalise(key));
    }

    private static ParsedProducts Json(string body) => ProductReader.ReadJson(Bytes(body), 5);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
