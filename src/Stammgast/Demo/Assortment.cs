using System.Text.Json;

namespace Stammgast.Demo;

/// <summary>What Sporthaus Adler sells: read from <c>demo/adler/products.json</c>.</summary>
internal sealed record Assortment
{
    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>Charts by name; measures in millimetres.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<ChartRow>> SizeCharts { get; init; }

    /// <summary>In the order of the shop window.</summary>
    public required IReadOnlyList<Style> Products { get; init; }

    /// <summary>A style by its id, or null.</summary>
    public Style? Find(string? id) =>
        Products.FirstOrDefault(style => string.Equals(style.Id, id, StringComparison.Ordinal));

    /// <summary>The styles under a category and all below it; sensitive ones where asked for.</summary>
    public IEnumerable<Style> Under(string category) => Products.Where(style =>
        style.Category == category
        || style.Category.StartsWith(category + ".", StringComparison.Ordinal));

    /// <summary>Reads the assortment that is built into the program.</summary>
    public static Assortment Load()
    {
        using var stream = Assets.Open("adler/products.json");
        return JsonSerializer.Deserialize(stream, DemoJson.Default.Assortment)
            ?? throw new InvalidDataException("adler/products.json is empty.");
    }
}

/// <summary>One style of the shop, with the shop's own words.</summary>
internal sealed record Style
{
    public required string Id { get; init; }
    public required string Title { get; init; }
    public required string TitleEn { get; init; }
    public required string Brand { get; init; }
    public required string Category { get; init; }
    public required long PriceMinor { get; init; }
    public long? ListPriceMinor { get; init; }
    public bool Sensitive { get; init; }
    public int? ReplenishDays { get; init; }
    public string Colour { get; init; } = "";
    public string ColourEn { get; init; } = "";
    public required string Text { get; init; }
    public required string TextEn { get; init; }
    public string? Chart { get; init; }
    public required IReadOnlyList<StyleVariant> Variants { get; init; }

    /// <summary>Its drawing's address.</summary>
    public string Picture => $"/shop/pictures/{Id}.svg";

    /// <summary>Its page's address.</summary>
    public string Link => $"/p/{Id}";
}

/// <summary>One size of a style.</summary>
internal sealed record StyleVariant(string Id, string? Size, int Stock);

/// <summary>One size's measures.</summary>
internal sealed record ChartRow(string Size, IReadOnlyList<ChartMeasure> Measures);

/// <summary>What a size is cut for, both ends included.</summary>
internal sealed record ChartMeasure(string Name, int MinMm, int MaxMm);
