using System.Collections.Frozen;

namespace Stammgast.Identity;

/// <summary>
/// What may join leaves into persons: how many identifiers of a type one person may have, and
/// which values are nobody's. Part of a cell's configuration; the same rules and the same events
/// give the same persons on any node.
/// </summary>
public sealed record IdentityRules
{
    /// <summary>A shop's usual figures; one account, a few cards and addresses, many devices.</summary>
    public static IdentityRules Default { get; } = new()
    {
        PersonLimits = new Dictionary<IdentifierType, int>
        {
            [IdentifierType.UserId] = 1,
            [IdentifierType.LoyaltyCard] = 3,
            [IdentifierType.Email] = 5,
            [IdentifierType.Phone] = 5,
            [IdentifierType.AnonymousId] = 20,
        }.ToFrozenDictionary(),
        Blocked = BlockedValues.Default,
    };

    /// <summary>
    /// Most identifiers of a type that one person may have. A link that would exceed it is refused;
    /// an identifier seen with more holders of a better type than one person may have is shared
    /// (a family's device, a store's kiosk) and links nobody. A type not named links nobody.
    /// </summary>
    public required FrozenDictionary<IdentifierType, int> PersonLimits { get; init; }

    /// <summary>Values that name nobody.</summary>
    public required BlockedValues Blocked { get; init; }

    /// <summary>
    /// More leaves than this under one look-up are shared by counting alone, whoever they are:
    /// so a kiosk's thousand customers are never loaded to find out.
    /// </summary>
    public int MaxObservers => PersonLimits.Values.Sum() + 1;

    /// <summary>The most identifiers of the type that a person may have.</summary>
    public int LimitOf(IdentifierType type) => PersonLimits.GetValueOrDefault(type);
}
