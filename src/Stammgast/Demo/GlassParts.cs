using System.Globalization;
using System.Text.Json.Nodes;

namespace Stammgast.Demo;

/// <summary>Pieces of the glass box, made of what the platform's API tells staff.</summary>
internal static class GlassParts
{
    private const int CandidatesShown = 8;
    private const int FactsShown = 24;

    /// <summary>An event and its fate.</summary>
    public static Html Event(
        Language language, FlowNotice.Collected one, IReadOnlyList<string> purposes) => Html.Of($"""
        <li class="{one.Fate}"><time>{Clock(one.AtMs)}</time> <b>{one.Name}</b>
        <span class="chip {one.Fate}">{(one.Code.Length > 0 ? one.Code : Fate(language, one.Fate))}</span>
        <span class="whose">{Short(one.Leaf)}</span>
        {Html.If(purposes.Count > 0, () => Html.Of($"""
            <details><summary>{language["darf dienen", "may serve"]}: {purposes.Count}
            {language["Zwecken", "purposes"]}</summary><p class="purposes">{purposes.Select(Purpose)}</p></details>
            """))}</li>
        """);

    /// <summary>Whose profile it is, what is known, from where, for what; and what was withheld.</summary>
    public static Html Profile(
        Language language, LeafId person, JsonNode? facts, JsonNode? consents) => Html.Of($"""
        <p class="whose big">{person.ToString()}</p>
        <details><summary>{language["Einwilligungen", "Consents"]}: {Items(consents).Count(IsGiven)}
        {language["gegeben", "given"]}</summary><p class="consents">{Consents(consents)}</p></details>
        <h3>{language["Fakten", "Facts"]}</h3>
        <table><tbody>{Items(facts).Take(FactsShown).Select(fact => Fact(language, fact))}</tbody></table>
        <p class="idle">{language["Zurückgehalten", "Withheld"]}: {Text(facts?["withheld"], "0")}</p>
        """);

    /// <summary>A decision with every candidate, and why each that fell, fell.</summary>
    public static Html Decision(Language language, JsonNode trace)
    {
        var candidates = Items(trace["candidates"]).ToList();
        var best = Math.Max(1e-9, candidates.Select(one => Number(one["score"])).DefaultIfEmpty().Max());
        var code = Text(trace["reason"], "") is { Length: > 0 } reason
            ? reason : Text(trace["silence"], "");
        return Html.Of($"""
            <article class="decision"><h3>{Text(trace["placement"], "")}
            <span class="chip {Text(trace["outcome"], "")}">{code}</span>
            {Html.If(Text(trace["personal"], "") == "true", () => Html.Of(
                $"<span class=\"chip personal\">{language["persönlich", "personal"]}</span>"))}</h3>
            <p class="sentence">{Text(trace["text"], "")}</p>
            <ol class="bars">{candidates.Take(CandidatesShown).Select(one => Candidate(one, best))}</ol>
            <p class="drops">{Items(trace["drops"]).Select(drop => Html.Of(
                $"<span class=\"chip dropped\">{Text(drop["code"], "")} {Text(drop["count"], "")}</span> "))}</p>
            <p class="idle">{language["benutzt", "used"]}: {string.Join(", ",
                Items(trace["facts"]).Select(fact => fact.ToString()))} · {Text(trace["decisionId"], "")}</p>
            </article>
            """);
    }

    /// <summary>How far the past has come in.</summary>
    public static Html Past(Language language, PastProgress past) => Html.Of($"""
        <p><b>{language["Die Vergangenheit läuft ein", "The past is streaming in"]}</b>
        <span>{past.Name}</span></p>
        <progress max="100" value="{(long)past.Percent}">{(long)past.Percent} %</progress>
        <p class="idle">{language.Number(past.Done)} {language["Zeilen", "lines"]} ·
        {language.Number((long)past.PerSecond)}/s · {Left(language, past)}</p>
        """);

    private static string Left(Language language, PastProgress past) => past switch
    {
        { IsDone: true } => language["fertig", "done"],
        { SecondsLeft: { } seconds } => string.Create(CultureInfo.InvariantCulture,
            $"{language["noch", "left"]} {seconds:0} s"),
        _ => "…",
    };

    private static Html Candidate(JsonNode one, double best)
    {
        var held = Text(one["heldBack"], "");
        var width = (long)Math.Round(100 * Math.Max(0, Number(one["score"])) / best);
        return Html.Of($"""
            <li{(held.Length > 0 ? new Html(" class=\"held\"") : Html.None)}><span class="key">{Text(one["key"], "")}</span><svg viewBox="0 0 100 8" preserveAspectRatio="none"
            aria-hidden="true"><rect width="{width}" height="8" rx="2"/></svg><span class="why">{(held.Length > 0 ? held : Text(one["source"], ""))}</span></li>
            """);
    }

    private static Html Fact(Language language, JsonNode fact) => Html.Of($"""
        <tr><th scope="row">{Text(fact["key"], "")}</th><td>{Text(fact["value"], "")}</td>
        <td><span class="chip provenance {Text(fact["provenance"], "")}">{Text(fact["provenance"], "")}</span></td>
        <td class="count" title="{string.Join('\n', Purposes(fact))}">{Purposes(fact).Count()}
        <span class="quiet">{language["Zwecke", "purposes"]}</span></td></tr>
        """);

    private static IEnumerable<string> Purposes(JsonNode fact) =>
        Items(fact["purposes"]).Select(purpose => purpose.ToString());

    // What needs no consent is the same for everybody.
    private static IEnumerable<Html> Consents(JsonNode? consents) => Items(consents)
        .Where(one => Text(one["legalBasis"], "consent") == "consent").Select(one =>
        Html.Of($"""
            <span class="chip consent {Text(one["status"], "")}">{Text(one["purpose"], "")}</span>
            """));

    private static bool IsGiven(JsonNode one) => Text(one["status"], "") == "given";

    private static Html Purpose(string key) => Html.Of($"<span class=\"chip\">{key}</span> ");

    // Lists come as {"data":[…]} or as the bare array.
    private static IEnumerable<JsonNode> Items(JsonNode? node) => node switch
    {
        JsonArray array => array.OfType<JsonNode>(),
        JsonObject body when body["data"] is JsonArray data => data.OfType<JsonNode>(),
        _ => [],
    };

    private static string Text(JsonNode? node, string otherwise) => node switch
    {
        null => otherwise,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => node.ToJsonString(),
    };

    private static double Number(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<double>(out var number) ? number : 0;

    private static string Short(LeafId leaf) => leaf == LeafId.None ? "" : leaf.ToString()[..10];

    private static string Fate(Language language, string fate) => fate switch
    {
        "accepted" => language["angenommen", "accepted"],
        "duplicate" => language["doppelt", "duplicate"],
        _ => language["abgelehnt", "rejected"],
    };

    private static string Clock(long atMs) => DateTimeOffset.FromUnixTimeMilliseconds(atMs)
        .ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}
