namespace Stammgast.Catalogue;

/// <summary>Why one item of a feed was refused, and where.</summary>
/// <param name="Index">The item's place in the feed, from 0.</param>
/// <param name="ProductId">Its product id as far as known, else empty.</param>
/// <param name="Pointer">JSON pointer of the field within the item, such as <c>/variants/1/stock</c>.</param>
/// <param name="Code">Closed: <c>missing</c>, <c>wrong_type</c>, <c>out_of_range</c>,
/// <c>malformed</c>, <c>unknown_member</c>, <c>duplicate</c>, <c>contradiction</c>.</param>
/// <param name="Detail">One sentence.</param>
public sealed record ProductFault(
    int Index, string ProductId, string Pointer, string Code, string Detail);

/// <summary>What a feed held: what is believed, and what was refused with its reasons.</summary>
public sealed record ParsedProducts(
    IReadOnlyList<Product> Products, IReadOnlyList<ProductFault> Faults)
{
    /// <summary>The feed as a whole could not be read; nothing of it is believed.</summary>
    public string? Unreadable { get; init; }
}

/// <summary>What a feed says of one product, before it is believed. Filled by one parser.</summary>
internal sealed class ProductDraft(int index)
{
    public int Index { get; } = index;

    public string Id { get; set; } = "";

    public string Title { get; set; } = "";

    public string? TitleEn { get; set; }

    public string Brand { get; set; } = "";

    public string Category { get; set; } = "";

    public long? PriceMinor { get; set; }

    public string Currency { get; set; } = "";

    public long? ListPriceMinor { get; set; }

    public string ImageUrl { get; set; } = "";

    public string Link { get; set; } = "";

    public bool Sensitive { get; set; }

    public long? ReplenishDays { get; set; }

    public bool Active { get; set; } = true;

    public long UpdatedAtMs { get; set; }

    public List<(string Size, List<(string Name, long MinMm, long MaxMm)> Measures)> Sizes { get; } = [];

    public List<VariantDraft> Variants { get; } = [];

    public List<ProductFault> Faults { get; } = [];

    public void Fault(string pointer, string code, string detail) =>
        Faults.Add(new ProductFault(Index, Id, pointer, code, detail));
}

/// <summary>What a feed says of one variant.</summary>
internal sealed class VariantDraft
{
    public string Id { get; set; } = "";

    public string Size { get; set; } = "";

    public string Colour { get; set; } = "";

    public string Gtin { get; set; } = "";

    public long? Stock { get; set; }

    public long? PriceMinor { get; set; }
}
