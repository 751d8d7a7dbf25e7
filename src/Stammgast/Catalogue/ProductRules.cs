namespace Stammgast.Catalogue;

/// <summary>The one place that says what a believable product is, whatever feed it came in.</summary>
internal static class ProductRules
{
    private const int TitleChars = 300;
    private const int LabelChars = 100;
    private const int UrlChars = 2_000;
    private const int MaxVariants = 1_000;
    private const int MaxSizes = 100;
    private const int MaxMeasures = 30;
    private const int MaxMeasureMm = 5_000;
    private const int MaxStock = 1_000_000_000;
    private const int MaxReplenishDays = 3_650;

    /// <summary>The product, or null with at least one fault added to the draft.</summary>
    public static Product? Judge(ProductDraft draft, long nowMs)
    {
        // What is no product at all has no members to complain about.
        if (draft.Faults.Exists(fault => fault.Pointer.Length == 0))
            return null;
        Text(draft, "/id", draft.Id, Limits.ItemIdChars, required: true);
        Text(draft, "/title", draft.Title, TitleChars, required: true);
        Text(draft, "/titleEn", draft.TitleEn ?? "", TitleChars);
        Text(draft, "/brand", draft.Brand, LabelChars);
        var category = CategoryKey.Normalise(draft.Category);
        Text(draft, "/category", category, Limits.ItemIdChars);
        Price(draft, "/priceMinor", draft.PriceMinor, required: true);
        Price(draft, "/listPriceMinor", draft.ListPriceMinor, required: false);
        if (!Money.IsCurrency(draft.Currency))
            draft.Fault("/currency", draft.Currency.Length == 0 ? "missing" : "malformed",
                "Three capital letters of ISO 4217 are needed.");
        Address(draft, "/imageUrl", draft.ImageUrl);
        Address(draft, "/link", draft.Link);
        Range(draft, "/replenishDays", draft.ReplenishDays, 1, MaxReplenishDays);
        var variants = Variants(draft);
        var chart = Chart(draft);
        if (draft.Faults.Count > 0)
            return null;
        return new Product
        {
            Id = draft.Id,
            Title = draft.Title,
            TitleEn = draft.TitleEn,
            Brand = draft.Brand,
            Category = category,
            PriceMinor = draft.PriceMinor ?? 0,
            Currency = draft.Currency,
            // A list price that is not above the price announces no reduction.
            ListPriceMinor = draft.ListPriceMinor > draft.PriceMinor ? draft.ListPriceMinor : null,
            ImageUrl = draft.ImageUrl,
            Link = draft.Link,
            Sensitive = draft.Sensitive,
            ReplenishDays = (int?)draft.ReplenishDays,
            SizeChart = chart,
            Variants = variants,
            UpdatedAtMs = nowMs,
            Active = draft.Active,
        };
    }

    private static Variant[] Variants(ProductDraft draft)
    {
        if (draft.Variants.Count == 0)
            return [new Variant { Id = draft.Id }];
        if (draft.Variants.Count > MaxVariants)
            draft.Fault("/variants", "out_of_range", $"At most {MaxVariants} variants.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var variants = new Variant[draft.Variants.Count];
        for (var i = 0; i < variants.Length; i++)
        {
            var from = draft.Variants[i];
            var at = $"/variants/{i}";
            Text(draft, at + "/id", from.Id, Limits.ItemIdChars, required: true);
            if (from.Id.Length > 0 && !seen.Add(from.Id))
                draft.Fault(at + "/id", "duplicate", "Each variant's id stands once.");
            Text(draft, at + "/size", from.Size, LabelChars);
            Text(draft, at + "/colour", from.Colour, LabelChars);
            if (from.Gtin.Length > 0 && !(from.Gtin.Length is >= 8 and <= 14
                    && from.Gtin.All(char.IsAsciiDigit)))
                draft.Fault(at + "/gtin", "malformed", "A GTIN has 8 to 14 digits.");
            Range(draft, at + "/stock", from.Stock, 0, MaxStock);
            Price(draft, at + "/priceMinor", from.PriceMinor, required: false);
            variants[i] = new Variant
            {
                Id = from.Id,
                Size = from.Size,
                Colour = from.Colour,
                Gtin = from.Gtin,
                Stock = from.Stock is >= 0 and <= MaxStock ? (int)from.Stock : null,
                PriceMinor = from.PriceMinor,
            };
        }
        return variants;
    }

    private static SizeChart? Chart(ProductDraft draft)
    {
        if (draft.Sizes.Count == 0)
            return null;
        if (draft.Sizes.Count > MaxSizes)
            draft.Fault("/sizeChart", "out_of_range", $"At most {MaxSizes} sizes.");
        var rows = new List<SizeRow>(draft.Sizes.Count);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (size, measures) in draft.Sizes)
        {
            Text(draft, "/sizeChart", size, LabelChars, required: true);
            if (!seen.Add(size))
                draft.Fault($"/sizeChart/{size}", "duplicate", "Each size stands once.");
            if (measures.Count is 0 or > MaxMeasures)
                draft.Fault($"/sizeChart/{size}", "out_of_range",
                    $"Each size has 1 to {MaxMeasures} measures.");
            var read = new SizeMeasure[measures.Count];
            for (var i = 0; i < read.Length; i++)
            {
                var (name, min, max) = measures[i];
                if (name.Length is 0 or > LabelChars || min < 0 || max < min || max > MaxMeasureMm)
                    draft.Fault($"/sizeChart/{size}/{name}", "out_of_range",
                        $"A measure goes from 0 up to {MaxMeasureMm} mm, smallest first.");
                else
                    read[i] = new SizeMeasure(name, (int)min, (int)max);
            }
            rows.Add(new SizeRow(size, read));
        }
        return new SizeChart(rows);
    }

    private static void Text(
        ProductDraft draft, string at, string text, int maxChars, bool required = false)
    {
        if (text.Length == 0)
        {
            if (required)
                draft.Fault(at, "missing", "This member is needed.");
        }
        else if (text.Length > maxChars)
        {
            draft.Fault(at, "out_of_range", $"At most {maxChars} characters.");
        }
        else if (text.Any(char.IsControl) || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
        {
            draft.Fault(at, "malformed", "No control characters, no blanks at the ends.");
        }
    }

    private static void Price(ProductDraft draft, string at, long? minor, bool required)
    {
        if (minor is null && required && !draft.Faults.Exists(f => f.Pointer is "/price"))
            draft.Fault(at, "missing", "A price is needed.");
        Range(draft, at, minor, 0, Money.MaxMinor);
    }

    private static void Range(ProductDraft draft, string at, long? value, long min, long max)
    {
        if (value < min || value > max)
            draft.Fault(at, "out_of_range", $"From {min} to {max}.");
    }

    // Addresses end up in pages: only what cannot run there.
    private static void Address(ProductDraft draft, string at, string url)
    {
        if (url.Length == 0)
            return;
        var path = url[0] == '/' && !url.StartsWith("//", StringComparison.Ordinal);
        var web = Uri.TryCreate(url, UriKind.Absolute, out var address)
            && address!.Scheme is ("https" or "http");
        if (url.Length > UrlChars || !(path || web) || url.Any(char.IsControl))
            draft.Fault(at, "malformed", "An http(s) address or a path that begins with one slash.");
    }
}
