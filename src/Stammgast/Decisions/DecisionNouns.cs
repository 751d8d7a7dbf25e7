using Stammgast.Keys;

namespace Stammgast.Decisions;

/// <summary>
/// A placement as staff configured it; requests may name placements that nobody did. Set, not init:
/// see <see cref="Motif"/>.
/// </summary>
public sealed record PlacementSetting
{
    /// <summary>The placement's key.</summary>
    public required string Key { get; init; }

    /// <summary><c>banner</c>, <c>items</c>, <c>rank</c> or <c>size</c>.</summary>
    public required string Type { get; init; }

    /// <summary>At most so many items where the request does not say.</summary>
    public int? Limit { get; set; }

    /// <summary>Turned off: silent.</summary>
    public bool Active { get; set; } = true;
}

/// <summary>The nouns of this room, each one line of <see cref="ResourcesApi"/>.</summary>
internal static class DecisionNouns
{
    /// <summary><c>/v1/motifs</c>.</summary>
    public static readonly ResourceType<Motif> Motifs = new()
    {
        Noun = "motifs",
        Kind = ResourceKind.Motif,
        Json = DecisionsJson.Default.Motif,
        KeyOf = motif => motif.Key,
        Check = Check,
    };

    /// <summary><c>/v1/placements</c>.</summary>
    public static readonly ResourceType<PlacementSetting> Placements = new()
    {
        Noun = "placements",
        Kind = ResourceKind.Placement,
        Json = DecisionsJson.Default.PlacementSetting,
        KeyOf = placement => placement.Key,
        Check = Check,
    };

    private static Fault? Check(PlacementSetting setting)
    {
        if (!ExperienceRequest.TryType(setting.Type, out _))
            return new("/type", "One of banner, items, rank, size.");
        return setting.Limit is < 1 or > Placement.MaxItems
            ? new("/limit", $"From 1 to {Placement.MaxItems}.") : null;
    }

    private static Fault? Check(Motif motif)
    {
        if (!ResourceRules.IsKey(motif.CampaignId))
            return new("/campaignId", "1–64 of a–z, 0–9, dot, dash, underscore.");
        return Text(motif.Title, "/title", Motif.TitleChars)
            ?? (motif.Text is null ? null : Text(motif.Text, "/text", Motif.TextChars))
            ?? Places(motif);
    }

    private static Fault? Places(Motif motif)
    {
        if (!ResourceRules.IsLink(motif.Link))
            return new("/link", "An http(s) address, or a path of the shop that begins with one /.");
        if (motif.ImageUrl.Length > 0 && !ResourceRules.IsLink(motif.ImageUrl))
            return new("/imageUrl", "An http(s) address, or a path of the shop.");
        if (motif.Placement is { } place && place.Length is 0 or > Placement.KeyChars)
            return new("/placement", "The key of a placement.");
        if (motif.ProductId is { Length: 0 or > Limits.ItemIdChars })
            return new("/productId", "The id of a product.");
        if (motif.Category is { Length: 0 or > Limits.ItemIdChars })
            return new("/category", "The key of a category.");
        if (motif.Priority is < 0 or > 100)
            return new("/priority", "From 0 to 100.");
        return motif.Until <= motif.From ? new("/until", "Later than from.") : null;
    }

    private static Fault? Text(LocalText text, string pointer, int maxChars)
    {
        if (!ResourceRules.IsPlain(text.De, maxChars))
            return new(pointer + "/de", PlainOnly(maxChars));
        return text.En is not null && !ResourceRules.IsPlain(text.En, maxChars)
            ? new(pointer + "/en", PlainOnly(maxChars)) : null;
    }

    private static string PlainOnly(int maxChars) =>
        $"1 to {maxChars} characters of plain text: no template marks, for a text shows no fact "
        + "of a person.";
}
