using System.Globalization;
using System.Text.Json;

namespace Stammgast.Decisions;

/// <summary>
/// The placements' half of <c>POST /v1/experience</c>, read and checked; the events' half is
/// Collect's. Unknown members are tolerated: pages live longer than servers.
/// </summary>
internal sealed record ExperienceRequest
{
    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = Limits.JsonDepth * 2 };

    /// <summary>The device, or null.</summary>
    public string? AnonymousId { get; init; }

    /// <summary>The user as claimed, or null.</summary>
    public string? UserId { get; init; }

    /// <summary>What lets a browser's claim be believed, or null.</summary>
    public string? IdentityToken { get; init; }

    /// <summary>Position that an earlier answer gave, or null.</summary>
    public LogPosition? After { get; init; }

    /// <summary>Language of sentences and texts, or null.</summary>
    public string? Locale { get; init; }

    /// <summary>Whether there are events at all.</summary>
    public bool HasEvents { get; init; }

    /// <summary>
    /// What the request's own consent stamp says no to by being there without a yes; a stamp only
    /// ever narrows here. Null: no stamp.
    /// </summary>
    public IReadOnlyDictionary<string, bool>? Stamp { get; init; }

    /// <summary>At least one; in the order of the answer.</summary>
    public required IReadOnlyList<Placement> Placements { get; init; }

    /// <summary>The type by its wire name.</summary>
    public static bool TryType(string? name, out PlacementType type)
    {
        type = name switch
        {
            "banner" => PlacementType.Banner,
            "items" => PlacementType.Items,
            "rank" => PlacementType.Rank,
            "size" => PlacementType.Size,
            _ => default,
        };
        return type != default;
    }

    /// <summary>Reads a body; null and a problem that points to the field where it is not well-formed.</summary>
    /// <param name="body">UTF-8 JSON.</param>
    /// <param name="settings">What staff configured about placements; completes what is not said.</param>
    /// <param name="problem">What is wrong, or null.</param>
    public static ExperienceRequest? Read(
        ReadOnlyMemory<byte> body, IReadOnlyList<PlacementSetting> settings, out Problem? problem)
    {
        problem = null;
        try
        {
            using var document = JsonDocument.Parse(body, Depth);
            return Read(new RequestReader(document.RootElement, ""), settings);
        }
        catch (JsonException)
        {
            problem = Problems.Malformed("The body is one JSON object.");
        }
        catch (FieldException field)
        {
            problem = Problems.Invalid(field.Message, field.Pointer);
        }
        return null;
    }

    private static ExperienceRequest Read(
        RequestReader reader, IReadOnlyList<PlacementSetting> settings)
    {
        var context = reader.Object("context");
        var after = reader.Text("after", 32);
        return new ExperienceRequest
        {
            AnonymousId = reader.Text("anonymousId", Limits.IdentifierChars),
            UserId = reader.Text("userId", Limits.IdentifierChars),
            IdentityToken = reader.Text("identityToken", 1_000),
            After = after is null ? null : Position(reader, after),
            Locale = context?.Text("locale", 35),
            HasEvents = reader.Length("events") > 0,
            Stamp = context?.Object("consent") is { } consent ? Preferences(consent) : null,
            Placements = PlacementsOf(reader, settings),
        };
    }

    private static LogPosition Position(RequestReader reader, string text) =>
        long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
            out var value) && value >= 0
            ? new LogPosition(value)
            : throw reader.Wrong("after", "A position as an earlier answer gave it.");

    private static Dictionary<string, bool> Preferences(RequestReader consent)
    {
        // Whatever cannot be read as a yes is a no: no exception here, no yes by accident.
        var preferences = new Dictionary<string, bool>(StringComparer.Ordinal);
        if (consent.TryObject("categoryPreferences", out var categories))
        {
            foreach (var member in categories.Element.EnumerateObject())
                preferences[member.Name] = member.Value.ValueKind == JsonValueKind.True
                    && preferences.GetValueOrDefault(member.Name, true);
        }
        return preferences;
    }

    private static List<Placement> PlacementsOf(
        RequestReader reader, IReadOnlyList<PlacementSetting> settings)
    {
        var placements = new List<Placement>();
        foreach (var one in reader.Objects("placements", Placement.MaxPerRequest))
            placements.Add(PlacementOf(one, settings));
        return placements;
    }

    private static Placement PlacementOf(
        RequestReader one, IReadOnlyList<PlacementSetting> settings)
    {
        var key = one.Text("key", Placement.KeyChars)
            ?? throw one.Wrong("key", "The placement's key is missing.");
        var setting = Find(settings, key);
        if (!TryType(one.Text("type", 16) ?? setting?.Type, out var type))
            throw one.Wrong("type", "One of banner, items, rank, size.");
        var productIds = one.Texts("productIds", Placement.MaxProducts);
        if (type == PlacementType.Rank && productIds.Count == 0)
            throw one.Wrong("productIds", "What rank shall order is missing.");
        return new Placement
        {
            Key = key,
            Type = type,
            IsOff = setting is { Active: false },
            Limit = (int)(one.Number("limit", 1, Placement.MaxItems) ?? setting?.Limit ?? 6),
            ProductId = one.Text("productId", Limits.ItemIdChars),
            Exclude = one.Texts("exclude", Placement.MaxProducts),
            ProductIds = productIds,
            Category = one.Text("category", Limits.ItemIdChars),
            MinPriceMinor = one.Number("minPriceMinor", 0, long.MaxValue),
            MaxPriceMinor = one.Number("maxPriceMinor", 0, long.MaxValue),
            ForSomeoneElse = one.Text("for", 16) switch
            {
                null or "self" => false,
                "someone_else" => true,
                _ => throw one.Wrong("for", "self or someone_else."),
            },
        };
    }

    private static PlacementSetting? Find(IReadOnlyList<PlacementSetting> settings, string key)
    {
        for (var i = 0; i < settings.Count; i++)
        {
            if (string.Equals(settings[i].Key, key, StringComparison.Ordinal))
                return settings[i];
        }
        return null;
    }
}
