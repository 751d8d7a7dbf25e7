using Stammgast.Storage;

namespace Stammgast.Identity;

/// <summary>
/// Says which leaves are one person. A pure function of the set of leaves: order, repetition and
/// batches change nothing.
/// <list type="number">
/// <item>Explicit merges are tried first, oldest first.</item>
/// <item>Then sightings by priority of their type, then first seen: a leaf joins whoever else
/// brought the identifier, unless the person would exceed a limit (so two users never merge) or
/// staff said that two of its leaves are two persons.</item>
/// <item>An identifier that more holders of a better type brought than one person may have (an
/// address of two users) links nobody.</item>
/// <item>A device comes last, and never glues known holders together: it joins the one person
/// that better identifiers have made of them; if they are two, it links to neither.</item>
/// <item>A person's root is its leaf with the best anchor, then the first seen.</item>
/// </list>
/// Complexity: O(s log s) for s sightings, times the few ties.
/// </summary>
public static class IdentityGraph
{
    /// <summary>Partitions the leaves into persons.</summary>
    /// <param name="leaves">Closed under links: whoever shares an identifier with one is here.</param>
    /// <param name="crowded">
    /// Identifiers with more than <see cref="IdentityRules.MaxObservers"/> observers, of which not
    /// all are here: they link nobody.
    /// </param>
    /// <param name="rules">Limits.</param>
    public static Resolution Resolve(
        IReadOnlyCollection<LeafNode> leaves, IReadOnlySet<LookUpHash> crowded, IdentityRules rules)
    {
        var groups = new IdentityGroups(leaves, rules);
        var observers = Observers(leaves);
        var steps = new List<LinkStep>();
        foreach (var (leaf, tie) in Merges(leaves))
        {
            var rule = groups.Join(leaf, tie.Other);
            steps.Add(new(leaf, null, default, tie.AtMs,
                rule is LinkRule.SameIdentifier ? LinkRule.ExplicitMerge : rule, tie.Other));
        }
        var sightings = Ordered(leaves);
        var shared = new HashSet<LookUpHash>(crowded);
        shared.UnionWith(observers.Where(o => IsShared(o.Value, rules)).Select(o => o.Key));
        steps.AddRange(sightings.Where(s => s.Sighting.Type != IdentifierType.AnonymousId)
            .Select(s => Step(groups, s, shared)));
        // Judged before any device has joined, so that no device's order matters.
        shared.UnionWith(observers.Where(o => groups.HasTwoKnown(o.Value)).Select(o => o.Key));
        steps.AddRange(sightings.Where(s => s.Sighting.Type == IdentifierType.AnonymousId)
            .Select(s => Step(groups, s, shared)));
        return new Resolution(groups.ToPersons(), steps);
    }

    /// <summary>The same for all leaves there are.</summary>
    public static Resolution Resolve(IReadOnlyCollection<LeafNode> leaves, IdentityRules rules) =>
        Resolve(leaves, new HashSet<LookUpHash>(), rules);

    /// <summary>The identifiers of a leaf, its anchor included, each once.</summary>
    public static IEnumerable<(IdentifierType Type, LookUpHash Hash)> Brought(LeafNode leaf)
    {
        yield return (leaf.Anchor, leaf.AnchorHash);
        foreach (var sighting in leaf.Sightings)
        {
            if (sighting.Hash != leaf.AnchorHash)
                yield return (sighting.Type, sighting.Hash);
        }
    }

    private static LinkStep Step(
        IdentityGroups groups, (LeafNode Leaf, Sighting Sighting) seen, HashSet<LookUpHash> shared)
    {
        var (leaf, sighting) = seen;
        var rule = shared.Contains(sighting.Hash)
            ? LinkRule.RefusedShared
            : groups.Join(leaf, sighting);
        return new(leaf.Leaf, sighting.Type, sighting.Hash, sighting.FirstSeenMs, rule, LeafId.None);
    }

    private static Dictionary<LookUpHash, Observed> Observers(IEnumerable<LeafNode> leaves)
    {
        var observers = new Dictionary<LookUpHash, Observed>();
        foreach (var leaf in leaves)
        {
            foreach (var (type, hash) in Brought(leaf))
            {
                if (!observers.TryGetValue(hash, out var observed))
                    observers[hash] = observed = new Observed(type, []);
                observed.By.Add(leaf);
            }
        }
        return observers;
    }

    private static bool IsShared(Observed observed, IdentityRules rules) =>
        observed.By.Count > rules.MaxObservers
        || observed.By.Where(leaf => leaf.Anchor < observed.Type).GroupBy(leaf => leaf.Anchor)
            .Any(holders => holders.Count() > rules.LimitOf(holders.Key));

    // Both leaves carry a tie; it counts once, from the smaller leaf.
    private static IEnumerable<(LeafId Leaf, Tie Tie)> Merges(IEnumerable<LeafNode> leaves) =>
        leaves.SelectMany(leaf => leaf.Ties.Where(tie => tie.Joined)
                .Select(tie => leaf.Leaf.CompareTo(tie.Other) < 0
                    ? (leaf.Leaf, Tie: tie)
                    : (Leaf: tie.Other, Tie: tie with { Other = leaf.Leaf })))
            .Distinct()
            .OrderBy(m => m.Tie.AtMs).ThenBy(m => m.Leaf).ThenBy(m => m.Tie.Other);

    private static List<(LeafNode Leaf, Sighting Sighting)> Ordered(IEnumerable<LeafNode> leaves) =>
        [.. leaves.SelectMany(leaf => leaf.Sightings.Where(s => s.Hash != leaf.AnchorHash)
                .Select(s => (Leaf: leaf, Sighting: s)))
            .OrderBy(e => e.Sighting.Type).ThenBy(e => e.Sighting.FirstSeenMs)
            .ThenBy(e => e.Leaf.Leaf).ThenBy(e => e.Sighting.Hash.Value)];
}

/// <summary>Who brought an identifier.</summary>
internal sealed record Observed(IdentifierType Type, List<LeafNode> By);
