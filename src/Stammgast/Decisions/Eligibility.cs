using Stammgast.Catalogue;

namespace Stammgast.Decisions;

/// <summary>Stage 3: what a placement, the catalogue and staff's settings let through.</summary>
public static class Eligibility
{
    /// <summary>Whether <c>items</c> may hold a product that is sold. O(exclude).</summary>
    public static HeldBack Of(Placement placement, CatalogueSnapshot catalogue, Product product)
    {
        if (product.Sensitive)
            return HeldBack.Sensitive;
        if (IsOwnPage(placement, catalogue, product) || IsExcluded(placement, product))
            return HeldBack.Ineligible;
        if (placement.Category is { } category && !IsWithin(product.Category, category))
            return HeldBack.Ineligible;
        if (product.PriceMinor < (placement.MinPriceMinor ?? 0)
            || product.PriceMinor > (placement.MaxPriceMinor ?? long.MaxValue))
            return HeldBack.Ineligible;
        return catalogue.InStock(product) ? HeldBack.None : HeldBack.OutOfStock;
    }

    /// <summary>Whether a banner may show a motif.</summary>
    public static HeldBack Of(Placement placement, DecisionContext context, Motif motif)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(context.NowMs);
        if (!motif.Active || now < motif.From || now >= motif.Until)
            return HeldBack.Ineligible;
        if (motif.Placement is { } place
            && !string.Equals(place, placement.Key, StringComparison.Ordinal))
            return HeldBack.Ineligible;
        if (context.Stops.Campaigns.Contains(motif.CampaignId))
            return HeldBack.Ineligible;
        if (motif.Category is { } category && !IsWithin(PageCategory(placement, context), category))
            return HeldBack.Ineligible;
        if (motif.ProductId is null)
            return HeldBack.None;
        if (!context.Catalogue.TryGet(motif.ProductId, out var product) || !product.Active)
            return HeldBack.Ineligible;
        if (product.Sensitive)
            return HeldBack.Sensitive;
        return context.Catalogue.InStock(product) ? HeldBack.None : HeldBack.OutOfStock;
    }

    /// <summary>Whether a category key is another or lies below it.</summary>
    public static bool IsWithin(string category, string broader) =>
        category.StartsWith(broader, StringComparison.Ordinal)
        && (category.Length == broader.Length || category[broader.Length] == '.');

    private static string PageCategory(Placement placement, DecisionContext context) =>
        placement.Category ?? (placement.ProductId is { } id
            && context.Catalogue.TryResolve(id, out var product) && !product.Sensitive
            ? product.Category : "");

    // The page may name a variant: its product is meant.
    private static bool IsOwnPage(
        Placement placement, CatalogueSnapshot catalogue, Product product) =>
        placement.ProductId is { } id
        && (string.Equals(id, product.Id, StringComparison.Ordinal)
            || (catalogue.TryResolve(id, out var own) && ReferenceEquals(own, product)));

    private static bool IsExcluded(Placement placement, Product product)
    {
        for (var i = 0; i < placement.Exclude.Count; i++)
        {
            if (string.Equals(placement.Exclude[i], product.Id, StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
