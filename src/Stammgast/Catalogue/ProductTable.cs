using System.Globalization;
using CsvHelper;

namespace Stammgast.Catalogue;

/// <summary>
/// Reads products from CSV: a row is a variant, rows with one <c>id</c> are one product (its
/// members come from the first row). Columns: <c>id, title, title_en, brand, category, price,
/// currency, list_price, image_url, link, sensitive, replenish_days, active, variant_id, size,
/// colour, gtin, stock, variant_price</c> and <c>measure.NAME</c> with millimetres such as
/// <c>960-1040</c> for the row's size. Comma or semicolon, as the first line has it.
/// </summary>
public static class ProductTable
{
    private static readonly string[] Columns =
    [
        "id", "title", "title_en", "brand", "category", "price", "currency", "list_price",
        "image_url", "link", "sensitive", "replenish_days", "active", "variant_id", "size",
        "colour", "gtin", "stock", "variant_price",
    ];

    /// <summary>A whole CSV file, UTF-8. Pure; O(bytes).</summary>
    public static ParsedProducts ReadCsv(ReadOnlyMemory<byte> body, long nowMs)
    {
        try
        {
            using var rows = new TableRows(body, separator: null);
            var unknown = rows.Columns.FirstOrDefault(name => !Known(name));
            return unknown is null
                ? Read(rows, nowMs)
                : new([], []) { Unreadable = $"No such column: {unknown}." };
        }
        catch (Exception malformed) when (malformed is CsvFormatException or InvalidDataException)
        {
            return new([], []) { Unreadable = "Not CSV in UTF-8 with a first line of column names." };
        }
    }

    private static ParsedProducts Read(TableRows rows, long nowMs)
    {
        var drafts = new List<ProductDraft>();
        var byId = new Dictionary<string, ProductDraft>(StringComparer.Ordinal);
        while (rows.Next())
        {
            var id = rows["id"];
            if (id.Length == 0 || !byId.TryGetValue(id, out var draft))
            {
                draft = Product(rows, id, drafts.Count);
                drafts.Add(draft);
                byId.TryAdd(id, draft);
            }
            Variant(rows, draft);
        }
        var batch = new ProductBatch(nowMs);
        foreach (var draft in drafts)
            batch.Take(draft);
        return batch.Done();
    }

    private static bool Known(string name) =>
        Columns.Contains(name) || name.StartsWith("measure.", StringComparison.Ordinal);

    private static ProductDraft Product(TableRows rows, string id, int index)
    {
        var draft = new ProductDraft(index)
        {
            Id = id,
            Title = rows["title"],
            TitleEn = rows["title_en"] is { Length: > 0 } english ? english : null,
            Brand = rows["brand"],
            Category = rows["category"],
            Currency = rows["currency"],
            ImageUrl = rows["image_url"],
            Link = rows["link"],
        };
        draft.Sensitive = Flag(draft, "/sensitive", rows["sensitive"], absent: false);
        draft.Active = Flag(draft, "/active", rows["active"], absent: true);
        draft.ReplenishDays = Number(draft, "/replenishDays", rows["replenish_days"]);
        if (!Money.TryParse(rows["price"], draft.Currency, out var minor, out var currency))
            draft.Fault("/price", rows["price"].Length == 0 ? "missing" : "malformed",
                "A price is such as 59.95, with a currency in its cell or column.");
        (draft.PriceMinor, draft.Currency) = (minor, currency);
        if (rows["list_price"] is { Length: > 0 } list)
            draft.ListPriceMinor = Price(draft, "/listPrice", list);
        return draft;
    }

    private static void Variant(TableRows rows, ProductDraft draft)
    {
        var id = rows["variant_id"];
        var at = $"/variants/{draft.Variants.Count}";
        var variant = new VariantDraft
        {
            Id = id.Length > 0 ? id : draft.Id,
            Size = rows["size"],
            Colour = rows["colour"],
            Gtin = rows["gtin"],
            Stock = Number(draft, at + "/stock", rows["stock"]),
        };
        if (rows["variant_price"] is { Length: > 0 } price)
            variant.PriceMinor = Price(draft, at + "/price", price);
        draft.Variants.Add(variant);
        Measures(rows, draft, variant.Size);
    }

    private static void Measures(TableRows rows, ProductDraft draft, string size)
    {
        if (size.Length == 0 || draft.Sizes.Exists(row => row.Size == size))
            return;
        var measures = new List<(string, long, long)>();
        foreach (var name in rows.Columns)
        {
            if (!name.StartsWith("measure.", StringComparison.Ordinal)
                || rows[name] is not { Length: > 0 } text)
                continue;
            var dash = text.IndexOf('-', StringComparison.Ordinal);
            if (dash > 0 && long.TryParse(text.AsSpan(0, dash), NumberStyles.None, null, out var min)
                && long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, null, out var max))
                measures.Add((name["measure.".Length..], min, max));
            else
                draft.Fault($"/sizeChart/{size}/{name}", "malformed", "Millimetres such as 960-1040.");
        }
        if (measures.Count > 0)
            draft.Sizes.Add((size, measures));
    }

    private static long? Price(ProductDraft draft, string at, string text)
    {
        if (Money.TryParse(text, draft.Currency, out var minor, out var currency)
            && currency == draft.Currency)
            return minor;
        draft.Fault(at, "malformed", "A price in the product's currency is needed.");
        return null;
    }

    private static long? Number(ProductDraft draft, string at, string text)
    {
        if (text.Length == 0)
            return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return number;
        draft.Fault(at, "wrong_type", "A whole number is needed.");
        return null;
    }

    private static bool Flag(ProductDraft draft, string at, string text, bool absent)
    {
        switch (text.ToLowerInvariant())
        {
            case "": return absent;
            case "true" or "yes" or "1" or "ja": return true;
            case "false" or "no" or "0" or "nein": return false;
            default:
                draft.Fault(at, "wrong_type", "True or false is needed.");
                return absent;
        }
    }
}
