using System.Globalization;

namespace Stammgast.Demo;

/// <summary>Signing in as one of the invented customers, and their orders with returns.</summary>
internal static class AccountPage
{
    private static readonly (string Value, string German, string English)[] Reasons =
    [
        ("too_small", "zu klein", "too small"), ("too_large", "zu groß", "too large"),
        ("dislike", "gefällt nicht", "do not like it"), ("defect", "defekt", "defective"),
        ("late", "kam zu spät", "came too late"), ("wrong", "falscher Artikel", "wrong article"),
        ("other", "anderes", "other"),
    ];

    /// <summary>The choice of whom to be.</summary>
    public static Html SignIn(Visit visit, IReadOnlyList<Patron> people) =>
        Frame.Page(visit, visit["Anmelden", "Sign in"], Html.Of($"""
        <h1>{visit["Wer möchten Sie sein?", "Who would you like to be?"]}</h1>
        <p class="lead">{visit[
            "400 erfundene Menschen, jeder mit Bestellungen und eigenen Einwilligungen. Der Laden "
            + "bürgt mit einem signierten Ausweis dafür, wen er angemeldet hat.",
            "400 invented people, each with orders and consents of their own. The shop vouches "
            + "with a signed token for whom it signed in."]}</p>
        <form method="post" action="/account/in" class="people">
        <div class="faces">{people.Where(p => p.Orders.Count > 3).DistinctBy(p => p.Habit)
            .OrderBy(p => p.Habit).Select(person => Face(visit, person))}</div>
        <p><label>{visit["Oder jemand anderes", "Or somebody else"]}
        <select name="other"><option value="">–</option>{people.Select(person => Html.Of(
            $"<option value=\"{person.UserId}\">{person.Name}</option>"))}</select></label>
        <button>{visit["Anmelden", "Sign in"]}</button></p>
        </form>
        """));

    /// <summary>The orders of whom one is, newest first; each line can go back with a reason.</summary>
    public static Html Orders(Visit visit, Patron patron, IReadOnlyList<PastOrder> orders) =>
        Frame.Page(visit, patron.Name, Html.Of($"""
        <h1>{patron.Name}</h1>
        <form method="post" action="/account/out" data-out><p class="lead">{patron.UserId} ·
          {HabitOf(visit, patron.Habit)}
          <button class="plain">{visit["Abmelden", "Sign out"]}</button></p></form>
        <section aria-labelledby="orders"><h2 id="orders">{visit["Bestellungen", "Orders"]}</h2>
        {orders.OrderByDescending(order => order.At).Select(order => Order(visit, order))}
        </section>
        """));

    private static Html Face(Visit visit, Patron person) => Html.Of($"""
        <button name="user" value="{person.UserId}" class="face">{Frame.Mark}
        <b>{person.Name}</b><span>{HabitOf(visit, person.Habit)}</span>
        <span>{person.Orders.Count} {visit["Bestellungen", "orders"]}</span></button>
        """);

    private static Html Order(Visit visit, PastOrder order) => Html.Of($"""
        <article class="order"><h3>{order.Id} <time>{order.At.ToString(
            visit.Language["dd.MM.yyyy", "d MMM yyyy"], CultureInfo.InvariantCulture)}</time></h3>
        <ul class="lines">{order.Lines.Select(line => Html.Of($"""
            <li><img src="{line.Style.Picture}" alt="" width="400" height="400" loading="lazy">
            <div><a href="{line.Style.Link}">{visit.Title(line.Style)}</a>
            <span class="detail">{line.Quantity} ×{Html.If(line.Variant.Size is not null, () =>
                Html.Of($" {visit["Größe", "Size"]} {line.Variant.Size}"))}{Html.If(line.Gift, () =>
                Html.Of($" · {visit["Geschenk", "gift"]}"))}</span></div>
            {Return(visit, order, line)}</li>
            """))}</ul></article>
        """);

    private static Html Return(Visit visit, PastOrder order, PastLine line)
    {
        if (line.Reason is { } reason)
        {
            var words = Reasons.First(r => r.Value == reason);
            return Html.Of($"""<span class="detail">{visit["zurück", "returned"]}: {visit[words.German, words.English]}</span>""");
        }
        return Html.Of($"""
            <form method="post" action="/account/return" class="return">
            <input type="hidden" name="order" value="{order.Id}">
            <input type="hidden" name="variant" value="{line.Variant.Id}">
            <label><span class="quiet">{visit["Grund", "Reason"]}</span>
            <select name="reason">{Reasons.Select(r => Html.Of(
                $"<option value=\"{r.Value}\">{visit[r.German, r.English]}</option>"))}</select></label>
            <button class="plain">{visit["Zurückgeben", "Return"]}</button></form>
            """);
    }

    private static string HabitOf(Visit visit, Habit habit) => habit switch
    {
        Habit.Runner => visit["läuft", "runs"],
        Habit.Hiker => visit["wandert", "hikes"],
        Habit.Tennis => visit["spielt Tennis", "plays tennis"],
        Habit.Expecting => visit["läuft, zum Teil sensible Bestellungen",
            "runs, some orders sensitive"],
        _ => visit["kauft für den Alltag", "buys for every day"],
    };
}
