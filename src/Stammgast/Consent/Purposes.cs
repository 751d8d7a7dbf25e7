using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Stammgast.Consent;

/// <summary>A title in the two languages that every text comes in.</summary>
/// <param name="De">German.</param>
/// <param name="En">English.</param>
public sealed record LocalText(string De, string En);

/// <summary>A configured purpose.</summary>
public sealed record PurposeInfo
{
    /// <summary>The dotted key.</summary>
    public required string Key { get; init; }

    /// <summary>The bit that it has for ever.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>What a customer reads.</summary>
    public required LocalText Title { get; init; }

    /// <summary>Why it may be pursued.</summary>
    public required LegalBasis LegalBasis { get; init; }

    /// <summary>The category of a stamp that speaks for it, or null: no stamp does.</summary>
    public required string? Category { get; init; }

    /// <summary>How long data is kept for it.</summary>
    public required int RetentionDays { get; init; }
}

/// <summary>
/// The purposes of the cell: keys, bits, bases, categories. Immutable; every question on the way of
/// an event is a set operation. Parsed and checked by <see cref="PurposesJson"/>.
/// </summary>
public sealed class Purposes
{
    private readonly PurposeInfo?[] _byBit = new PurposeInfo?[64];
    private readonly FrozenDictionary<string, PurposeInfo> _byKey;
    private readonly FrozenDictionary<string, PurposeSet> _byCategory;
    private readonly ulong[] _closure = new ulong[64];

    internal Purposes(IReadOnlyList<PurposeInfo> purposes)
    {
        All = [.. purposes.OrderBy(info => info.Purpose.Bit)];
        _byKey = All.ToFrozenDictionary(info => info.Key, StringComparer.Ordinal);
        foreach (var info in All)
            _byBit[info.Purpose.Bit] = info;
        _byCategory = All.Where(info => info.Category is not null)
            .GroupBy(info => info.Category ?? "", StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, SetOf, StringComparer.Ordinal);
        foreach (var info in All)
            _closure[info.Purpose.Bit] = Under(info.Key).Bits;
        Everything = SetOf(All);
        ConsentBased = SetOf(All.Where(info => info.LegalBasis == LegalBasis.Consent));
        WithoutConsent = Everything - ConsentBased;
        Objectable = SetOf(All.Where(info =>
            info.LegalBasis is LegalBasis.LegitimateInterest or LegalBasis.PublicInterest));
        Essential = Under("essential");
        LoweredByPrivacySignal = Under("marketing.advertising") | Under("third_party_sharing");
    }

    /// <summary>The complete default of a retailer, as shipped.</summary>
    public static Purposes Default { get; } = PurposesJson.Default();

    /// <summary>All purposes, by bit.</summary>
    public IReadOnlyList<PurposeInfo> All { get; }

    /// <summary>All purposes.</summary>
    public PurposeSet Everything { get; }

    /// <summary>Those that need a grant.</summary>
    public PurposeSet ConsentBased { get; }

    /// <summary>Those that rest on another basis.</summary>
    public PurposeSet WithoutConsent { get; }

    /// <summary>Those of another basis that end with an objection.</summary>
    public PurposeSet Objectable { get; }

    /// <summary><c>essential.*</c>: what remains when a stamp says no to everything.</summary>
    public PurposeSet Essential { get; }

    /// <summary>What Global Privacy Control takes: advertising and sharing with others.</summary>
    public PurposeSet LoweredByPrivacySignal { get; }

    /// <summary>The categories that stamps may name, in the order of their first purpose.</summary>
    public IEnumerable<string> Categories =>
        All.Select(info => info.Category).OfType<string>().Distinct();

    /// <summary>The purpose of a key.</summary>
    /// <exception cref="KeyNotFoundException">There is none: a mistake in the code that asks.</exception>
    public Purpose Get(string key) => _byKey[key].Purpose;

    /// <summary>The purpose of a key, for keys that come from outside.</summary>
    public bool TryGet(string? key, out Purpose purpose)
    {
        purpose = default;
        if (key is null || !_byKey.TryGetValue(key, out var info))
            return false;
        purpose = info.Purpose;
        return true;
    }

    /// <summary>A purpose's configuration; a bit that nothing is configured for is <c>false</c>.</summary>
    public bool TryGet(Purpose purpose, [NotNullWhen(true)] out PurposeInfo? info)
    {
        info = purpose.Bit < 64 ? _byBit[purpose.Bit] : null;
        return info is not null;
    }

    /// <summary>The key of a purpose; empty for a bit that nothing is configured for.</summary>
    public string KeyOf(Purpose purpose) => TryGet(purpose, out var info) ? info.Key : "";

    /// <summary>The keys of a set, by bit.</summary>
    public IEnumerable<string> KeysOf(PurposeSet set) =>
        All.Where(info => set.Has(info.Purpose)).Select(info => info.Key);

    /// <summary>The purpose of this key, if any, and all beneath it in the tree.</summary>
    public PurposeSet Under(string prefix) =>
        SetOf(All.Where(info => info.Key == prefix
            || (info.Key.Length > prefix.Length && info.Key[prefix.Length] == '.'
                && info.Key.StartsWith(prefix, StringComparison.Ordinal))));

    /// <summary>What a category of a stamp speaks for; unknown categories for nothing.</summary>
    public PurposeSet OfCategory(string category) =>
        _byCategory.TryGetValue(category, out var set) ? set : PurposeSet.None;

    /// <summary>
    /// A refused set with all children: refusing a parent refuses what stands beneath it. A grant
    /// is never widened so.
    /// </summary>
    public PurposeSet WithChildren(PurposeSet refused)
    {
        var closed = refused.Bits;
        foreach (var info in All)
            if (refused.Has(info.Purpose))
                closed |= _closure[info.Purpose.Bit];
        return new PurposeSet(closed);
    }

    /// <summary>
    /// What may be pursued when this is given and that is lowered: consent needs a grant,
    /// legitimate interest ends with an objection, contract and law hold whatever was said.
    /// </summary>
    public PurposeSet Allowed(PurposeSet given, PurposeSet lowered) =>
        (ConsentBased & given) - lowered | WithoutConsent - (Objectable & lowered);

    private static PurposeSet SetOf(IEnumerable<PurposeInfo> purposes) =>
        purposes.Aggregate(PurposeSet.None, (set, info) => set | PurposeSet.Of(info.Purpose));
}
