using Stammgast.Storage;

namespace Stammgast.Identity;

/// <summary>Why an identifier joined a leaf to a person, or why it did not.</summary>
public enum LinkRule : byte
{
    /// <summary>The identifier names the leaf itself.</summary>
    Anchor = 1,

    /// <summary>The same identifier was brought by both sides.</summary>
    SameIdentifier = 2,

    /// <summary>Staff said that both are one person.</summary>
    ExplicitMerge = 3,

    /// <summary>Refused: seen with more holders than one person may be (device, kiosk, family).</summary>
    RefusedShared = 4,

    /// <summary>Refused: the person would have too many identifiers of a type.</summary>
    RefusedLimit = 5,

    /// <summary>Refused: two known users never merge.</summary>
    RefusedTwoUsers = 6,

    /// <summary>Refused: staff said that these are two persons.</summary>
    RefusedUnmerged = 7,
}

/// <summary>
/// One step of a resolution: what was considered, in order, and what became of it. For an explicit
/// merge, <see cref="Other"/> is the leaf merged with and the hash is empty.
/// </summary>
public readonly record struct LinkStep(
    LeafId Leaf, IdentifierType? Type, LookUpHash Hash, long AtMs, LinkRule Rule, LeafId Other);

/// <summary>Leaves that are one person. <paramref name="Members"/> are sorted and hold the root.</summary>
public sealed record PersonGroup(LeafId Root, IReadOnlyList<Member> Members);

/// <summary>Which leaves are which persons, with every step that led there.</summary>
/// <param name="Persons">Every leaf handed in is in exactly one; sorted by root.</param>
/// <param name="Steps">The links considered, in the order in which they were decided.</param>
public sealed record Resolution(
    IReadOnlyList<PersonGroup> Persons, IReadOnlyList<LinkStep> Steps);
