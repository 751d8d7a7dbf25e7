namespace Stammgast.Demo;

/// <summary>Places on pages that the platform fills, and what stands in them.</summary>
internal static class Slot
{
    /// <summary>
    /// A row of products with its sentence. Nothing to show: nothing stands there, but script may
    /// still fill it once the visitor has consented.
    /// </summary>
    public static Html Row(
        Visit visit, Assortment assortment, Placement place, string title, DecisionAnswer? decided)
    {
        var styles = Styles(assortment, decided).ToList();
        return Html.Of($"""
            <section class="slot row" data-slot="{place.Key}" data-type="items"
              data-limit="{place.Limit ?? 6}" data-product="{place.ProductId}"{Html.If(styles.Count == 0, () => new(" hidden"))}>
            <h2>{title}</h2>
            <div class="cards" data-fill>{styles.Select(style => Card(visit, style))}</div>
            {Why(visit, decided)}
            </section>
            """);
    }

    /// <summary>A banner. Without a decision the shop's own motif stands there.</summary>
    public static Html Banner(
        Visit visit, Assortment assortment, Placement place, DecisionAnswer? decided) => Html.Of($"""
        <section class="slot banner" data-slot="{place.Key}" data-type="banner">
        <div data-fill>{Motif.Of(decided?.MotifId).Show(visit, assortment)}</div>
        {Why(visit, decided)}
        </section>
        """);

    /// <summary>A product as rows and listings show it.</summary>
    public static Html Card(Visit visit, Style style) => Html.Of($"""
        <a class="card" href="{style.Link}" data-id="{style.Id}">
        <img src="{style.Picture}" alt="" width="400" height="400" loading="lazy">
        <span class="brandname">{style.Brand}</span>
        <span class="name">{visit.Title(style)}</span>
        {Price(visit, style)}
        </a>
        """);

    /// <summary>The price, and what it was before.</summary>
    public static Html Price(Visit visit, Style style) => style.ListPriceMinor is { } before
        ? Html.Of($"""
            <span class="price"><ins>{visit.Language.Price(style.PriceMinor)}</ins>
            <del><span class="quiet">{visit["statt", "instead of"]}</span>
            {visit.Language.Price(before)}</del></span>
            """)
        : Html.Of($"""<span class="price">{visit.Language.Price(style.PriceMinor)}</span>""");

    /// <summary>
    /// „Warum sehe ich das?": the platform's sentence. The switches wait for script, since what
    /// was decided without it knows nobody whose reason could be turned off.
    /// </summary>
    public static Html Why(Visit visit, DecisionAnswer? decided) => Html.Of($"""
        <details class="why" data-why>
        <summary>{visit["Warum sehe ich das?", "Why do I see this?"]}</summary>
        <p data-sentence>{decided?.Reason?.Text ?? visit[
            "Das ist die Auswahl des Hauses. Sie ist für alle gleich.",
            "This is the house's own choice. It is the same for everyone."]}</p>
        <p class="switches" data-switches hidden>
        <button type="button" data-value="too_much">{visit["Weniger davon", "Less of this"]}</button>
        <button type="button" data-value="not_true">{visit["Stimmt nicht", "Not true"]}</button>
        <button type="button" data-value="never">{visit["Aus", "Off"]}</button></p>
        <p class="thanks" data-thanks role="status" hidden>{visit[
            "Ist notiert.", "Noted."]}</p>
        </details>
        """);

    /// <summary>The styles that a decision shows; unknown ids are left out.</summary>
    public static IEnumerable<Style> Styles(Assortment assortment, DecisionAnswer? decided) =>
        (decided?.Items ?? []).Select(item => assortment.Find(item.ProductId)).OfType<Style>();
}
