using System.Collections.Frozen;

namespace Stammgast;

/// <summary>
/// Identifier values that name nobody: what forms, test suites and broken exports send. Compared
/// after normalisation and without case; no patterns, so nothing here can be slow. Collect drops
/// them, so that no anchor gathers strangers; the graph never links by them.
/// </summary>
public sealed record BlockedValues
{
    /// <summary>Placeholders seen in the wild, for every type.</summary>
    public static BlockedValues Default { get; } = new()
    {
        Exact = new[]
        {
            "unknown", "null", "nil", "none", "undefined", "anonymous", "nan", "n/a", "not_set",
            "(not set)", "true", "false", "[object object]", "-", "-1", "0",
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
