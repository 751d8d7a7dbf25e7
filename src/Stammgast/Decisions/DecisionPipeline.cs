using System.Runtime.InteropServices;
using Stammgast.Catalogue;

namespace Stammgast.Decisions;

/// <summary>
/// From candidates to a decision, in numbered stages that both paths below repeat in their order:
/// 1 consent, 2 holdout, 3 eligibility, 4 bought or owned, 5 held for service, 6 caps and rests,
/// 7 experiment (off), 8 ranking, 9 explanation. The first stage that objects names the code. Pure:
/// time, randomness and facts come in; no LINQ, closures or boxing (an allocation test watches).
/// </summary>
public static class DecisionPipeline
{
    /// <summary>Candidates judged for one placement; more are not looked at.</summary>
    public const int MaxCandidates = 500;

    /// <summary>Decides one placement. O(candidates × (log candidates + purchases)).</summary>
    /// <param name="placement">What is asked for.</param>
    /// <param name="context">What the request's placements share.</param>
    /// <param name="person">Null: nobody, or not to be used.</param>
    /// <param name="candidates">For <c>items</c> and <c>rank</c>; banners take the motifs.</param>
    public static Decision Decide(
        Placement placement, DecisionContext context, PersonFacts? person,
        ReadOnlySpan<Candidate> candidates)
    {
        if (placement.ForSomeoneElse)
            person = null;
        var judged = placement.Type switch
        {
            PlacementType.Banner => JudgeMotifs(placement, context, person),
            PlacementType.Items => JudgeItems(placement, context, person, candidates),
            PlacementType.Rank => JudgeRank(placement, context, person, candidates),
            _ => [],
        };
        var decision = Arbitration.Settle(new Decision
        {
            Id = default,
            AtMs = context.NowMs,
            Placement = placement.Key,
            Type = placement.Type,
            Limit = placement.Limit,
            Seed = context.RequestId,
            Versions = new(Arbitration.Current, context.Catalogue.Version, context.Models.Version),
            Personal = person is { Personalisation: HeldBack.None, IsHoldout: false },
            Block = Block(placement, context, person),
            Facts = Facts(placement, person),
            Drops = Drops(judged),
            Candidates = judged,
        });
        return placement.Type == PlacementType.Banner && decision.IsShown
            ? decision with { Campaign = CampaignOf(context, decision.Candidates[0].Key) }
            : decision;
    }

    // What silences a placement whatever its candidates. A listing is never silenced.
    private static HeldBack Block(
        Placement placement, DecisionContext context, PersonFacts? person)
    {
        if (placement.Type == PlacementType.Rank)
            return HeldBack.None;
        if (context.Blocked != HeldBack.None)
            return context.Blocked;
        if (placement.Type == PlacementType.Size)
            return HeldBack.BelowQuality;
        if (placement.IsOff || context.Stops.StopsOnSite)
            return HeldBack.Ineligible;
        if (person is null)
            return HeldBack.None;
        var isBanner = placement.Type == PlacementType.Banner;
        if (isBanner && person.IsMinor)
            return HeldBack.Minor;
        if (isBanner && person.IsHoldout)
            return HeldBack.Holdout;
        if (isBanner && !person.MayCap)
            return HeldBack.PurposeRefused;
        return person.IsServiceHeld ? HeldBack.HeldService : HeldBack.None;
    }

    private static Judged[] JudgeItems(
        Placement placement, DecisionContext context, PersonFacts? person,
        ReadOnlySpan<Candidate> candidates)
    {
        var judged = new Judged[Math.Min(candidates.Length, MaxCandidates)];
        for (var i = 0; i < judged.Length; i++)
        {
            ref readonly var candidate = ref candidates[i];
            var source = Voice(candidate.Source, placement, person);
            var held = Consent(source, person);
            if (held == HeldBack.None)
                held = Item(placement, context, person, candidate with { Source = source });
            if (held == HeldBack.None && Contains(judged.AsSpan(0, i), candidate.ProductId, source))
                held = HeldBack.Duplicate;
            if (held == HeldBack.None && candidate.Score < context.QualityFloor)
                held = HeldBack.BelowQuality;
            judged[i] = new Judged(candidate.ProductId, candidate.Score, source, held, (short)i, 0);
        }
        return judged;
    }

