namespace Stammgast.Demo;

/// <summary>One message of the shop's banners, in its own words.</summary>
internal sealed record Motif
{
    /// <summary>The motifs of the house; the first is for everybody.</summary>
    public static readonly IReadOnlyList<Motif> All =
    [
        new()
        {
            Id = "haus", Category = "outdoor", Link = "/c/outdoor", Styles = ["JAC-01", "HIK-01"],
            Title = "Schlechtes Wetter gibt es. Wir haben die Jacke.",
            TitleEn = "There is bad weather. We have the jacket.",
            Call = "Zu Outdoor", CallEn = "To outdoor",
        },
        new()
        {
            Id = "laufen", Category = "shoes.running", Link = "/c/shoes",
            Styles = ["RUN-01", "GEL-01"],
            Title = "Der Morgen gehört denen, die schon unterwegs sind.",
            TitleEn = "The morning belongs to those already out there.",
            Call = "Zu den Laufschuhen", CallEn = "To running shoes",
        },
        new()
        {
            Id = "tennis", Category = "tennis", Link = "/c/tennis", Styles = ["RAC-01", "BAL-01"],
            Title = "Die Plätze sind abgezogen. Fehlen nur noch Sie.",
            TitleEn = "The courts are swept. Only you are missing.",
            Call = "Zum Tennis", CallEn = "To tennis",
        },
        new()
        {
            Id = "alltag", Category = "apparel", Link = "/c/apparel",
            Styles = ["HOO-01", "TEE-02"],
            Title = "Für alle Tage, an denen kein Training ist.",
            TitleEn = "For all the days without training.",
            Call = "Zur Bekleidung", CallEn = "To apparel",
        },
    ];

    public required string Id { get; init; }
    public required string Category { get; init; }
    public required string Title { get; init; }
    public required string TitleEn { get; init; }
    public required string Call { get; init; }
    public required string CallEn { get; init; }
    public required string Link { get; init; }
    public required IReadOnlyList<string> Styles { get; init; }

    /// <summary>A motif by its id; the house's own for none or an unknown one.</summary>
    public static Motif Of(string? id) => All.FirstOrDefault(motif => motif.Id == id) ?? All[0];

    /// <summary>The banner's inside.</summary>
    public Html Show(Visit visit, Assortment assortment) => Html.Of($"""
        <a class="motif {Id}" href="{Link}">
        <span class="words"><span class="title">{visit[Title, TitleEn]}</span>
        <span class="call">{visit[Call, CallEn]}</span></span>
        <span class="pictures" aria-hidden="true">{Styles.Select(assortment.Find).OfType<Style>()
            .Select(style => Html.Of($"<img src=\"{style.Picture}\" alt=\"\" width=\"400\" height=\"400\">"))}</span>
        </a>
        """);
}
