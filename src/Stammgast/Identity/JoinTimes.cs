using Stammgast.Storage;

namespace Stammgast.Identity;

/// <summary>
/// When each leaf came to its person: what consents go by, so that no earlier word of one side
/// widens the use of the other's past.
/// </summary>
internal static class JoinTimes
{
    /// <summary>
    /// Two leaves came together when both had brought the same identifier, or when staff said so;
    /// a leaf came to the person over the chain of links from the root whose latest link is
    /// earliest. The root: 0. O(members²) link times.
    /// </summary>
    public static IReadOnlyList<Member> Of(
        LeafNode root, IReadOnlyList<LeafNode> leaves, IReadOnlySet<(LeafId, LookUpHash)> accepted)
    {
        var joined = new Dictionary<LeafId, long> { [root.Leaf] = 0 };
        var brought = leaves.ToDictionary(leaf => leaf.Leaf, leaf => Brought(leaf, accepted));
        var open = leaves.Where(leaf => leaf.Leaf != root.Leaf)
            .ToDictionary(leaf => leaf.Leaf, leaf => Between(root, leaf, brought));
        while (open.Count > 0)
        {
            var (next, atMs) = open.OrderBy(o => o.Value).ThenBy(o => o.Key).First();
            open.Remove(next);
            joined[next] = atMs;
            var node = leaves.First(leaf => leaf.Leaf == next);
            foreach (var other in leaves.Where(leaf => open.ContainsKey(leaf.Leaf)))
            {
                var over = Math.Max(atMs, Between(node, other, brought));
                open[other.Leaf] = Math.Min(open[other.Leaf], over);
            }
        }
        return [.. joined.Select(j => new Member(j.Key, j.Value)).OrderBy(member => member.Leaf)];
    }

    private static Dictionary<LookUpHash, long> Brought(
        LeafNode leaf, IReadOnlySet<(LeafId, LookUpHash)> accepted)
    {
        var brought = leaf.Sightings.Where(s => accepted.Contains((leaf.Leaf, s.Hash)))
            .GroupBy(s => s.Hash).ToDictionary(s => s.Key, s => s.Min(one => one.FirstSeenMs));
        brought[leaf.AnchorHash] = leaf.FirstSeenMs;
        return brought;
    }

    private static long Between(
        LeafNode a, LeafNode b, Dictionary<LeafId, Dictionary<LookUpHash, long>> brought)
    {
        var earliest = long.MaxValue;
        foreach (var (hash, atMs) in brought[a.Leaf])
        {
            if (brought[b.Leaf].TryGetValue(hash, out var otherAtMs))
                earliest = Math.Min(earliest, Math.Max(atMs, otherAtMs));
        }
        foreach (var tie in a.Ties.Where(tie => tie.Joined && tie.Other == b.Leaf)
            .Concat(b.Ties.Where(tie => tie.Joined && tie.Other == a.Leaf)))
            earliest = Math.Min(earliest, tie.AtMs);
        return earliest;
    }
}