    // Stages 3, 4 and 6 of one product (5 silences the whole placement).
    private static HeldBack Item(
        Placement placement, DecisionContext context, PersonFacts? person, in Candidate candidate)
    {
        if (!context.Catalogue.TryGet(candidate.ProductId, out var product) || !product.Active)
            return HeldBack.Ineligible;
        var held = Eligibility.Of(placement, context.Catalogue, product);
        if (held != HeldBack.None || person is null)
            return held;
        held = Bought(product, context, person, ReasonCodes.IsPersonal(candidate.Source));
        if (held != HeldBack.None)
            return held;
        return Caps.IsResting(person.Rests.Span, RestKind.Reason, (ulong)candidate.Source,
            context.NowMs) ? HeldBack.Dismissed : HeldBack.None;
    }

    private static Judged[] JudgeRank(
        Placement placement, DecisionContext context, PersonFacts? person,
        ReadOnlySpan<Candidate> candidates)
    {
        var judged = new List<Judged>(placement.ProductIds.Count);
        foreach (var productId in placement.ProductIds)
        {
            if (Contains(CollectionsMarshal.AsSpan(judged), productId))
                continue;
            var candidate = Find(candidates, productId);
            var source = Voice(candidate.Source, placement, person);
            var held = Consent(source, person);
            if (held == HeldBack.None && source is not (ShownFor.None or ShownFor.Contextual))
                held = Promotion(context, person, candidate with { Source = source });
            // What may not be promoted keeps the place that the page gave it.
            var isPromoted = held == HeldBack.None && candidate.Score > 0 && source != ShownFor.None;
            judged.Add(new Judged(productId, isPromoted ? candidate.Score : 0,
                isPromoted ? source : ShownFor.Contextual, held, (short)judged.Count, 0));
        }
        return [.. judged];
    }

    private static HeldBack Promotion(
        DecisionContext context, PersonFacts? person, in Candidate candidate)
    {
        if (!context.Catalogue.TryGet(candidate.ProductId, out var product))
            return HeldBack.Ineligible;
        if (product.Sensitive)
            return HeldBack.Sensitive;
        if (!context.Catalogue.InStock(product))
            return HeldBack.OutOfStock;
        if (person is null)
            return HeldBack.None;
        var held = Bought(product, context, person, ReasonCodes.IsPersonal(candidate.Source));
        if (held == HeldBack.None && person.IsServiceHeld)
            held = HeldBack.HeldService;
        if (held == HeldBack.None && Caps.IsResting(person.Rests.Span, RestKind.Reason,
            (ulong)candidate.Source, context.NowMs))
            held = HeldBack.Dismissed;
        return held;
    }

    private static Judged[] JudgeMotifs(
        Placement placement, DecisionContext context, PersonFacts? person)
    {
        var motifs = context.Motifs;
        var judged = new Judged[Math.Min(motifs.Count, MaxCandidates)];
        for (var i = 0; i < judged.Length; i++)
        {
            var motif = motifs[i];
            var source = motif.Category is null ? ShownFor.Popular : ShownFor.Contextual;
            var held = Eligibility.Of(placement, context, motif);
            if (held == HeldBack.None && person is not null)
                held = Suppression(motif, context, person);
            judged[i] = new Judged(
                motif.Key, Score(motif), source, held, (short)i, 0);
        }
        return judged;
    }

    // Stages 4 and 6 of one motif.
    private static HeldBack Suppression(Motif motif, DecisionContext context, PersonFacts person)
    {
        if (motif.ProductId is not null
            && context.Catalogue.TryGet(motif.ProductId, out var product))
        {
            var held = Bought(product, context, person, isPersonal: true);
            if (held != HeldBack.None)
                return held;
        }
        var offer = KeyHash.Of(motif.Key);
        if (Caps.IsResting(person.Rests.Span, RestKind.Offer, offer, context.NowMs)
            || Caps.IsResting(person.Rests.Span, RestKind.Campaign,
                KeyHash.Of(motif.CampaignId), context.NowMs))
            return HeldBack.Dismissed;
        return Caps.Check(person.Contacts.Span, ContactChannel.OnSite, offer,
            (context.Caps, context.NowMs));
    }

