using System.Globalization;

namespace Stammgast.Demo;

/// <summary>
/// The basket, kept by the visitor's own browser in one strictly necessary cookie; it names
/// articles and nobody. Anything malformed in it is left out.
/// </summary>
internal sealed record Basket(IReadOnlyList<BasketLine> Lines)
{
    /// <summary>The cookie's name.</summary>
    public const string Cookie = "basket";

    private const int LinesAtMost = 20;
    private const int PiecesAtMost = 9;

    /// <summary>Nothing in it.</summary>
    public static readonly Basket Empty = new([]);

    /// <summary>Pieces in it.</summary>
    public int Count => Lines.Sum(line => line.Quantity);

    /// <summary>What all of it costs, minor units.</summary>
    public long TotalMinor => Lines.Sum(line => line.TotalMinor);

    /// <summary>One more piece of a variant that can be had.</summary>
    public Basket With(Style style, StyleVariant variant, bool gift)
    {
        if (variant.Stock < 1)
            return this;
        var lines = Lines.ToList();
        var at = lines.FindIndex(line => line.Variant.Id == variant.Id && line.Gift == gift);
        if (at >= 0)
            lines[at] = lines[at] with
            {
                Quantity = Math.Min(lines[at].Quantity + 1, Math.Min(PiecesAtMost, variant.Stock)),
            };
        else if (lines.Count < LinesAtMost)
            lines.Add(new(style, variant, 1, gift));
        return new(lines);
    }

    /// <summary>Without a line.</summary>
    public Basket Without(string variantId, bool gift) =>
        new([.. Lines.Where(line => line.Variant.Id != variantId || line.Gift != gift)]);

    /// <summary>The cookie's value: <c>RUN-01-42*1~GEL-01-1*2g</c>.</summary>
    public string Write() => string.Join('~', Lines.Select(line =>
        string.Create(CultureInfo.InvariantCulture,
            $"{Uri.EscapeDataString(line.Variant.Id)}*{line.Quantity}{(line.Gift ? "g" : "")}")));

    /// <summary>Reads the cookie.</summary>
    public static Basket Read(string? cookie, Assortment assortment)
    {
        if (string.IsNullOrEmpty(cookie) || cookie.Length > 2000)
            return Empty;
        var lines = new List<BasketLine>();
        foreach (var part in cookie.Split('~').Take(LinesAtMost))
        {
            var star = part.LastIndexOf('*');
            if (star < 1)
                continue;
            var gift = part.EndsWith('g');
            var id = Uri.UnescapeDataString(part[..star]);
            var style = assortment.Products.FirstOrDefault(s => s.Variants.Any(v => v.Id == id));
            if (style is not null && int.TryParse(part.AsSpan(star + 1).TrimEnd('g'),
                    NumberStyles.None, CultureInfo.InvariantCulture, out var pieces)
                && pieces is >= 1 and <= PiecesAtMost)
                lines.Add(new(style, style.Variants.First(v => v.Id == id), pieces, gift));
        }
        return new(lines);
    }
}

/// <summary>Some pieces of one variant.</summary>
internal sealed record BasketLine(Style Style, StyleVariant Variant, int Quantity, bool Gift)
{
    /// <summary>What they cost together, minor units.</summary>
    public long TotalMinor => Style.PriceMinor * Quantity;
}
