using System.Globalization;
using System.Text.Json;
using Stammgast.Identity;
using Stammgast.Keys;

namespace Stammgast.Profiles;

/// <summary>
/// Traits of <c>identify</c> as facts. Each is as good as the event's ceiling lets it be, and
/// never better. An address or number among them is an identifier too, where its source vouches.
/// </summary>
internal static class TraitFold
{
    /// <summary>A longer key or value stays in the timeline only.</summary>
    public const int KeyChars = 64;

    /// <summary>A longer value stays in the timeline only.</summary>
    public const int ValueChars = 512;

    /// <summary>Adds the traits' marks.</summary>
    public static void Mark(Event e, in Origin origin, IdentityRules rules, MarkTable into)
    {
        if (e.Body.IsEmpty)
            return;
        using var body = JsonDocument.Parse(e.Body);
        if (!body.RootElement.TryGetProperty("traits", out var traits)
            || traits.ValueKind != JsonValueKind.Object)
            return;
        foreach (var trait in traits.EnumerateObject())
        {
            var json = trait.Value.GetRawText();
            if (trait.Name.Length is 0 or > KeyChars || json.Length > ValueChars)
                continue;
            into.Add(Profiles.Mark.Of(MarkKind.Trait, origin, e.AtMs, e.Source.Value) with
            {
                A = trait.Name,
                C = json,
            });
            if (e.OfRecord && trait.Value.ValueKind == JsonValueKind.String)
                MarkIdentifier(e, trait, origin, rules, into);
        }
    }

    private static void MarkIdentifier(
        Event e, JsonProperty trait, in Origin origin, IdentityRules rules, MarkTable into)
    {
        IdentifierType? type = trait.Name switch
        {
            "email" => IdentifierType.Email,
            "phone" => IdentifierType.Phone,
            _ => null,
        };
        if (type is { } known
            && Normaliser.TryNormalise(known, trait.Value.GetString(), out var value))
            LeafFold.MarkIdentifier(e, new Identifier(known, value), origin, rules, into);
    }
}

/// <summary>Age by what traits say, for the protection of the young.</summary>
internal static class Minors
{
    private const int AgeYears = 16;

    /// <summary>
    /// Whether a trait says that somebody is under 16 at a moment: a date of birth, or an age when
    /// it was told (she may have grown older since; that errs on the careful side for a while).
    /// </summary>
    public static bool IsUnderAge(in Mark trait, long nowMs) => trait.A switch
    {
        "birthday" or "birthdate" or "date_of_birth" or "dateOfBirth" =>
            DateTimeOffset.TryParse(trait.C.Trim('"'), CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal, out var born)
            && born.Year <= 9999 - AgeYears
            && born.AddYears(AgeYears).ToUnixTimeMilliseconds() > nowMs,
        "age" => decimal.TryParse(trait.C.Trim('"'), NumberStyles.Float,
                CultureInfo.InvariantCulture, out var years)
            && years is >= 0 and < AgeYears
            && nowMs - trait.AtMs < (long)((AgeYears - years) * 31_557_600_000m),
        _ => false,
    };
}
