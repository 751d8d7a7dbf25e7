using System.Text;
using Stammgast.Catalogue;
using Xunit;

namespace Stammgast.Tests.Catalogue;

public sealed class FeedTests
{
    private const string Rss = """
        <?xml version="1.0"?>
        <rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
        <item><g:id>T-M</g:id><g:item_group_id>T</g:item_group_id><title>Tee</title>
          <g:link>https://shop.example/t</g:link><g:price>20.00 EUR</g:price>
          <g:sale_price>15.00 EUR</g:sale_price><g:availability>in_stock</g:availability>
          <g:size>M</g:size><g:color>red</g:color><g:product_type>Shirts &gt; Tees</g:product_type>
          <g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping></item>
        <item><g:id>T-L</g:id><g:item_group_id>T</g:item_group_id><title>Tee</title>
          <g:price>16.00 EUR</g:price><g:availability>out of stock</g:availability>
          <g:size>L</g:size></item>
        <item><g:id>S</g:id><title><![CDATA[Socks & more]]></title><g:price>59.95 EUR</g:price>
          <g:availability>in stock</g:availability><g:quantity>7</g:quantity><g:adult>yes</g:adult></item>
        <item><g:id>X</g:id><title>X</title><g:price>abc</g:price></item>
        </channel></rss>
        """;

    [Fact]
    public void A_merchant_feed_groups_variants_into_products()
    {
        var parsed = MerchantFeed.ReadXml(Bytes(Rss), 5);
        Assert.Equal(["T", "S"], parsed.Products.Select(product => product.Id));
        var tee = parsed.Products[0];
        Assert.Equal((1500L, (long?)2000L, "shirts.tees"),
            (tee.PriceMinor, tee.ListPriceMinor, tee.Category));
        Assert.Equal(["T-M", "T-L"], tee.Variants.Select(variant => variant.Id));
        Assert.Equal([null, 1600L], tee.Variants.Select(variant => variant.PriceMinor));
        Assert.Equal([true, false], tee.Variants.Select(variant => variant.InStock));
        var socks = parsed.Products[1];
        Assert.Equal(("Socks & more", 5995L, true, (int?)7),
            (socks.Title, socks.PriceMinor, socks.Sensitive, socks.Variants[0].Stock));
        Assert.Equal(("X", "/price", "malformed"),
            parsed.Faults.Select(fault => (fault.ProductId, fault.Pointer, fault.Code)).First());
    }

    [Fact]
    public void A_document_type_is_refused_before_any_entity_is_read()
    {
        var bomb = "<!DOCTYPE rss [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><rss>&b;</rss>";
        var parsed = MerchantFeed.ReadXml(Bytes(bomb), 5);
        Assert.NotNull(parsed.Unreadable);
        Assert.Empty(parsed.Products);
    }

    [Fact]
    public void A_tab_separated_feed_reads_as_the_xml_does()
    {
        var tsv = "id\titem group id\ttitle\tprice\tavailability\tsize\n"
            + "T-M\tT\tTee \"cool\"\t20.00 EUR\tin_stock\tM\n"
            + "T-L\tT\tTee \"cool\"\t20.00 EUR\tout_of_stock\tL\n";
        var product = Assert.Single(MerchantFeed.ReadTsv(Bytes(tsv), 5).Products);
        Assert.Equal(("T", "Tee \"cool\"", 2000L, 2),
            (product.Id, product.Title, product.PriceMinor, product.Variants.Count));
    }

    [Theory]
    [InlineData(',')]
    [InlineData(';')]
    public void Rows_of_csv_with_one_id_are_one_product(char comma)
    {
        var csv = """"
            id,title,price,currency,variant_id,size,stock,measure.chest
            TEE,"Tee, ""weiß""",19.90,EUR,TEE-M,M,4,960-1040
            TEE,,,,TEE-L,L,0,1041-1120
            SOC,Socken,4.90,EUR,,,,
            BAD,Bad,4.9x,EUR,,,,
            """".Replace(',', comma).Replace("Tee;", "Tee,");
        var parsed = ProductTable.ReadCsv(Bytes(csv), 5);
        Assert.Equal(["TEE", "SOC"], parsed.Products.Select(product => product.Id));
        Assert.Equal("Tee, \"weiß\"", parsed.Products[0].Title);
        Assert.Equal(new SizeMeasure("chest", 1041, 1120),
            parsed.Products[0].SizeChart!.Find("L")!.Measures[0]);
        Assert.Equal("SOC", Assert.Single(parsed.Products[1].Variants).Id);
        Assert.Equal(("BAD", "/price"),
            parsed.Faults.Select(fault => (fault.ProductId, fault.Pointer)).Single());
    }

    [Fact]
    public void An_unknown_column_is_refused_by_name() =>
        Assert.Contains("pricee", ProductTable.ReadCsv(Bytes("id,title,pricee\n"), 5).Unreadable);

    [Theory]
    [InlineData("")]
    [InlineData("\"")]
    [InlineData("\0\0\0")]
    public void Rubbish_is_no_feed(string text)
    {
        Assert.Empty(ProductTable.ReadCsv(Bytes(text), 5).Products);
        Assert.Empty(MerchantFeed.ReadTsv(Bytes(text), 5).Products);
        Assert.Empty(MerchantFeed.ReadXml(Bytes(text), 5).Products);
        Assert.Empty(ProductReader.ReadJson(Bytes(text), 5).Products);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
