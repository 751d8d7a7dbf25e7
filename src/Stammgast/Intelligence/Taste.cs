using Stammgast.Profiles;

namespace Stammgast.Intelligence;

/// <summary>A product that somebody used, and when (ms since 1970 UTC).</summary>
public readonly record struct UsedProduct(string ProductId, long AtMs);

/// <summary>A product that somebody bought for herself.</summary>
/// <param name="ProductId">Which.</param>
/// <param name="OrderId">The order, or empty.</param>
/// <param name="AtMs">When, ms since 1970 UTC.</param>
public readonly record struct OwnPurchase(string ProductId, string OrderId, long AtMs);

/// <summary>
/// What the models may look at of one person: cut out of a view for personalisation, so that no
/// model can reach further. No taste (null) means nobody in particular. Personal data.
/// </summary>
public sealed record Taste
{
    /// <summary>Products looked at or laid into the basket, newest first.</summary>
    public IReadOnlyList<UsedProduct> Recent { get; init; } = [];

    /// <summary>Products wished for, newest first.</summary>
    public IReadOnlyList<UsedProduct> Wished { get; init; } = [];

    /// <summary>Kept purchases for herself, newest first.</summary>
    public IReadOnlyList<OwnPurchase> Purchases { get; init; } = [];

    /// <summary>Weight 0–1 by category key.</summary>
    public IReadOnlyList<(string Category, float Weight)> Affinities { get; init; } = [];

    /// <summary>
    /// The taste that a view shows, or null if its purpose is not in force or it is a child's.
    /// Gifts, cancelled lines and what came back teach nothing.
    /// </summary>
    public static Taste? From(ProfileView view)
    {
        if (!view.IsInForce || view.IsMinor)
            return null;
        var recent = new List<UsedProduct>();
        foreach (var item in view.Viewed)
            recent.Add(new UsedProduct(item.ProductId, item.AtMs));
        foreach (var item in view.Carted)
            recent.Add(new UsedProduct(item.ProductId, item.AtMs));
        recent.Sort(static (a, b) => b.AtMs != a.AtMs
            ? b.AtMs.CompareTo(a.AtMs) : string.CompareOrdinal(a.ProductId, b.ProductId));
        return new Taste
        {
            Recent = recent,
            Wished = [.. view.Wished.Select(item => new UsedProduct(item.ProductId, item.AtMs))],
            Purchases = [.. view.Purchases
                .Where(line => line is { Gift: false, Cancelled: false, Sensitive: false }
                    && line.ReturnedQuantity < Math.Max(1, line.Quantity))
                .Select(line => new OwnPurchase(line.ProductId, line.OrderId, line.AtMs))],
            Affinities = [.. view.Affinities.Select(each => (each.Category, each.Weight / 1000f))],
        };
    }
}
