namespace Stammgast.Consent;

/// <summary>Why a purpose may be pursued (GDPR Art. 6(1)); wire names in snake case.</summary>
public enum LegalBasis : byte
{
    /// <summary>Art. 6(1)(a): only while a grant holds.</summary>
    Consent = 1,

    /// <summary>Art. 6(1)(b): whatever was said.</summary>
    Contract = 2,

    /// <summary>Art. 6(1)(c): whatever was said.</summary>
    LegalObligation = 3,

    /// <summary>Art. 6(1)(d): whatever was said.</summary>
    VitalInterest = 4,

    /// <summary>Art. 6(1)(e): until objected to.</summary>
    PublicInterest = 5,

    /// <summary>Art. 6(1)(f): until objected to.</summary>
    LegitimateInterest = 6,
}

/// <summary>
/// What a person has said of a purpose. Only <see cref="Given"/> allows what rests on consent. The
/// numbers are stored; of two lowerings received at one moment the higher number is shown.
/// </summary>
public enum ConsentStatus : byte
{
    /// <summary>Nothing was said: neither gives nor takes.</summary>
    Unknown = 0,

    /// <summary>Asked, not answered yet (a double opt-in under way).</summary>
    Requested = 1,

    /// <summary>Yes, and it holds.</summary>
    Given = 2,

    /// <summary>No, and it was never yes.</summary>
    Refused = 3,

    /// <summary>No, after it was yes; also an objection.</summary>
    Withdrawn = 4,

    /// <summary>Yes, too long ago.</summary>
    Expired = 5,

    /// <summary>Yes, but somebody else found that it does not count.</summary>
    Invalidated = 6,
}

/// <summary>Whom an act speaks for; the numbers are stored.</summary>
public enum ConsentScope : byte
{
    /// <summary>The device that it was said on: what a stamp says.</summary>
    Device = 1,

    /// <summary>The person: signed in, in the portal, by the shop's own form.</summary>
    Person = 2,
}

/// <summary>The wire names of the closed words of this room.</summary>
public static class ConsentWords
{
    /// <summary>The wire name.</summary>
    public static string Wire(LegalBasis basis) => basis switch
    {
        LegalBasis.Consent => "consent",
        LegalBasis.Contract => "contract",
        LegalBasis.LegalObligation => "legal_obligation",
        LegalBasis.VitalInterest => "vital_interest",
        LegalBasis.PublicInterest => "public_interest",
        LegalBasis.LegitimateInterest => "legitimate_interest",
        _ => throw new ArgumentOutOfRangeException(nameof(basis)),
    };

    /// <summary>The wire name.</summary>
    public static string Wire(ConsentStatus status) => status switch
    {
        ConsentStatus.Unknown => "unknown",
        ConsentStatus.Requested => "requested",
        ConsentStatus.Given => "given",
        ConsentStatus.Refused => "refused",
        ConsentStatus.Withdrawn => "withdrawn",
        ConsentStatus.Expired => "expired",
        ConsentStatus.Invalidated => "invalidated",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    /// <summary>The wire name.</summary>
    public static string Wire(ConsentScope scope) => scope switch
    {
        ConsentScope.Device => "device",
        ConsentScope.Person => "person",
        _ => throw new ArgumentOutOfRangeException(nameof(scope)),
    };

    /// <summary>Reads a wire name; anything else is <c>false</c>.</summary>
    public static bool TryRead(string? text, out LegalBasis basis) => TryRead(text, Wire, out basis);

    /// <summary>Reads a wire name; anything else is <c>false</c>.</summary>
    public static bool TryRead(string? text, out ConsentStatus status) =>
        TryRead(text, Wire, out status);

    /// <summary>Reads a wire name; anything else is <c>false</c>.</summary>
    public static bool TryRead(string? text, out ConsentScope scope) => TryRead(text, Wire, out scope);

    private static bool TryRead<T>(string? text, Func<T, string> wire, out T value)
        where T : struct, Enum
    {
        foreach (var candidate in Enum.GetValues<T>())
        {
            value = candidate;
            if (wire(candidate) == text)
                return true;
        }
        value = default;
        return false;
    }
}
