using System.Globalization;

namespace Stammgast.Demo;

/// <summary>One product: sizes, its row, its size chart.</summary>
internal static class ProductPage
{
    /// <summary>What the platform decides on a product's page: nothing for a sensitive one.</summary>
    public static IReadOnlyList<Placement> Places(Style style) => style.Sensitive
        ? []
        : [new("pdp.row", "items") { Limit = 6, ProductId = style.Id }];

    /// <summary>The page.</summary>
    public static Html Show(
        Visit visit, Assortment assortment, Style style, ExperienceAnswer answer) =>
        Frame.Page(visit, visit.Title(style), Html.Of($"""
        <article class="product"{Tracked(style)}>
        <img class="big" src="{style.Picture}" alt="{visit.Title(style)}" width="400" height="400">
        <div class="about">
        <p class="brandname">{style.Brand}</p>
        <h1>{visit.Title(style)}</h1>
        {Slot.Price(visit, style)}
        <p class="tax">{visit["inkl. MwSt., versandfrei", "incl. VAT, free delivery"]}</p>
        <p class="lead">{visit[style.Text, style.TextEn]}</p>
        <form method="post" action="/basket/add" data-add="{style.Id}">
        <input type="hidden" name="product" value="{style.Id}">
        {Sizes(visit, style)}
        <label class="gift"><input type="checkbox" name="gift" value="1">
          {visit["Ist ein Geschenk: nichts daraus auf mich schließen",
              "Is a gift: conclude nothing about me from it"]}</label>
        <button class="buy">{visit["In den Warenkorb", "Add to basket"]}</button>
        </form>
        {Chart(visit, assortment, style)}
        </div>
        </article>
        {Places(style).Select(place => Slot.Row(
            visit, assortment, place, visit["Dazu passt", "Goes with it"], answer.For(place.Key)))}
        """));

    // Sensitive goods are bought, never watched being looked at.
    private static Html Tracked(Style style) => style.Sensitive
        ? Html.None : Html.Of($" data-viewed=\"{style.Id}\"");

    private static Html Sizes(Visit visit, Style style)
    {
        if (style.Variants is [{ Size: null } only])
            return Html.Of($"""<input type="hidden" name="variant" value="{only.Id}">""");
        var first = style.Variants.FirstOrDefault(variant => variant.Stock > 0)?.Id;
        return Html.Of($"""
            <fieldset class="sizes"><legend>{visit["Größe", "Size"]}{Html.If(style.Colour.Length > 0, () => Html.Of(
                                                                         $" · {visit["Farbe", "Colour"]}: {visit[style.Colour, style.ColourEn]}"))}</legend>
            {style.Variants.Select(variant => Html.Of($"""
                <label><input type="radio" name="variant" value="{variant.Id}" required{Html.If(variant.Stock == 0, () => new(" disabled"))}{Html.If(variant.Id == first && style.Variants.Count == 1, () => new(" checked"))}>
                <span>{variant.Size}{Html.If(variant.Stock == 0, () => Html.Of(
                                                                                                                                             $"<i class=\"quiet\"> {visit["ausverkauft", "sold out"]}</i>"))}</span></label>
                """))}
            </fieldset>
            """);
    }

    private static Html Chart(Visit visit, Assortment assortment, Style style)
    {
        if (style.Chart is null)
            return Html.None;
        var rows = assortment.SizeCharts[style.Chart];
        return Html.Of($"""
            <details class="chart"><summary>{visit["Größentabelle", "Size chart"]}</summary>
            <table><thead><tr><th scope="col">{visit["Größe", "Size"]}</th>
            {rows[0].Measures.Select(measure => Html.Of(
                $"<th scope=\"col\">{Measure(visit, measure.Name)} (cm)</th>"))}</tr></thead>
            <tbody>{rows.Select(row => Html.Of($"""
                <tr><th scope="row">{row.Size}</th>{row.Measures.Select(measure => Html.Of(
                    $"<td>{Cm(visit, measure.MinMm)}–{Cm(visit, measure.MaxMm)}</td>"))}</tr>
                """))}</tbody></table></details>
            """);
    }

    private static string Measure(Visit visit, string name) => name switch
    {
        "chest" => visit["Brust", "Chest"],
        "waist" => visit["Taille", "Waist"],
        "hip" => visit["Hüfte", "Hip"],
        _ => visit["Fußlänge", "Foot length"],
    };

    private static string Cm(Visit visit, int mm)
    {
        var text = (mm / 10m).ToString("0.#", CultureInfo.InvariantCulture);
        return visit.Language.English ? text : text.Replace('.', ',');
    }
}
