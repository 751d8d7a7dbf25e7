namespace Stammgast;

/// <summary>
/// Kinds of identifier, best anchor first: the lowest value among an event's identifiers names
/// its leaf. The numbers are stored.
/// </summary>
public enum IdentifierType : byte
{
    /// <summary>The shop's verified account id. At most one per person.</summary>
    UserId = 1,

    /// <summary>A loyalty card, digits and letters only, upper case.</summary>
    LoyaltyCard = 2,

    /// <summary>A verified e-mail address, lower case.</summary>
    Email = 3,

    /// <summary>A verified telephone number, E.164.</summary>
    Phone = 4,

    /// <summary>A device's first-party anonymous id.</summary>
    AnonymousId = 5,
}

/// <summary>An identifier after normalisation (see <c>Keys.Normaliser</c>). Personal data.</summary>
public readonly record struct Identifier(IdentifierType Type, string Value)
{
    /// <summary>The type only: a value must never reach a log or an exception.</summary>
    public override string ToString() => Type.ToString();
}
