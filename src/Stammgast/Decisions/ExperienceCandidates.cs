using Stammgast.Catalogue;
using Stammgast.Intelligence;

namespace Stammgast.Decisions;

/// <summary>Asks the models for one placement's candidates and makes their scores integers. Pure.</summary>
internal static class ExperienceCandidates
{
    private const int ForARow = 100;

    // What was bought before and is due again stands beside discovery as a voice of its own; half
    // of its score lets it win only where discovery has little to say.
    private const float AgainWeight = 0.5f;

    /// <summary>Candidates; none for banners and sizes.</summary>
    /// <param name="placement">What is asked for.</param>
    /// <param name="models">The models now.</param>
    /// <param name="taste">Whom it is for; null: nobody in particular.</param>
    /// <param name="catalogue">The catalogue now, and now in ms since 1970 UTC.</param>
    public static Candidate[] Of(Placement placement, ModelSet models, Taste? taste,
        (CatalogueSnapshot Snapshot, long NowMs) catalogue)
    {
        var ask = new Ask
        {
            Catalogue = catalogue.Snapshot,
            NowMs = catalogue.NowMs,
            Taste = placement.ForSomeoneElse ? null : taste,
            ProductId = placement.ProductId,
            Category = placement.Category,
            Limit = ForARow,
        };
        return placement.Type switch
        {
            PlacementType.Items => Row(placement, models, ask),
            PlacementType.Rank => Listing(placement, models, ask),
            _ => [],
        };
    }

    private static Candidate[] Row(Placement placement, ModelSet models, Ask ask)
    {
        var found = Recommender.Candidates(models, ask).Items;
        var again = ask.Taste is null || placement.ProductId is not null
            ? [] : Recommender.BuyAgain(models, ask).Items;
        var candidates = new Candidate[found.Count + again.Count];
        for (var i = 0; i < found.Count; i++)
            candidates[i] = new(found[i].Product.Id, FixedPoint.Of(found[i].Score), found[i].Reason);
        for (var i = 0; i < again.Count; i++)
            candidates[found.Count + i] = new(again[i].Product.Id,
                FixedPoint.Of(again[i].Score * AgainWeight), ShownFor.BuyAgain);
        return candidates;
    }

    private static Candidate[] Listing(Placement placement, ModelSet models, Ask ask)
    {
        var scores = Recommender.Rank(models, ask, placement.ProductIds);
        var candidates = new Candidate[scores.Length];
        for (var i = 0; i < scores.Length; i++)
            candidates[i] = new(placement.ProductIds[i], FixedPoint.Of(scores[i].Score),
                scores[i].Reason);
        return candidates;
    }
}
