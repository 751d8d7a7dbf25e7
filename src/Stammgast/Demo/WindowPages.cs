namespace Stammgast.Demo;

/// <summary>Home and listings.</summary>
internal static class WindowPages
{
    /// <summary>What the platform decides on the first page.</summary>
    public static readonly IReadOnlyList<Placement> HomePlaces =
        [new("home.banner", "banner"), new("home.row", "items") { Limit = 6 }];

    private static readonly Dictionary<string, (string German, string English)> Names = new()
    {
        ["shoes"] = ("Schuhe", "Shoes"),
        ["apparel"] = ("Bekleidung", "Apparel"),
        ["outdoor"] = ("Outdoor", "Outdoor"),
        ["tennis"] = ("Tennis", "Tennis"),
        ["accessories"] = ("Zubehör", "Accessories"),
        ["nutrition"] = ("Verpflegung", "Nutrition"),
        ["health"] = ("Gesundheit und Schwangerschaft", "Health and maternity"),
    };

    private static readonly (string Category, string StyleId)[] Tiles =
    [
        ("shoes", "RUN-01"), ("apparel", "TEE-02"), ("outdoor", "JAC-01"), ("tennis", "RAC-01"),
        ("accessories", "SOC-01"), ("nutrition", "GEL-01"), ("health", "SUP-01"),
    ];

    /// <summary>Whether there is such a department.</summary>
    public static bool Has(string category) => Names.ContainsKey(category);

    /// <summary>Banner, row, departments.</summary>
    public static Html Home(Visit visit, Assortment assortment, ExperienceAnswer answer) =>
        Frame.Page(visit, visit["Sport und Mode", "Sports and fashion"], Html.Of($"""
        <h1 class="quiet">Sporthaus Adler</h1>
        {Slot.Banner(visit, assortment, HomePlaces[0], answer.For("home.banner"))}
        {Slot.Row(visit, assortment, HomePlaces[1], visit["Ausgesucht", "Picked"],
            answer.For("home.row"))}
        <section aria-labelledby="departments">
        <h2 id="departments">{visit["Abteilungen", "Departments"]}</h2>
        <div class="tiles">{Tiles.Select(tile => Tile(visit, assortment, tile))}</div>
        </section>
        """));

    /// <summary>
    /// A department. Its order is the platform's, which gives back exactly what it was handed; the
    /// sensitive department is never handed out and stands in the shop's own order.
    /// </summary>
    public static Html List(
        Visit visit, Assortment assortment, string category, DecisionAnswer? decided)
    {
        var name = visit.Language[Names[category].German, Names[category].English];
        var styles = assortment.Under(category).ToList();
        var sensitive = styles.Exists(style => style.Sensitive);
        var ranked = Slot.Styles(assortment, decided).ToList();
        if (ranked.Count == styles.Count && !ranked.Except(styles).Any())
            styles = ranked;
        var slot = sensitive ? Html.None : new Html(" data-slot=\"listing\" data-type=\"rank\"");
        var note = Html.If(sensitive, () => Html.Of($"""
            <p class="lead">{visit[
                "Was Sie hier ansehen, lernt niemand: Diese Abteilung kennt keine Vorschläge.",
                "Nobody learns what you look at here: this department knows no suggestions."]}</p>
            """));
        return Frame.Page(visit, name, Html.Of($"""
            <section class="slot listing"{slot}>
            <h1>{name}</h1>
            {note}
            <div class="cards wide" data-fill>{styles.Select(s => Slot.Card(visit, s))}</div>
            {Html.If(!sensitive, () => Slot.Why(visit, decided))}
            </section>
            """));
    }

    private static Html Tile(Visit visit, Assortment assortment, (string Category, string Id) tile)
    {
        var (german, english) = Names[tile.Category];
        return Html.Of($"""
            <a class="tile" href="/c/{tile.Category}">
            <img src="{assortment.Find(tile.Id)?.Picture}" alt="" width="400" height="400"
              loading="lazy">
            <span>{visit[german, english]}</span></a>
            """);
    }
}
