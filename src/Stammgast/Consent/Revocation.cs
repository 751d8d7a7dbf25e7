using Stammgast.Storage;

namespace Stammgast.Consent;

/// <summary>What was taken; the numbers are stored.</summary>
public enum RevocationKind : byte
{
    /// <summary>A consent, or by an objection; or a subscription: load the consents again.</summary>
    Consent = 1,

    /// <summary>Everything: the leaf is erased.</summary>
    Erasure = 2,

    /// <summary>A link: the person is to be put together again.</summary>
    Unmerge = 3,
}

/// <summary>
/// Says that everything which this node remembers of a leaf from before is void. It carries no
/// purpose and nothing said: who needs more loads it.
/// </summary>
/// <param name="Leaf">Whose.</param>
/// <param name="Kind">What was taken.</param>
/// <param name="AtMs">When, ms since 1970 UTC.</param>
public readonly record struct Revocation(LeafId Leaf, RevocationKind Kind, long AtMs)
{
    /// <summary>The ledger's entry; to be committed together with what it announces.</summary>
    public static LedgerAppend Append(LeafId leaf, RevocationKind kind, long atMs) =>
        new(ConsentRows.Revocations, leaf, atMs, new[] { (byte)kind });

    /// <summary>
    /// Reads an entry. One whose body is gone or unknown is read as an erasure: it takes the most.
    /// </summary>
    public static Revocation Of(in LedgerEntry entry) =>
        new(entry.Leaf, entry.Body.Span is [var kind] && kind is 1 or 2 or 3
            ? (RevocationKind)entry.Body.Span[0]
            : RevocationKind.Erasure, entry.AtMs);
}
