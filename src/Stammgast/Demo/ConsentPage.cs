using Stammgast.Consent;

namespace Stammgast.Demo;

/// <summary>
/// The consent dialogue: nothing is ticked, refusing is one press and looks like accepting, and it
/// works without script. The page behind stays usable: nobody has to answer. Its words are those of
/// the notice under which the platform records the answer.
/// </summary>
internal static class ConsentPage
{
    /// <summary>The sheet at the foot of a page, while nobody has answered.</summary>
    public static Html Sheet(Visit visit) => Html.Of($"""
        <section class="consent" role="dialog" aria-labelledby="consent-title"
          aria-describedby="consent-text" tabindex="-1">
        <h2 id="consent-title">{visit.Notice.Title}</h2>
        <p id="consent-text">{visit.Notice.Body}</p>
        {Form(visit)}
        </section>
        """);

    /// <summary>The same form as a page of its own.</summary>
    public static Html Page(Visit visit) => Frame.Page(
        visit with { Choice = visit.Choice with { Asked = true } },
        visit["Einwilligungen", "Consents"],
        Html.Of($"""
        <h1>{visit["Ihre Einwilligungen", "Your consents"]}</h1>
        <p class="lead">{visit[
            "Jeder Zweck steht für sich. Ein Widerruf wirkt sofort und ist so leicht wie die "
            + "Einwilligung.",
            "Each purpose stands by itself. A withdrawal works at once and is as easy as "
            + "consent."]}</p>
        <div class="consent still">{Form(visit)}</div>
        """));

    private static Html Form(Visit visit) => Html.Of($"""
        <form method="post" action="/consent">
        <input type="hidden" name="back" value="{visit.Path}">
        <details{Html.If(visit.Choice.Asked, () => new(" open"))}>
        <summary>{visit["Einzeln wählen", "Choose one by one"]}</summary>
        <fieldset><legend class="quiet">{visit["Zwecke", "Purposes"]}</legend>
        {Choice.Categories.Select(category => Box(visit, category, visit.Notice.Categories[category]))}
        </fieldset>
        <button name="answer" value="some">{visit.Notice.Save}</button>
        </details>
        <div class="answers">
        <button name="answer" value="none">{visit.Notice.RefuseAll}</button>
        <button name="answer" value="all">{visit.Notice.AcceptAll}</button>
        </div>
        </form>
        """);

    private static Html Box(Visit visit, string category, NoticeCategory words) => Html.Of($"""
        <label class="purpose"><input type="checkbox" name="category" value="{category}"{
            Html.If(visit.Choice.Allows(category), () => new(" checked"))}>
        <span><b>{words.Title}</b> {words.Text}</span></label>
        """);
}
