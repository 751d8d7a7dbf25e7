using Stammgast.Catalogue;

namespace Stammgast.Intelligence;

/// <summary>What is asked of the models.</summary>
public sealed record Ask
{
    /// <summary>The catalogue as it is now: what is sensitive or off sale in it stays out.</summary>
    public required CatalogueSnapshot Catalogue { get; init; }

    /// <summary>Now, ms since 1970 UTC.</summary>
    public required long NowMs { get; init; }

    /// <summary>Who it is for; null: nobody in particular.</summary>
    public Taste? Taste { get; init; }

    /// <summary>The product whose page it stands on.</summary>
    public string? ProductId { get; init; }

    /// <summary>The category that the page is about.</summary>
    public string? Category { get; init; }

    /// <summary>At most so many candidates, 1–500.</summary>
    public int Limit { get; init; } = 100;
}

/// <summary>A product that the models propose.</summary>
/// <param name="Product">Active and not sensitive; in stock or not.</param>
/// <param name="Score">Above 0, comparable within one answer.</param>
/// <param name="Reason">What carried most of the score.</param>
/// <param name="Because">The product that led to it, or null. Never quoted if inferred.</param>
public readonly record struct ScoredProduct(
    Product Product, float Score, ShownFor Reason, Product? Because);

/// <summary>Candidates, best first, or why there are none.</summary>
/// <param name="Items">Each product once; never the page's own.</param>
/// <param name="Abstained">
/// <see cref="HeldBack.BelowQuality"/> when nothing is good enough, else <c>None</c>.
/// </param>
/// <param name="ModelVersion">The snapshot that answered.</param>
public sealed record Recommended(
    IReadOnlyList<ScoredProduct> Items, HeldBack Abstained, long ModelVersion);
