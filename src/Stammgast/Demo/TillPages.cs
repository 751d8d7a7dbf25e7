namespace Stammgast.Demo;

/// <summary>Basket and the page after buying.</summary>
internal static class TillPages
{
    /// <summary>The basket and the one button that buys it.</summary>
    public static Html Basket(Visit visit) => Frame.Page(visit, visit["Warenkorb", "Basket"],
        visit.Basket.Lines.Count == 0
        ? Html.Of($"""
            <h1>{visit["Warenkorb", "Basket"]}</h1>
            <p class="lead">{visit["Noch leer.", "Still empty."]}
            <a href="/">{visit["Zum Laden", "To the shop"]}</a></p>
            """)
        : Html.Of($"""
            <h1>{visit["Warenkorb", "Basket"]}</h1>
            <ul class="lines">{visit.Basket.Lines.Select(line => Line(visit, line))}</ul>
            <p class="sum"><span>{visit["Summe", "Total"]}</span>
              <b>{visit.Language.Price(visit.Basket.TotalMinor)}</b></p>
            <form method="post" action="/checkout" data-checkout>
            <input type="hidden" name="anonymousId"><input type="hidden" name="given">
            <p class="tax">{visit[
                "Eine Vorführung: keine Adresse, keine Zahlung. Die Bestellung gilt trotzdem, für "
                + "die Plattform.",
                "A demonstration: no address, no payment. The order counts all the same, for the "
                + "platform."]}</p>
            <button class="buy">{visit["Zahlungspflichtig bestellen (erfunden)",
                "Place order (invented)"]}</button>
            </form>
            """));

    /// <summary>After buying: what was bought is done, so the row shows what is not.</summary>
    public static Html Thanks(
        Visit visit, Assortment assortment, (string Id, PastOrder? Placed) order,
        ExperienceAnswer answer) =>
        Frame.Page(visit, visit["Danke", "Thank you"], Html.Of($"""
        <h1>{visit["Danke für Ihre Bestellung", "Thank you for your order"]}</h1>
        <p class="lead" data-order="{order.Id}" data-lines="{Lines(order.Placed)}">{visit[
            "Nummer", "Number"]} <b>{order.Id}</b>.
        {visit[
            "Was Sie gekauft haben, bietet der Laden Ihnen nun nicht mehr an, bis es gebraucht "
            + "wird.",
            "What you bought the shop does not offer you again until it is needed."]}</p>
        <p><a href="/account">{visit["Zu den Bestellungen", "To your orders"]}</a></p>
        {Slot.Row(visit, assortment, WindowPages.HomePlaces[1], visit["Ausgesucht", "Picked"],
            answer.For("home.row"))}
        """));

    // For the browser's own event of the order; sensitive goods stay out of it.
    private static string Lines(PastOrder? order) => string.Join(' ', (order?.Lines ?? [])
        .Where(line => !line.Style.Sensitive)
        .Select(line => $"{line.Style.Id}*{line.Quantity}{(line.Gift ? "g" : "")}"));

    private static Html Line(Visit visit, BasketLine line) => Html.Of($"""
        <li><img src="{line.Style.Picture}" alt="" width="400" height="400">
        <div><a href="{line.Style.Link}">{visit.Title(line.Style)}</a>
        <span class="detail">{line.Quantity} × {visit.Language.Price(line.Style.PriceMinor)}{Html.If(line.Variant.Size is not null, () => Html.Of(
                                                                                                 $" · {visit["Größe", "Size"]} {line.Variant.Size}"))}{Html.If(line.Gift, () => Html.Of($" · {visit["Geschenk", "gift"]}"))}</span></div>
        <b>{visit.Language.Price(line.TotalMinor)}</b>
        <form method="post" action="/basket/remove">
        <input type="hidden" name="variant" value="{line.Variant.Id}">
        <input type="hidden" name="gift" value="{(line.Gift ? "1" : "")}">
        <button class="plain" aria-label="{visit["Entfernen", "Remove"]}: {visit.Title(line.Style)}">{visit["Entfernen", "Remove"]}</button></form></li>
        """);
}
