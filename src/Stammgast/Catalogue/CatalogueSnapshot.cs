using System.Diagnostics.CodeAnalysis;

namespace Stammgast.Catalogue;

/// <summary>
/// The catalogue at one moment. Immutable: readers keep the one they began with. Built in O(n),
/// about 10 ms at 50,000 products; look-ups O(1).
/// </summary>
public sealed class CatalogueSnapshot
{
    /// <summary>Nothing is sold.</summary>
    public static readonly CatalogueSnapshot Empty = new([], 0);

    private readonly Product[] products;
    private readonly Dictionary<string, int> byProduct;
    private readonly Dictionary<string, (int Product, int Variant)> byVariant;
    private string[]? sorted;

    /// <summary>
    /// Takes the products in the order that becomes their dense index; of two with one id the
    /// later wins. A variant id that several products claim belongs to the first.
    /// </summary>
    /// <param name="products">Not changed by anybody from now on.</param>
    /// <param name="version">Grows with every change.</param>
    public CatalogueSnapshot(IReadOnlyList<Product> products, long version)
    {
        this.products = [.. products];
        Version = version;
        byProduct = new(this.products.Length, StringComparer.Ordinal);
        byVariant = new(this.products.Length, StringComparer.Ordinal);
        for (var i = 0; i < this.products.Length; i++)
        {
            if (this.products[i].Deleted)
                continue;
            byProduct[this.products[i].Id] = i;
            var variants = this.products[i].Variants;
            for (var v = 0; v < variants.Count; v++)
                byVariant.TryAdd(variants[v].Id, (i, v));
        }
    }

    /// <summary>Grows with every change.</summary>
    public long Version { get; }

    /// <summary>By dense index, those no longer sold included.</summary>
    public IReadOnlyList<Product> Products => products;

    /// <summary>A product by its id, sold or not.</summary>
    public bool TryGet(string productId, [NotNullWhen(true)] out Product? product)
    {
        product = byProduct.TryGetValue(productId, out var index) ? products[index] : null;
        return product is not null;
    }

    /// <summary>A variant and its product by the variant's id.</summary>
    public bool TryGetVariant(
        string variantId, [NotNullWhen(true)] out Product? product,
        [NotNullWhen(true)] out Variant? variant)
    {
        (product, variant) = (null, null);
        if (!byVariant.TryGetValue(variantId, out var place))
            return false;
        product = products[place.Product];
        variant = product.Variants[place.Variant];
        return true;
    }

    /// <summary>
    /// The product that an event's id means: a product's own id, or one of its variants'.
    /// </summary>
    public bool TryResolve(string id, [NotNullWhen(true)] out Product? product) =>
        TryGet(id, out product) || TryGetVariant(id, out product, out _);

    /// <summary>
    /// Dense index 0 … n-1 of a product, −1 if unknown. Within one process a product keeps its
    /// index through all later snapshots.
    /// </summary>
    public int IndexOf(string productId) => byProduct.GetValueOrDefault(productId, -1);

    /// <summary>A page of products by id, those after <paramref name="after"/> first.</summary>
    public IReadOnlyList<Product> PageAfter(string after, int limit)
    {
        var ids = sorted ??= Sort();
        var from = Array.BinarySearch(ids, after, StringComparer.Ordinal);
        from = from < 0 ? ~from : from + 1;
        var page = new List<Product>(Math.Min(limit, ids.Length - from));
        for (var i = from; i < ids.Length && page.Count < limit; i++)
            page.Add(products[byProduct[ids[i]]]);
        return page;
    }

    /// <summary>Whether it is sold and at least one variant can be had now.</summary>
    public bool InStock(Product product)
    {
        if (!product.Active)
            return false;
        // By index: asked for every candidate of every decision, an enumerator would be allocated.
        for (var i = 0; i < product.Variants.Count; i++)
        {
            if (product.Variants[i].InStock)
                return true;
        }
        return false;
    }

    // Two threads may both sort; they get the same.
    private string[] Sort()
    {
        var ids = byProduct.Keys.ToArray();
        Array.Sort(ids, StringComparer.Ordinal);
        return ids;
    }
}
