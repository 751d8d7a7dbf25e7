namespace Stammgast.Decisions;

/// <summary>
/// One message as staff wrote it. Its texts are plain: they can hold no fact of a person
/// (invariant 6), for there is nothing to fill in. Optional members are set, not init: only so does
/// the generated JSON reader leave the defaults of those that are absent.
/// </summary>
public sealed record Motif
{
    /// <summary>Characters of a title.</summary>
    public const int TitleChars = 120;

    /// <summary>Characters of a text.</summary>
    public const int TextChars = 600;

    /// <summary>The shop's key.</summary>
    public required string Key { get; init; }

    /// <summary>The campaign that it belongs to.</summary>
    public required string CampaignId { get; init; }

    /// <summary>Title per language.</summary>
    public required LocalText Title { get; init; }

    /// <summary>Text per language.</summary>
    public LocalText? Text { get; set; }

    /// <summary>An http(s) address or a path of the shop.</summary>
    public required string Link { get; init; }

    /// <summary>An http(s) address or a path of the shop, or empty.</summary>
    public string ImageUrl { get; set; } = "";

    /// <summary>The placement it is made for; null: any banner.</summary>
    public string? Placement { get; set; }

    /// <summary>Only on pages of this category or a narrower one; null: on any page.</summary>
    public string? Category { get; set; }

    /// <summary>The product it advertises: rests with it (invariant 7); null: none.</summary>
    public string? ProductId { get; set; }

    /// <summary>Not before; null: at once.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>Not from then on; null: for ever.</summary>
    public DateTimeOffset? Until { get; set; }

    /// <summary>0–100; the higher wins, equals take turns.</summary>
    public int Priority { get; set; } = 50;

    /// <summary>Whether it may be shown at all.</summary>
    public bool Active { get; set; } = true;
}

/// <summary>A text in the two languages of the product; English falls back to German.</summary>
/// <param name="De">German.</param>
/// <param name="En">English, or null.</param>
public sealed record LocalText(string De, string? En = null)
{
    /// <summary>The text in a locale (<c>de-DE</c>, <c>en</c> …).</summary>
    public string In(string? locale) => En is not null && CustomerVoice.IsEnglish(locale) ? En : De;
}
