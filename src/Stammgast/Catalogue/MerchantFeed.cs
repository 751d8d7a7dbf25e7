using System.Text;
using System.Xml;
using CsvHelper;

namespace Stammgast.Catalogue;

/// <summary>
/// Reads a Google Merchant product feed, as RSS 2.0 or Atom with <c>g:</c> elements or as tab
/// separated text. Items with one <c>item_group_id</c> are one product, each a variant.
/// <c>sale_price</c> is what it costs, <c>price</c> then the list price; <c>in_stock</c> without a
/// quantity is sold uncounted, everything else has no stock; <c>adult</c> is sensitive.
/// </summary>
public static class MerchantFeed
{
    private const string Google = "http://base.google.com/ns/1.0";

    /// <summary>
    /// An XML feed. Document type declarations are refused: they carry entity attacks and a feed
    /// needs none. Pure; O(bytes).
    /// </summary>
    public static ParsedProducts ReadXml(ReadOnlyMemory<byte> body, long nowMs)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
        };
        var feed = new Feed();
        try
        {
            using var bytes = new MemoryStream(body.ToArray(), writable: false);
            using var xml = XmlReader.Create(bytes, settings);
            while (xml.Read())
            {
                if (xml.NodeType == XmlNodeType.Element && xml.LocalName is ("item" or "entry"))
                    feed.Take(ReadItem(xml));
            }
        }
        catch (XmlException malformed)
        {
            return new([], []) { Unreadable = $"Not a feed at line {malformed.LineNumber}." };
        }
        return feed.Done(nowMs);
    }

    /// <summary>A feed as tab separated text, the first line naming the attributes.</summary>
    public static ParsedProducts ReadTsv(ReadOnlyMemory<byte> body, long nowMs)
    {
        try
        {
            using var rows = new TableRows(body, '\t');
            if (!rows.Columns.Contains("id"))
                return new([], []) { Unreadable = "The attribute id is needed." };
            var feed = new Feed();
            while (rows.Next())
                feed.Take(rows.ToDictionary());
            return feed.Done(nowMs);
        }
        catch (Exception malformed) when (malformed is CsvFormatException or InvalidDataException)
        {
            return new([], []) { Unreadable = "Not tab separated text in UTF-8 with attribute names first." };
        }
    }

    private static Dictionary<string, string> ReadItem(XmlReader xml)
    {
        var item = new Dictionary<string, string>(StringComparer.Ordinal);
        if (xml.IsEmptyElement)
            return item;
        var depth = xml.Depth;
        xml.Read();
        while (!xml.EOF && xml.Depth > depth)
        {
            if (xml.NodeType != XmlNodeType.Element || xml.Depth != depth + 1)
            {
                xml.Read();
                continue;
            }
            var ours = xml.NamespaceURI is Google or "" or "http://www.w3.org/2005/Atom";
            var name = xml.LocalName;
            var href = name == "link" ? xml.GetAttribute("href") : null;
            // Google's own title wins over the channel's; structures such as shipping are skipped.
            using var part = xml.ReadSubtree();
            var text = href ?? Text(part);
            if (ours && text is not null && (xml.NamespaceURI == Google || !item.ContainsKey(name)))
                item[name] = text.Trim();
            xml.Read();
        }
        return item;
    }

    private static string? Text(XmlReader part)
    {
        var text = new StringBuilder();
        while (part.Read())
        {
            if (part.NodeType is XmlNodeType.Text or XmlNodeType.CDATA
                or XmlNodeType.SignificantWhitespace)
                text.Append(part.Value);
            else if (part.NodeType == XmlNodeType.Element && part.Depth > 0)
                return null;
        }
        return text.ToString();
    }

    /// <summary>Groups items into products, in the order of their first appearance.</summary>
    private sealed class Feed
    {
        private readonly List<ProductDraft> drafts = [];
        private readonly Dictionary<string, ProductDraft> byId = new(StringComparer.Ordinal);

        public void Take(Dictionary<string, string> item)
        {
            string Of(string name) => item.GetValueOrDefault(name, "");
            var group = Of("item_group_id");
            var id = group.Length > 0 ? group : Of("id");
            if (id.Length == 0 || !byId.TryGetValue(id, out var draft))
            {
                draft = new ProductDraft(drafts.Count)
                {
                    Id = id,
                    Title = Clip(Of("title")),
                    Brand = Of("brand"),
                    Category = Of("product_type") is { Length: > 0 } own
                        ? own : Words(Of("google_product_category")),
                    ImageUrl = Of("image_link"),
                    Link = Of("link"),
                    Sensitive = Of("adult").ToLowerInvariant() is "yes" or "true",
                };
                drafts.Add(draft);
                byId.TryAdd(id, draft);
            }
            Variant(draft, Of);
        }

        public ParsedProducts Done(long nowMs)
        {
            var batch = new ProductBatch(nowMs);
            foreach (var draft in drafts)
            {
                Cheapest(draft);
                batch.Take(draft);
            }
            return batch.Done();
        }

        private static void Variant(ProductDraft draft, Func<string, string> of)
        {
            var at = $"/variants/{draft.Variants.Count}";
            var list = Price(draft, "/price", of("price"));
            var sale = of("sale_price") is { Length: > 0 } text
                ? Price(draft, at + "/sale_price", text) : null;
            draft.ListPriceMinor ??= sale is null ? null : list;
            draft.Variants.Add(new VariantDraft
            {
                Id = of("id"),
                Size = of("size"),
                Colour = of("color"),
                Gtin = of("gtin"),
                PriceMinor = sale ?? list,
                Stock = Stock(draft, at, of("availability"), of("quantity")),
            });
        }

        private static long? Stock(
            ProductDraft draft, string at, string availability, string quantity)
        {
            switch (availability.ToLowerInvariant().Replace(' ', '_'))
            {
                case "in_stock" or "":
                    return quantity.Length > 0 && long.TryParse(quantity, out var pieces)
                        ? pieces : null;
                case "out_of_stock" or "preorder" or "backorder":
                    return 0;
                default:
                    draft.Fault(at + "/availability", "malformed",
                        "in_stock, out_of_stock, preorder or backorder.");
                    return 0;
            }
        }

        // The product costs what its cheapest variant costs; only dearer ones say their own price.
        private static void Cheapest(ProductDraft draft)
        {
            draft.PriceMinor = draft.Variants.Min(variant => variant.PriceMinor);
            foreach (var variant in draft.Variants)
            {
                if (variant.PriceMinor == draft.PriceMinor)
                    variant.PriceMinor = null;
            }
        }

        private static long? Price(ProductDraft draft, string at, string text)
        {
            if (Money.TryParse(text, draft.Currency, out var minor, out var currency)
                && (draft.Currency.Length == 0 || currency == draft.Currency))
            {
                draft.Currency = currency;
                return minor;
            }
            draft.Fault(at, text.Length == 0 ? "missing" : "malformed",
                "A price is such as 59.95 EUR, one currency a product.");
            return null;
        }

        // A taxonomy number says nothing to a shop's rules.
        private static string Words(string category) =>
            category.All(char.IsAsciiDigit) ? "" : category;

        private static string Clip(string title) => title.Length <= 300 ? title : title[..300].TrimEnd();
    }
}
