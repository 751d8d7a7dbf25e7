namespace Stammgast.Decisions;

/// <summary>What a placement asks for; the numbers are stored.</summary>
public enum PlacementType : byte
{
    /// <summary><c>banner</c>: at most one motif.</summary>
    Banner = 1,

    /// <summary><c>items</c>: some products, chosen by us.</summary>
    Items = 2,

    /// <summary><c>rank</c>: exactly the products handed in, reordered.</summary>
    Rank = 3,

    /// <summary><c>size</c>: advice on one product's size.</summary>
    Size = 4,
}

/// <summary>One placement of a request, checked (see <c>ExperienceRequest</c>).</summary>
public sealed record Placement
{
    /// <summary>Placements in one request.</summary>
    public const int MaxPerRequest = 20;

    /// <summary>Products named in one placement's list.</summary>
    public const int MaxProducts = 200;

    /// <summary>Items that one placement may ask for.</summary>
    public const int MaxItems = 50;

    /// <summary>Characters of a placement's key.</summary>
    public const int KeyChars = 64;

    /// <summary>The shop's name for the place on the page, such as <c>home.banner</c>.</summary>
    public required string Key { get; init; }

    /// <summary>What it asks for.</summary>
    public required PlacementType Type { get; init; }

    /// <summary>Staff turned it off: silent.</summary>
    public bool IsOff { get; init; }

    /// <summary>At most so many items, 1–<see cref="MaxItems"/>.</summary>
    public int Limit { get; init; } = 6;

    /// <summary>The product whose page it stands on; null: no product page.</summary>
    public string? ProductId { get; init; }

    /// <summary>Products that <c>items</c> may not hold.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Products that <c>rank</c> orders, each once.</summary>
    public IReadOnlyList<string> ProductIds { get; init; } = [];

    /// <summary>Only products of this category or a narrower one; also what the page is about.</summary>
    public string? Category { get; init; }

    /// <summary>Only products that cost at least this, minor units.</summary>
    public long? MinPriceMinor { get; init; }

    /// <summary>Only products that cost at most this, minor units.</summary>
    public long? MaxPriceMinor { get; init; }

    /// <summary>A gift: nothing of this person is used, neither to choose nor to suppress.</summary>
    public bool ForSomeoneElse { get; init; }
}
