namespace Stammgast.Decisions;

/// <summary>
/// The customer's voice (invariant 15): one honest sentence for each reason, and the key of the
/// switch that turns it off. No score, audience, inferred fact or provenance ever stands in one.
/// </summary>
public static class CustomerVoice
{
    /// <summary>Whether a locale asks for English; everything else is answered in German.</summary>
    public static bool IsEnglish(string? locale) =>
        locale is not null && locale.StartsWith("en", StringComparison.OrdinalIgnoreCase)
        && (locale.Length == 2 || locale[2] is '-' or '_');

    /// <summary>
    /// „Warum sehe ich das?", answered; empty for silence. That nothing of the person was used is
    /// said only where it is so.
    /// </summary>
    public static string Sentence(Decision decision, string? locale)
    {
        if (!decision.IsShown)
            return "";
        var isEnglish = IsEnglish(locale);
        var sentence = isEnglish ? English(decision.Type, decision.Reason)
            : German(decision.Type, decision.Reason);
        if ((decision.Facts & ~FactsUsed.Page) != FactsUsed.None)
            return sentence;
        return sentence[..^1] + (isEnglish ? "; nothing about you was used."
            : "; über Sie wurde dafür nichts verwendet.");
    }

    /// <summary>
    /// What <c>Feedback Given</c> with this decision's id turns off: <c>campaign:</c> and its key
    /// for a banner, <c>reason:</c> and its code for everything else.
    /// </summary>
    public static string Switch(Decision decision) => decision.Type == PlacementType.Banner
        ? "campaign:" + decision.Campaign : "reason:" + ReasonCodes.Of(decision.Reason);

    private static string German(PlacementType type, ShownFor reason) => (type, reason) switch
    {
        (PlacementType.Banner, ShownFor.Popular) =>
            "Dieser Hinweis wird zurzeit allen gezeigt.",
        (PlacementType.Banner, ShownFor.Contextual) =>
            "Dieser Hinweis gehört zu der Seite, die Sie gerade ansehen.",
        (PlacementType.Rank, ShownFor.Contextual) =>
            "Die Reihenfolge ist die unseres Sortiments.",
        // One voice, one sentence: see Arbitration.
        (_, ShownFor.ItemToItem or ShownFor.Session) => "Weil andere das oft mit Artikeln "
            + "zusammen ansehen oder kaufen, die Sie angesehen oder gekauft haben.",
        (_, ShownFor.BuyAgain) => "Weil Sie das schon einmal gekauft haben.",
        (_, ShownFor.Popular) =>
            "Weil das hier zurzeit oft gekauft wird.",
        (_, ShownFor.Contextual) => "Weil das zu der Seite passt, die Sie gerade ansehen.",
        (_, ShownFor.DeclaredPreference) => "Weil Sie uns diese Vorliebe genannt haben.",
        (_, ShownFor.Audience) => "Weil das für Kundinnen und Kunden mit ähnlichen Einkäufen gilt.",
        (_, ShownFor.Wish) => "Weil es zu Ihrem Wunschzettel passt.",
        _ => "",
    };

    private static string English(PlacementType type, ShownFor reason) => (type, reason) switch
    {
        (PlacementType.Banner, ShownFor.Popular) =>
            "Everybody is shown this at the moment.",
        (PlacementType.Banner, ShownFor.Contextual) =>
            "This belongs to the page that you are looking at.",
        (PlacementType.Rank, ShownFor.Contextual) =>
            "This is the order of our assortment.",
        (_, ShownFor.ItemToItem or ShownFor.Session) => "Because others often look at this or "
            + "buy it together with things that you looked at or bought.",
        (_, ShownFor.BuyAgain) => "Because you bought this before.",
        (_, ShownFor.Popular) =>
            "Because this is often bought here at the moment.",
        (_, ShownFor.Contextual) => "Because this goes with the page that you are looking at.",
        (_, ShownFor.DeclaredPreference) => "Because you told us of this preference.",
        (_, ShownFor.Audience) => "Because this is for customers with similar purchases.",
        (_, ShownFor.Wish) => "Because it goes with your wish list.",
        _ => "",
    };
}
