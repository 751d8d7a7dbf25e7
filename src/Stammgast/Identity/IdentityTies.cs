using Stammgast.Storage;

namespace Stammgast.Identity;

/// <summary>What ties are to become of what staff said; leaves not named keep theirs.</summary>
/// <param name="Ties">The new ties by leaf.</param>
/// <param name="Refused">Why not; null: it is done.</param>
public sealed record TiePlan(
    IReadOnlyDictionary<LeafId, IReadOnlyList<Tie>> Ties, LinkRule? Refused)
{
    internal static TiePlan No(LinkRule why) =>
        new(new Dictionary<LeafId, IReadOnlyList<Tie>>(), why);
}

/// <summary>
/// Explicit merges and unmerges, pure. Each says no more than is needed: a merge of what was
/// unmerged only takes that back, an unmerge of what staff merged only takes that back. So either,
/// after the other, restores what was, byte for byte.
/// </summary>
public static class IdentityTies
{
    /// <summary>Joins the persons of two leaves.</summary>
    /// <param name="leaves">Both persons' components, closed under links.</param>
    /// <param name="crowded">See <see cref="IdentityGraph"/>.</param>
    /// <param name="rules">Limits; they hold for staff, too.</param>
    /// <param name="said">Which leaves, and when.</param>
    public static TiePlan Merge(IReadOnlyCollection<LeafNode> leaves,
        IReadOnlySet<LookUpHash> crowded, IdentityRules rules,
        (LeafId A, LeafId B, long AtMs) said)
    {
        var before = IdentityGraph.Resolve(leaves, crowded, rules);
        var left = PersonOf(before, said.A);
        var right = PersonOf(before, said.B);
        if (left.Root == right.Root)
            return new TiePlan(new Dictionary<LeafId, IReadOnlyList<Tie>>(), null);
        var freed = Reunited(leaves, left, right);
        if (AreOne(freed, crowded, rules, said))
            return Plan(leaves, freed);
        var tied = freed.Select(leaf =>
            leaf.Leaf == left.Root ? With(leaf, new Tie(right.Root, true, said.AtMs))
            : leaf.Leaf == right.Root ? With(leaf, new Tie(left.Root, true, said.AtMs))
            : leaf).ToArray();
        var after = IdentityGraph.Resolve(tied, crowded, rules);
        if (PersonOf(after, said.A).Root == PersonOf(after, said.B).Root)
            return Plan(leaves, tied);
        var why = after.Steps.Where(step => step.Other == right.Root || step.Other == left.Root)
            .Select(step => step.Rule).FirstOrDefault(LinkRule.RefusedLimit);
        return TiePlan.No(why);
    }

    /// <summary>Parts some leaves from the rest of their person.</summary>
    /// <param name="leaves">The person's component, closed under links.</param>
    /// <param name="crowded">See <see cref="IdentityGraph"/>.</param>
    /// <param name="rules">Limits.</param>
    /// <param name="said">Leaves to go, all of one person, not all of it; and when.</param>
    public static TiePlan Unmerge(IReadOnlyCollection<LeafNode> leaves,
        IReadOnlySet<LookUpHash> crowded, IdentityRules rules,
        (IReadOnlySet<LeafId> Going, long AtMs) said)
    {
        var person = PersonOf(IdentityGraph.Resolve(leaves, crowded, rules), said.Going.First());
        var members = person.Members.Select(member => member.Leaf).ToHashSet();
        var staying = members.Where(leaf => !said.Going.Contains(leaf)).ToHashSet();
        if (staying.Count == 0 || !said.Going.All(members.Contains))
            return TiePlan.No(LinkRule.RefusedUnmerged);
        var freed = leaves.Select(leaf => leaf with
        {
            Ties = [.. leaf.Ties.Where(tie => !(tie.Joined && (said.Going.Contains(leaf.Leaf)
                ? staying.Contains(tie.Other)
                : staying.Contains(leaf.Leaf) && said.Going.Contains(tie.Other))))],
        }).ToArray();
        var after = IdentityGraph.Resolve(freed, crowded, rules);
        var parted = said.Going.All(leaf => staying.All(other =>
            PersonOf(after, leaf).Root != PersonOf(after, other).Root));
        return Plan(leaves, parted ? freed : [.. freed.Select(leaf => Kept(leaf, said, staying))]);
    }

    private static LeafNode Kept(
        LeafNode leaf, (IReadOnlySet<LeafId> Going, long AtMs) said, HashSet<LeafId> staying)
    {
        IEnumerable<LeafId> from = said.Going.Contains(leaf.Leaf) ? staying
            : staying.Contains(leaf.Leaf) ? said.Going
            : [];
        return from.Aggregate(leaf, (kept, other) => With(kept, new Tie(other, false, said.AtMs)));
    }

    // Without what keeps the two persons apart.
    private static LeafNode[] Reunited(
        IEnumerable<LeafNode> leaves, PersonGroup left, PersonGroup right)
    {
        var a = left.Members.Select(member => member.Leaf).ToHashSet();
        var b = right.Members.Select(member => member.Leaf).ToHashSet();
        return [.. leaves.Select(leaf => leaf with
        {
            Ties = [.. leaf.Ties.Where(tie => tie.Joined
                || !(a.Contains(leaf.Leaf) && b.Contains(tie.Other)
                    || b.Contains(leaf.Leaf) && a.Contains(tie.Other)))],
        })];
    }

    private static bool AreOne(IReadOnlyCollection<LeafNode> leaves,
        IReadOnlySet<LookUpHash> crowded, IdentityRules rules, (LeafId A, LeafId B, long) said)
    {
        var resolution = IdentityGraph.Resolve(leaves, crowded, rules);
        return PersonOf(resolution, said.A).Root == PersonOf(resolution, said.B).Root;
    }

    private static PersonGroup PersonOf(Resolution resolution, LeafId leaf) =>
        resolution.Persons.First(person => person.Members.Any(member => member.Leaf == leaf));

    private static LeafNode With(LeafNode leaf, Tie tie) => leaf with
    {
        Ties = [.. leaf.Ties.Where(t => t.Other != tie.Other).Append(tie).OrderBy(t => t.Other)],
    };

    private static TiePlan Plan(
        IReadOnlyCollection<LeafNode> before, IReadOnlyCollection<LeafNode> after) =>
        new(after.Zip(before)
            .Where(pair => !pair.First.Ties.SequenceEqual(pair.Second.Ties))
            .ToDictionary(pair => pair.First.Leaf, pair => pair.First.Ties), null);
}
