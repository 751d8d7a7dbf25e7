namespace Stammgast.Demo;

/// <summary>One request to the shop, as its pages see it: no identifier of the platform's.</summary>
internal sealed record Visit
{
    /// <summary>The visitor's language.</summary>
    public required Language Language { get; init; }

    /// <summary>The page's own path.</summary>
    public required string Path { get; init; }

    /// <summary>What lies in the basket.</summary>
    public required Basket Basket { get; init; }

    /// <summary>The public key of the shop's browser source.</summary>
    public required string WriteKey { get; init; }

    /// <summary>Who signed in, or null.</summary>
    public Patron? Patron { get; init; }

    /// <summary>The text in the visitor's language.</summary>
    public string this[string german, string english] => Language[german, english];

    /// <summary>A style's name in the visitor's language.</summary>
    public string Title(Style style) => Language[style.Title, style.TitleEn];
}
