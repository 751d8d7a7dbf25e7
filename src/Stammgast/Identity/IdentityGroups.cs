using Stammgast.Storage;

namespace Stammgast.Identity;

/// <summary>
/// The graph's working memory: disjoint groups of leaves and identifiers with what they hold.
/// Lives for one resolution, on one thread.
/// </summary>
internal sealed class IdentityGroups
{
    private static readonly IdentifierType[] Types = Enum.GetValues<IdentifierType>();

    private readonly IdentityRules _rules;
    private readonly Dictionary<LeafId, Group> _ofLeaf = [];
    private readonly Dictionary<LookUpHash, Group> _ofHash = [];
    private readonly HashSet<(LeafId, LookUpHash)> _accepted = [];

    /// <summary>Every leaf alone with its anchor.</summary>
    public IdentityGroups(IReadOnlyCollection<LeafNode> leaves, IdentityRules rules)
    {
        _rules = rules;
        foreach (var leaf in leaves)
        {
            var group = new Group();
            group.Leaves.Add(leaf);
            group.Add(leaf.Anchor, leaf.AnchorHash);
            _ofLeaf.Add(leaf.Leaf, group);
            _ofHash[leaf.AnchorHash] = group;
        }
    }

    /// <summary>Joins two leaves' groups, or says why not.</summary>
    public LinkRule Join(LeafId a, LeafId b) =>
        _ofLeaf.TryGetValue(a, out var left) && _ofLeaf.TryGetValue(b, out var right)
            ? Join(left, right)
            : LinkRule.RefusedUnmerged;

    /// <summary>Joins a leaf to whoever brought the identifier, or says why not.</summary>
    public LinkRule Join(LeafNode leaf, in Sighting sighting)
    {
        var mine = _ofLeaf[leaf.Leaf];
        if (!_ofHash.TryGetValue(sighting.Hash, out var other))
        {
            other = new Group();
            other.Add(sighting.Type, sighting.Hash);
        }
        if (sighting.Type == IdentifierType.AnonymousId && !ReferenceEquals(mine, other)
            && mine.HasKnown && other.HasKnown)
            return LinkRule.RefusedShared;
        var rule = Join(mine, other);
        if (rule is LinkRule.SameIdentifier)
            _accepted.Add((leaf.Leaf, sighting.Hash));
        return rule;
    }

    /// <summary>Whether a device's known holders are two persons at this moment.</summary>
    public bool HasTwoKnown(Observed observed) =>
        observed.Type == IdentifierType.AnonymousId
        && observed.By.Where(leaf => leaf.Anchor != IdentifierType.AnonymousId)
            .Select(leaf => _ofLeaf[leaf.Leaf]).Distinct().Skip(1).Any();

    /// <summary>The groups as persons, sorted by root.</summary>
    public IReadOnlyList<PersonGroup> ToPersons() =>
        [.. _ofLeaf.Values.Distinct().Select(ToPerson).OrderBy(person => person.Root)];

    private LinkRule Join(Group a, Group b)
    {
        if (ReferenceEquals(a, b))
            return LinkRule.SameIdentifier;
        foreach (var type in Types)
        {
            if (a.CountWith(b, type) > _rules.LimitOf(type))
            {
                return type == IdentifierType.UserId
                    ? LinkRule.RefusedTwoUsers
                    : LinkRule.RefusedLimit;
            }
        }
        if (a.IsKeptFrom(b) || b.IsKeptFrom(a))
            return LinkRule.RefusedUnmerged;
        Absorb(a, b);
        return LinkRule.SameIdentifier;
    }

    private void Absorb(Group into, Group from)
    {
        foreach (var leaf in from.Leaves)
        {
            into.Leaves.Add(leaf);
            _ofLeaf[leaf.Leaf] = into;
        }
        foreach (var (type, hash) in from.Identifiers)
        {
            into.Add(type, hash);
            _ofHash[hash] = into;
        }
    }

    private PersonGroup ToPerson(Group group)
    {
        var root = group.Leaves.OrderBy(leaf => leaf.Anchor).ThenBy(leaf => leaf.FirstSeenMs)
            .ThenBy(leaf => leaf.Leaf).First();
        return new PersonGroup(root.Leaf, group.Leaves.Count == 1
            ? [new Member(root.Leaf, 0)]
            : JoinTimes.Of(root, group.Leaves, _accepted));
    }

    private sealed class Group
    {
        public List<LeafNode> Leaves { get; } = [];

        public HashSet<(IdentifierType Type, LookUpHash Hash)> Identifiers { get; } = [];

        public bool HasKnown =>
            Leaves.Any(leaf => leaf.Anchor != IdentifierType.AnonymousId);

        public void Add(IdentifierType type, LookUpHash hash) => Identifiers.Add((type, hash));

        public int CountWith(Group other, IdentifierType type) =>
            Identifiers.Count(id => id.Type == type)
            + other.Identifiers.Count(id => id.Type == type && !Identifiers.Contains(id));

        public bool IsKeptFrom(Group other) =>
            Leaves.Any(leaf => leaf.Ties.Any(tie => !tie.Joined
                && other.Leaves.Any(member => member.Leaf == tie.Other)));
    }
}
