namespace Stammgast.Demo;

/// <summary>The glass box: what the platform does, while it does it. The staff's voice.</summary>
internal static class GlassPage
{
    private static readonly (string Key, string German, string English)[] Stations =
    [
        ("collect", "Annahme", "Collect"), ("consent", "Ein\u00adwilligung", "Consent"),
        ("log", "Log", "Log"), ("identity", "Identität", "Identity"),
        ("profiles", "Profile", "Profiles"), ("intelligence", "Intelli\u00adgenz", "Intelli\u00adgence"),
        ("decisions", "Entschei\u00addung", "Decisions"),
    ];

    /// <summary>The page, or the panel beside the shop.</summary>
    public static Html Show(Language language, bool isPanel) => Html.Of($"""
        <!doctype html>
        <html lang="{language.Tag}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{language["Glaskasten", "Glass box"]} · Stammgast</title>
        <link rel="icon" href="/shop/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/shop/glass.css">
        <script src="/shop/glass.js" defer></script>
        </head>
        <body{(isPanel ? new Html(" class=\"panel\"") : Html.None)}>
        <header><h1>{language["Glaskasten", "Glass box"]}</h1>
        <p>{language[
            "Die Stimme fürs Personal. Die Kundschaft bekommt nur den einen Satz.",
            "The staff's voice. Customers get the one sentence only."]}{Html.If(!isPanel, () => Html.Of($" <a href=\"/\">{language["Zum Laden", "To the shop"]}</a>"))}</p></header>
        <main>
        <ol class="line" aria-label="{language["Der Weg eines Ereignisses", "The way of an event"]}">
        {Stations.Select(station => Html.Of($"""
            <li data-station="{station.Key}"><i></i><span>{language[station.German, station.English]}</span></li>
            """))}
        </ol>
        <section class="past" aria-live="off" data-past hidden></section>
        <div class="columns">
        <section><h2>{language["Entscheidungen", "Decisions"]}</h2><div data-decisions><p class="idle">{language["Noch keine.", "None yet."]}</p></div></section>
        <section><h2>{language["Profil", "Profile"]}</h2><div data-profile><p class="idle">{language[
            "Noch niemand. Ohne Einwilligung gibt es kein Profil.",
            "Nobody yet. Without consent there is no profile."]}</p></div></section>
        <section><h2>{language["Ereignisse", "Events"]}</h2><ol class="events" data-events></ol>
        <p class="idle" data-idle>{language[
            "Noch keines. Gehen Sie durch den Laden.", "None yet. Walk through the shop."]}</p></section>
        </div>
        </main>
        </body>
        </html>
        """);
}
