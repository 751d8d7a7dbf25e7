namespace Stammgast.Intelligence;

/// <summary>What somebody did with a product, weakest first.</summary>
public enum Behaviour : byte
{
    /// <summary>Looked at it.</summary>
    Viewed = 1,

    /// <summary>Laid it into the basket or on the wish list.</summary>
    Carted = 2,

    /// <summary>Bought it, says a source that vouches.</summary>
    Bought = 3,
}

/// <summary>
/// One event as the models may learn from it. Whoever makes one has checked that the event's
/// verdict holds the training purpose and that its person still gives it; <see cref="TryFrom"/>
/// checks the rest. Personal data as long as it carries its leaf: never logged, never stored.
/// </summary>
/// <param name="Leaf">Whose, so that it can be forgotten.</param>
/// <param name="AtMs">When, ms since 1970 UTC.</param>
/// <param name="Kind">What was done.</param>
/// <param name="ProductIds">Products concerned: no gifts, nothing sensitive.</param>
public readonly record struct TrainingRow(
    LeafId Leaf, long AtMs, Behaviour Kind, IReadOnlyList<string> ProductIds)
{
    /// <summary>
    /// What an event teaches, if anything: it must be allowed for the purpose, seen by ourselves,
    /// and purchases must be of record. Gifts teach nothing about the buyer; sensitive products
    /// stay out.
    /// </summary>
    public static bool TryFrom(Event e, Purpose training, out TrainingRow row)
    {
        row = default;
        if (!e.Allowed.Has(training) || e.Ceiling >= Provenance.Inferred || e.Items.Count == 0
            || KindOf(e) is not { } kind)
            return false;
        var products = new List<string>(e.Items.Count);
        foreach (var item in e.Items)
        {
            if (!item.Gift && !item.Sensitive && item.ProductId.Length > 0)
                products.Add(item.ProductId);
        }
        row = new TrainingRow(e.Leaf, e.AtMs, kind, products);
        return products.Count > 0;
    }

    private static Behaviour? KindOf(Event e) => e.Kind switch
    {
        EventKind.ProductViewed => Behaviour.Viewed,
        EventKind.ProductAdded or EventKind.WishAdded => Behaviour.Carted,
        EventKind.OrderCompleted when e.OfRecord => Behaviour.Bought,
        _ => null,
    };
}
