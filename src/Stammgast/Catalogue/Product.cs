namespace Stammgast.Catalogue;

/// <summary>An article as the shop sells it, with its variants. Nothing personal.</summary>
public sealed record Product
{
    /// <summary>The shop's own id, 1–<see cref="Limits.ItemIdChars"/> characters.</summary>
    public required string Id { get; init; }

    /// <summary>Name in the shop's own language.</summary>
    public required string Title { get; init; }

    /// <summary>English name, where the shop has one.</summary>
    public string? TitleEn { get; init; }

    /// <summary>Brand, or empty.</summary>
    public string Brand { get; init; } = "";

    /// <summary>Category key such as <c>shoes.running</c> (see <see cref="CategoryKey"/>), or empty.</summary>
    public string Category { get; init; } = "";

    /// <summary>What one piece costs now, in minor units of <see cref="Currency"/>.</summary>
    public required long PriceMinor { get; init; }

    /// <summary>ISO 4217, upper case.</summary>
    public required string Currency { get; init; }

    /// <summary>What it cost before a reduction; null: it is not reduced.</summary>
    public long? ListPriceMinor { get; init; }

    /// <summary>An http(s) address or a path of the shop, or empty.</summary>
    public string ImageUrl { get; init; } = "";

    /// <summary>An http(s) address or a path of the shop, or empty.</summary>
    public string Link { get; init; } = "";

    /// <summary>Of a sensitive category: seen in orders and service only (invariant 14).</summary>
    public bool Sensitive { get; init; }

    /// <summary>
    /// Days after which it is needed again, as the shop says; wins over what was learned. Null: the
    /// shop does not say.
    /// </summary>
    public int? ReplenishDays { get; init; }

    /// <summary>What each size is cut for; null: unknown.</summary>
    public SizeChart? SizeChart { get; init; }

    /// <summary>At least one; a product without sizes or colours has one with its own id.</summary>
    public required IReadOnlyList<Variant> Variants { get; init; }

    /// <summary>When this version came in, ms since 1970 UTC.</summary>
    public long UpdatedAtMs { get; init; }

    /// <summary>Whether it is sold at all.</summary>
    public bool Active { get; init; } = true;

    /// <summary>Deleted while this process runs; it only keeps its place, nobody finds it.</summary>
    internal bool Deleted { get; init; }

    /// <summary>The name in a language (<c>de-DE</c>, <c>en</c> …), the shop's own if there is none.</summary>
    public string TitleIn(string? locale) =>
        TitleEn is not null && locale is not null
            && locale.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? TitleEn : Title;
}

/// <summary>One size and colour of a product.</summary>
public sealed record Variant
{
    /// <summary>The shop's own id, unique over the whole catalogue.</summary>
    public required string Id { get; init; }

    /// <summary>Size label as on the tag, or empty.</summary>
    public string Size { get; init; } = "";

    /// <summary>Colour, or empty.</summary>
    public string Colour { get; init; } = "";

    /// <summary>8–14 digits, or empty.</summary>
    public string Gtin { get; init; } = "";

    /// <summary>Pieces to be had; null: the shop sells it without counting.</summary>
    public int? Stock { get; init; }

    /// <summary>Its own price in minor units; null: the product's.</summary>
    public long? PriceMinor { get; init; }

    /// <summary>Whether it can be bought now: not counted, or some left.</summary>
    public bool InStock => Stock is null or > 0;
}

/// <summary>What each size of a product is cut for. Sizes in the order of the shop.</summary>
public sealed record SizeChart(IReadOnlyList<SizeRow> Sizes)
{
    /// <summary>A size's row, or null.</summary>
    public SizeRow? Find(string size)
    {
        foreach (var row in Sizes)
        {
            if (string.Equals(row.Size, size, StringComparison.OrdinalIgnoreCase))
                return row;
        }
        return null;
    }
}

/// <summary>One size's measures.</summary>
/// <param name="Size">Label as on the tag.</param>
/// <param name="Measures">Each named once.</param>
public sealed record SizeRow(string Size, IReadOnlyList<SizeMeasure> Measures);

/// <summary>A body measure that a size is cut for, both ends included.</summary>
/// <param name="Name">Such as <c>chest</c>, <c>waist</c>, <c>hip</c>, <c>foot_length</c>.</param>
/// <param name="MinMm">Smallest, millimetres.</param>
/// <param name="MaxMm">Largest, millimetres.</param>
public readonly record struct SizeMeasure(string Name, int MinMm, int MaxMm);
