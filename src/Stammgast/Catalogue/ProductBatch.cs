namespace Stammgast.Catalogue;

/// <summary>Collects the drafts of one feed into what is believed and what is refused.</summary>
internal sealed class ProductBatch(long nowMs)
{
    private readonly List<Product> products = [];
    private readonly List<ProductFault> faults = [];
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);

    /// <summary>The next item's place in the feed.</summary>
    public int NextIndex { get; private set; }

    /// <summary>Judges one draft. A product that stands twice in one feed is refused the second time.</summary>
    public void Take(ProductDraft draft)
    {
        NextIndex++;
        var product = ProductRules.Judge(draft, nowMs);
        if (product is null)
        {
            faults.AddRange(draft.Faults);
        }
        else if (!seen.Add(product.Id))
        {
            faults.Add(new ProductFault(draft.Index, product.Id, "/id", "duplicate",
                "This product stands in the feed already."));
        }
        else
        {
            products.Add(product);
        }
    }

    public ParsedProducts Done() => new(products, faults);
}
