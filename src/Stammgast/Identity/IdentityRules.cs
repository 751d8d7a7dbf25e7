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

/// <summary>
/// Identifier values that name nobody: what forms, test suites and broken exports send. Compared
/// after normalisation and without case; no patterns, so nothing here can be slow.
/// </summary>
public sealed record BlockedValues
{
    /// <summary>Placeholders seen in the wild, for every type.</summary>
    public static BlockedValues Default { get; } = new()
    {
        Exact = new[]
        {
            "unknown", "null", "nil", "none", "undefined", "anonymous", "anonymousid", "guest",
            "nan", "n/a", "na", "not_set", "(not set)", "test", "tester", "user", "userid", "id",
            "default", "admin", "true", "false", "[object object]", "-", "-1", "0", "1",
            "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        }.ToFrozenSet(StringComparer.OrdinalIgnoreCase),
        MailboxNames = new[]
        {
            "test", "tester", "noreply", "no-reply", "nobody", "none", "null", "unknown",
            "example", "guest", "asdf",
        }.ToFrozenSet(StringComparer.OrdinalIgnoreCase),
        MailDomains = new[]
        {
            "example.com", "example.org", "example.net", "test.com", "test.de", "localhost",
        }.ToFrozenSet(StringComparer.OrdinalIgnoreCase),
    };

    /// <summary>Values blocked for every type.</summary>
    public required FrozenSet<string> Exact { get; init; }

    /// <summary>What may not stand before the @ of an address.</summary>
    public required FrozenSet<string> MailboxNames { get; init; }

    /// <summary>What may not stand behind the @ of an address.</summary>
    public required FrozenSet<string> MailDomains { get; init; }

    /// <summary>
    /// Whether the value names nobody. One character repeated (<c>000000</c>, <c>xxxx</c>) of any
    /// length counts as a placeholder for user ids, cards and phones.
    /// </summary>
    public bool Contains(in Identifier identifier)
    {
        var value = identifier.Value;
        if (string.IsNullOrWhiteSpace(value) || Exact.Contains(value))
            return true;
        if (identifier.Type != IdentifierType.Email)
            return IsOneCharacter(value.AsSpan().TrimStart('+'));
        var at = value.IndexOf('@', StringComparison.Ordinal);
        return at < 0 || MailboxNames.Contains(value[..at]) || MailDomains.Contains(value[(at + 1)..]);
    }

    private static bool IsOneCharacter(ReadOnlySpan<char> value) =>
        value.Length > 3 && value.IndexOfAnyExcept(value[0]) < 0;
}
