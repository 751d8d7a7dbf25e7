using System.Text.Json;

namespace Stammgast.Decisions;

/// <summary>
/// The staff's voice (invariant 15): candidates, scores, what was dropped at which stage and why.
/// For admin keys only; its bytes never go into an answer to a browser.
/// </summary>
internal static class StaffTrace
{
    /// <summary>Writes one decision; facts by their keys, never their values.</summary>
    public static void Write(Utf8JsonWriter json, Decision decision, bool isReplayed)
    {
        json.WriteStartObject();
        json.WriteString("decisionId", decision.Id.ToString());
        json.WriteString("at", DateTimeOffset.FromUnixTimeMilliseconds(decision.AtMs));
        json.WriteString("placement", decision.Placement);
        json.WriteString("type", TypeName(decision.Type));
        json.WriteString("outcome", decision.IsShown ? "shown" : "silent");
        json.WriteString("reason", decision.IsShown ? ReasonCodes.Of(decision.Reason) : null);
        json.WriteString("silence", decision.IsShown ? null : ReasonCodes.Of(decision.Silence));
        json.WriteBoolean("personal", decision.Personal);
        json.WriteString("text", CustomerVoice.Sentence(decision, null));
        json.WriteString("switch", decision.IsShown ? CustomerVoice.Switch(decision) : null);
        json.WriteString("campaignId", decision.Campaign.Length > 0 ? decision.Campaign : null);
        json.WriteNumber("limit", decision.Limit);
        json.WriteString("block", decision.Block == HeldBack.None ? null : ReasonCodes.Of(decision.Block));
        json.WriteStartObject("versions");
        json.WriteNumber("arbitration", decision.Versions.Arbitration);
        json.WriteNumber("catalogue", decision.Versions.Catalogue);
        json.WriteNumber("models", decision.Versions.Models);
        json.WriteString("seed", decision.Seed.ToString("x16",
            System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteStartArray("facts");
        foreach (var fact in Enum.GetValues<FactsUsed>())
        {
            if (fact != FactsUsed.None && decision.Facts.HasFlag(fact))
                json.WriteStringValue(Name(fact));
        }
        json.WriteEndArray();
        Drops(json, decision);
        json.WriteStartArray("candidates");
        foreach (var candidate in decision.Candidates)
            Write(json, candidate);
        json.WriteEndArray();
        json.WriteBoolean("replayed", isReplayed);
        json.WriteEndObject();
    }

    private static void Drops(Utf8JsonWriter json, Decision decision)
    {
        json.WriteStartArray("drops");
        for (var code = 1; code < decision.Drops.Length; code++)
        {
            if (decision.Drops[code] == 0)
                continue;
            json.WriteStartObject();
            json.WriteString("code", ReasonCodes.Of((HeldBack)code));
            json.WriteNumber("stage", ReasonCodes.StageOf((HeldBack)code));
            json.WriteNumber("count", decision.Drops[code]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, in Judged candidate)
    {
        json.WriteStartObject();
        json.WriteString("key", candidate.Key);
        json.WriteNumber("score", (double)candidate.Score / FixedPoint.Scale);
        json.WriteString("source", ReasonCodes.Of(candidate.Source));
        json.WriteNumber("rank", candidate.Rank);
        json.WriteString("heldBack", candidate.Held == HeldBack.None
            ? null : ReasonCodes.Of(candidate.Held));
        json.WriteEndObject();
    }

    /// <summary>The wire's word for a placement type.</summary>
    public static string TypeName(PlacementType type) => type switch
    {
        PlacementType.Banner => "banner",
        PlacementType.Items => "items",
        PlacementType.Rank => "rank",
        _ => "size",
    };

    private static string Name(FactsUsed fact) => fact switch
    {
        FactsUsed.Page => "page",
        FactsUsed.RecentItems => "recent_items",
        FactsUsed.Purchases => "purchases",
        FactsUsed.CategoryAffinity => "category_affinity",
        FactsUsed.PriceBand => "price_band",
        FactsUsed.WishList => "wish_list",
        FactsUsed.DeclaredPreferences => "declared_preferences",
        FactsUsed.Contacts => "contacts",
        _ => "service_cases",
    };
}
