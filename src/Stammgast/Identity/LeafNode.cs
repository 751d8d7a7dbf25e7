using Stammgast.Storage;

namespace Stammgast.Identity;

/// <summary>An identifier that a leaf brought, as the graph sees it: never its value.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Hash">Its look-up hash.</param>
/// <param name="FirstSeenMs">The earliest event time at which this leaf brought it.</param>
public readonly record struct Sighting(IdentifierType Type, LookUpHash Hash, long FirstSeenMs);

/// <summary>
/// What staff said about two leaves; both leaves carry it, and the latest one counts.
/// </summary>
/// <param name="Other">The other leaf.</param>
/// <param name="Joined">One person (<c>true</c>), or explicitly two (<c>false</c>).</param>
/// <param name="AtMs">When it was said.</param>
public readonly record struct Tie(LeafId Other, bool Joined, long AtMs);

/// <summary>A leaf with what can join it to others; input of the graph.</summary>
public sealed record LeafNode
{
    /// <summary>The leaf.</summary>
    public required LeafId Leaf { get; init; }

    /// <summary>The kind of identifier that the leaf is named after.</summary>
    public required IdentifierType Anchor { get; init; }

    /// <summary>The anchor's own look-up hash: it is always the leaf's, sighted or not.</summary>
    public required LookUpHash AnchorHash { get; init; }

    /// <summary>The earliest event time.</summary>
    public required long FirstSeenMs { get; init; }

    /// <summary>Identifiers that may link: declared or observed, not blocked.</summary>
    public required IReadOnlyList<Sighting> Sightings { get; init; }

    /// <summary>Explicit merges and unmerges.</summary>
    public IReadOnlyList<Tie> Ties { get; init; } = [];
}
