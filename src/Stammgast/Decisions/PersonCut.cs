using Stammgast.Consent;
using Stammgast.Intelligence;
using Stammgast.Profiles;

namespace Stammgast.Decisions;

/// <summary>
/// What a decision may know of a person, cut out of purpose-bound views: taste under
/// personalisation; suppressions under their own objectable purpose, under personalisation and
/// under service, whichever sees more, for they only ever hold back. Pure.
/// </summary>
internal static class PersonCut
{
    private const long DayMs = 86_400_000;

    /// <summary>Cuts facts and taste.</summary>
    /// <param name="whole">The person, for suppression.</param>
    /// <param name="own">What may steer the choice: the same, or only the asking device's leaf.</param>
    /// <param name="refused">Why nothing may steer it, whatever the ledger says; else none.</param>
    public static (PersonFacts Facts, Taste? Taste) Of(Profile whole, Profile own, HeldBack refused)
    {
        var profiled = own.For(KnownPurposes.ProfiledContent);
        var suppressing = new[]
        {
            whole.For(KnownPurposes.NegativeTargeting), whole.For(KnownPurposes.ProfiledContent),
        };
        var support = whole.For(KnownPurposes.Support);
        var why = refused != HeldBack.None ? refused : Why(profiled, own);
        var taste = why == HeldBack.None ? Taste.From(profiled) : null;
        var purchases = Purchases(suppressing);
        var isHeld = support.OpenCases.Count + suppressing[0].OpenCases.Count
            + suppressing[1].OpenCases.Count > 0;
        return (new PersonFacts
        {
            Personalisation = why,
            IsMinor = profiled.IsMinor,
            IsServiceHeld = isHeld,
            Purchases = purchases,
            RestingSinceMs = id => Math.Max(
                suppressing[0].BoughtAtMs(id), suppressing[1].BoughtAtMs(id)),
            HasUnknownPurchases = HasUnknown(support, purchases),
            MayCap = whole.For(KnownPurposes.FrequencyCapping).IsInForce,
            Facts = Used(taste, purchases, isHeld),
        }, taste);
    }

    /// <summary>The customer's words that turn something off, newest first.</summary>
    public static IReadOnlyList<Feedback> Objections(Profile whole)
    {
        var words = new List<Feedback>();
        foreach (var word in whole.For(KnownPurposes.Service).Feedback)
        {
            if (word.Value != FeedbackValue.Helpful)
                words.Add(word);
        }
        return words;
    }

    private static HeldBack Why(ProfileView profiled, Profile own)
    {
        if (profiled.IsMinor)
            return HeldBack.Minor;
        if (profiled.IsInForce)
            return HeldBack.None;
        return own.Refused.Has(KnownPurposes.ProfiledContent)
            ? HeldBack.PurposeRefused : HeldBack.ConsentMissing;
    }

    private static Purchase[] Purchases(ProfileView[] views)
    {
        var purchases = new List<Purchase>();
        foreach (var view in views)
        {
            foreach (var line in view.Purchases)
            {
                purchases.Add(new Purchase
                {
                    ProductId = line.ProductId,
                    VariantId = line.VariantId,
                    BoughtAtMs = line.AtMs,
                    Quantity = line.Quantity,
                    Gift = line.Gift,
                    Cancelled = line.Cancelled,
                    ReturnedQuantity = line.ReturnedQuantity,
                    Reason = line.Reason,
                    ReturnedAtMs = line.ReturnedAtMs,
                });
            }
        }
        return [.. purchases];
    }

    // Service knows of a purchase that no suppression may see: what it was stays unused, but that
    // there is one makes "not bought" unknown. Sensitive ones concern no candidate.
    private static bool HasUnknown(ProfileView support, Purchase[] known)
    {
        foreach (var line in support.Purchases)
        {
            var isKnown = line.Sensitive || line.Cancelled
                || support.NowMs - line.AtMs > BoughtIsDone.DefaultRestDays * DayMs;
            for (var i = 0; i < known.Length && !isKnown; i++)
                isKnown = known[i].ProductId == line.ProductId && known[i].BoughtAtMs == line.AtMs;
            if (!isKnown)
                return true;
        }
        return false;
    }

    private static FactsUsed Used(Taste? taste, Purchase[] purchases, bool isHeld) =>
        (taste?.Recent.Count > 0 ? FactsUsed.RecentItems : FactsUsed.None)
        | (taste?.Wished.Count > 0 ? FactsUsed.WishList : FactsUsed.None)
        | (taste?.Affinities.Count > 0 ? FactsUsed.CategoryAffinity : FactsUsed.None)
        | (purchases.Length > 0 ? FactsUsed.Purchases : FactsUsed.None)
        | (isHeld ? FactsUsed.ServiceCases : FactsUsed.None);
}