    // A page's neighbours, without leave to know the person, are about the page only.
    private static ShownFor Voice(ShownFor source, Placement placement, PersonFacts? person) =>
        source == ShownFor.ItemToItem && placement.ProductId is not null
            && person is not { Personalisation: HeldBack.None, IsHoldout: false, IsMinor: false }
            ? ShownFor.Contextual : source;

    // Stages 1 and 2: what needs leave, without it.
    private static HeldBack Consent(ShownFor source, PersonFacts? person)
    {
        if (!ReasonCodes.IsPersonal(source))
            return HeldBack.None;
        if (person is null)
            return HeldBack.ConsentMissing;
        if (person.IsMinor)
            return HeldBack.Minor;
        if (person.Personalisation != HeldBack.None)
            return person.Personalisation;
        return person.IsHoldout ? HeldBack.Holdout : HeldBack.None;
    }

    private static int Score(Motif motif) => Math.Clamp(motif.Priority + 1, 1, 101) * 10_000;

    // Stage 4. Lines tell what became of a purchase; the resting days reach beyond them. What
    // addresses the person is held back where it is not known what she has.
    private static HeldBack Bought(
        Product product, DecisionContext context, PersonFacts person, bool isPersonal)
    {
        if (isPersonal && person.HasUnknownPurchases)
            return HeldBack.Bought;
        var learned = LearnedDays(context, product.Id);
        var held = BoughtIsDone.Judge(product, person.Purchases.Span, learned, context.NowMs);
        if (held != HeldBack.None || person.RestingSinceMs is not { } since
            || BoughtIsDone.HasLine(product, person.Purchases.Span))
            return held;
        return BoughtIsDone.IsResting(product, since(product.Id), learned, context.NowMs)
            ? HeldBack.Bought : HeldBack.None;
    }

    private static int? LearnedDays(DecisionContext context, string productId)
    {
        var days = context.Models.LearnedDays;
        var index = days.IsEmpty ? -1 : context.Catalogue.IndexOf(productId);
        return index >= 0 && index < days.Length ? days.Span[index] : null;
    }

    private static FactsUsed Facts(Placement placement, PersonFacts? person)
    {
        var facts = placement.ProductId is not null || placement.Category is not null
            ? FactsUsed.Page : FactsUsed.None;
        return person is null ? facts : facts | person.Facts;
    }

    private static int[] Drops(Judged[] judged)
    {
        var drops = new int[ReasonCodes.HeldCount];
        foreach (ref readonly var candidate in judged.AsSpan())
        {
            if (candidate.Held != HeldBack.None)
                drops[(int)candidate.Held]++;
        }
        return drops;
    }

    // The same product in another voice is another candidate: a row has one voice only.
    private static bool Contains(
        ReadOnlySpan<Judged> judged, string key, ShownFor source = ShownFor.None)
    {
        foreach (ref readonly var other in judged)
        {
            if ((source == ShownFor.None
                    || (other.Held == HeldBack.None && Arbitration.IsOneVoice(other.Source, source)))
                && string.Equals(other.Key, key, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    private static Candidate Find(ReadOnlySpan<Candidate> candidates, string productId)
    {
        foreach (ref readonly var candidate in candidates)
        {
            if (string.Equals(candidate.ProductId, productId, StringComparison.Ordinal))
                return candidate;
        }
        return new Candidate(productId, 0, ShownFor.None);
    }

    private static string CampaignOf(DecisionContext context, string motifKey)
    {
        foreach (var motif in context.Motifs)
        {
            if (string.Equals(motif.Key, motifKey, StringComparison.Ordinal))
                return motif.CampaignId;
        }
        return "";
    }
}
