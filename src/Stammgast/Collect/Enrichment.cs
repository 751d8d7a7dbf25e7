using Stammgast.Catalogue;

namespace Stammgast.Collect;

/// <summary>Answers from the catalogue what an event's ids mean.</summary>
internal static class Enrichment
{
    /// <summary>
    /// Looks up by variant first (it names its product too), then by product. A product id that is
    /// a variant's is understood. The variant's own price counts before its product's.
    /// </summary>
    public static ProductLookUp In(Func<CatalogueSnapshot> catalogue) =>
        (string productId, string variantId, out ProductFacts facts) =>
        {
            var now = catalogue();
            var found = variantId.Length > 0
                && now.TryGetVariant(variantId, out var product, out var variant)
                    ? Facts(product, variant)
                : productId.Length == 0 ? null
                : now.TryGet(productId, out product) ? Facts(product, null)
                : now.TryGetVariant(productId, out product, out variant) ? Facts(product, variant)
                : (ProductFacts?)null;
            facts = found ?? default;
            return found is not null;
        };

    private static ProductFacts Facts(Product product, Variant? variant) => new(
        product.Id, variant?.Id ?? "", product.Category, variant?.PriceMinor ?? product.PriceMinor,
        product.Sensitive);
}
