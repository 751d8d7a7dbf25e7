namespace Stammgast.Demo;

/// <summary>What all pages of the shop have around them.</summary>
internal static class Frame
{
    /// <summary>The mark of the house: three feathers.</summary>
    public static readonly Html Mark = new("""
        <svg class="mark" viewBox="0 0 46 54" aria-hidden="true"><path d="M0 27C14 25 34 17 46 1 44
        19 26 33 2 34Z"/><path d="M3 38C18 37 32 30 41 18 39 33 24 44 6 44Z"/><path d="M8 48C18 48
        28 43 34 35 32 46 22 54 12 53Z"/></svg>
        """);

    private static readonly (string Path, string German, string English)[] Ways =
    [
        ("/c/shoes", "Schuhe", "Shoes"), ("/c/apparel", "Bekleidung", "Apparel"),
        ("/c/outdoor", "Outdoor", "Outdoor"), ("/c/tennis", "Tennis", "Tennis"),
        ("/c/accessories", "Zubehör", "Accessories"),
    ];

    /// <summary>A whole page.</summary>
    public static Html Page(Visit visit, string title, Html main) => Html.Of($"""
        <!doctype html>
        <html lang="{visit.Language.Tag}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title} · Sporthaus Adler</title>
        <link rel="icon" href="/shop/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/shop/shop.css">
        <script src="/stammgast.js" data-key="{visit.WriteKey}" defer></script>
        <script src="/shop/shop.js" defer></script>
        <script src="/consent.js" data-notice-url="#truth" defer></script>
        </head>
        <body{Html.If(visit.Patron is not null, () => new(" data-signed-in"))}>
        <a class="skip" href="#main">{visit["Zum Inhalt", "Skip to content"]}</a>
        <div class="shell">
        <div class="shop">
        {Header(visit)}
        <main id="main">{main}</main>
        {Footer(visit)}
        </div>
        <aside class="beside" aria-label="{visit["Glaskasten", "Glass box"]}">
        <iframe src="/glass?panel=1&amp;lang={visit.Language.Tag}" loading="lazy"
          title="{visit["Glaskasten: was die Plattform gerade tut",
              "Glass box: what the platform is doing"]}"></iframe>
        </aside>
        </div>
        </body>
        </html>
        """);

    private static Html Header(Visit visit) => Html.Of($"""
        <p class="stage">{visit[
            "Vorführung: Laden, Kundschaft und Bestellungen sind erfunden.",
            "Demonstration: shop, customers and orders are invented."]}
          <a href="#truth">{visit["Was ist echt?", "What is real?"]}</a></p>
        <header class="top">
        <a class="brand" href="/">{Mark}<span>Sporthaus <b>Adler</b></span></a>
        <nav class="tools" aria-label="{visit["Konto und Warenkorb", "Account and basket"]}">
        <a class="tool lang" href="{OtherLanguage(visit)}" hreflang="{visit["en", "de"]}"
          lang="{visit["en", "de"]}">{visit["English", "Deutsch"]}</a>
        <a class="tool glass" href="/glass">{visit["Glaskasten", "Glass box"]}</a>
        <a class="tool" href="/account">{visit.Patron?.Name ?? visit["Anmelden", "Sign in"]}</a>
        <a class="tool basket" href="/basket">{visit["Warenkorb", "Basket"]}
          <b>{visit.Basket.Count}</b></a>
        </nav>
        <nav class="ways" aria-label="{visit["Sortiment", "Assortment"]}">
        {Ways.Select(way => Html.Of($"""
            <a href="{way.Path}"{Current(visit, way.Path)}>{visit[way.German, way.English]}</a>
            """))}
        </nav>
        </header>
        """);

    private static Html Footer(Visit visit) => Html.Of($"""
        <footer>
        <section id="truth" aria-labelledby="truth-title">
        <h2 id="truth-title">{visit["Was hier echt ist", "What is real here"]}</h2>
        <p>{visit[
            "Sporthaus Adler, seine Waren und seine 400 Kundinnen und Kunden sind erfunden. Die "
            + "Vergangenheit, die im Hintergrund einläuft, ist die eines wirklichen Händlers: UCI "
            + "Online Retail (Chen, 2015; CC BY 4.0), 541.909 Rechnungszeilen. Ihre Tage sind so "
            + "verschoben, dass die letzte Rechnung gestern war. Einwilligungen enthält sie keine: "
            + "die Vorführung vergibt sie nach einem festen Zufallsstart.",
            "Sporthaus Adler, its goods and its 400 customers are invented. The past that streams "
            + "in behind it is a real retailer's: UCI Online Retail (Chen, 2015; CC BY 4.0), "
            + "541,909 invoice lines. Its days are shifted so that the last invoice was yesterday. "
            + "It holds no consents: the demonstration gives them out from a fixed seed."]}</p>
        <p>{visit[
            "Nichts verlässt diesen Rechner. Ohne Ihre Einwilligung wird nichts über Sie "
            + "gespeichert.",
            "Nothing leaves this machine. Without your consent nothing about you is stored."]}
          <button type="button" class="plain" data-consent hidden>{visit[
              "Einwilligungen ändern", "Change consents"]}</button></p>
        </section>
        </footer>
        """);

    private static Html Current(Visit visit, string path) =>
        visit.Path == path ? new(" aria-current=\"page\"") : Html.None;

    private static string OtherLanguage(Visit visit) =>
        $"{visit.Path}?lang={visit["en", "de"]}";
}
