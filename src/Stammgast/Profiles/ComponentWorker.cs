using Stammgast.Identity;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Profiles;

/// <summary>A leaf with its record's version.</summary>
internal readonly record struct VersionedLeaf(long Version, LeafState State);

/// <summary>
/// Leaves that may be one person or border on one, closed under links, as the graph needs them.
/// </summary>
internal sealed record Component(
    IReadOnlyDictionary<LeafId, VersionedLeaf> Leaves, IReadOnlyList<LeafNode> Nodes,
    IReadOnlySet<LookUpHash> Crowded, IReadOnlyDictionary<LeafId, VersionedLeaf> Committed,
    IReadOnlyDictionary<LeafId, LoadedPerson> Persons, BlindIndex Index)
{
    /// <summary>The same leaves with other ties.</summary>
    public Component With(IReadOnlyDictionary<LeafId, IReadOnlyList<Tie>> ties) => this with
    {
        Nodes = [.. Nodes.Select(node =>
            ties.TryGetValue(node.Leaf, out var said) ? node with { Ties = said } : node)],
        Leaves = Leaves.ToDictionary(leaf => leaf.Key, leaf =>
            ties.TryGetValue(leaf.Key, out var said)
                ? leaf.Value with { State = leaf.Value.State.WithTies(said) }
                : leaf.Value),
    };

    /// <summary>Whether a leaf's root or ties are other than committed.</summary>
    public bool IsChanged(VersionedLeaf leaf)
    {
        var committed = Committed[leaf.State.Leaf].State;
        return committed.Root != leaf.State.Root
            || !committed.Ties.SequenceEqual(leaf.State.Ties);
    }

    /// <summary>Which identifier each hash stands for.</summary>
    public IReadOnlyDictionary<LookUpHash, Identifier> Names()
    {
        var names = new Dictionary<LookUpHash, Identifier>();
        foreach (var leaf in Leaves.Values)
        {
            foreach (var (identifier, _) in leaf.State.Links())
                names[Index.LookUp(identifier)] = identifier;
        }
        return names;
    }
}

/// <summary>Loads components breadth first: whoever shares an identifier, a tie or a person.</summary>
internal sealed class ComponentWorker(
    IStore store, BlindIndex index, ProfileReaderWorker reader, IdentityRules rules, int maxLeaves)
{
    /// <summary>The components of some leaves, together.</summary>
    public async ValueTask<Component> ReadAsync(
        IReadOnlyCollection<LeafId> seeds, CancellationToken cancel)
    {
        var leaves = new Dictionary<LeafId, VersionedLeaf>();
        var nodes = new List<LeafNode>();
        var crowded = new HashSet<LookUpHash>();
        var looked = new HashSet<LookUpHash>();
        var persons = new Dictionary<LeafId, LoadedPerson>();
        var tried = new HashSet<LeafId>(seeds);
        var next = seeds.Distinct().ToList();
        while (next.Count > 0)
        {
            var found = await LoadAsync(next, leaves, nodes, cancel);
            var hashes = found.SelectMany(node => IdentityGraph.Brought(node).Select(b => b.Hash))
                .Where(looked.Add).ToArray();
            var border = found.SelectMany(node => node.Ties.Select(tie => tie.Other))
                .Concat(await MembersAsync(found, leaves, persons, cancel)).ToList();
            var observers = await store.LookUpAsync(hashes, cancel);
            for (var i = 0; i < hashes.Length; i++)
            {
                if (observers[i].Count > rules.MaxObservers)
                    crowded.Add(hashes[i]);
                else
                    border.AddRange(observers[i]);
            }
            // Beyond the bound nothing more is loaded: such a web of identifiers is no person.
            next = leaves.Count >= maxLeaves + seeds.Count
                ? []
                : [.. border.Distinct().Where(tried.Add)];
        }
        return new Component(leaves, nodes, crowded, leaves, persons, index);
    }

    private async ValueTask<IReadOnlyList<LeafNode>> LoadAsync(List<LeafId> ids,
        Dictionary<LeafId, VersionedLeaf> leaves, List<LeafNode> nodes, CancellationToken cancel)
    {
        var found = new List<LeafNode>();
        var loaded = await reader.LoadLeavesAsync(ids, cancel);
        for (var i = 0; i < ids.Count; i++)
        {
            // An erased leaf is nobody until something new comes in under it.
            if (loaded[i].State is not { IsEmpty: false } state)
                continue;
            leaves[ids[i]] = new VersionedLeaf(loaded[i].Version, state);
            found.Add(NodeOf(state));
        }
        nodes.AddRange(found);
        return found;
    }

    // Who was one person yesterday is looked at together today, even if nothing links them now.
    private async ValueTask<IEnumerable<LeafId>> MembersAsync(IReadOnlyList<LeafNode> found,
        Dictionary<LeafId, VersionedLeaf> leaves, Dictionary<LeafId, LoadedPerson> persons,
        CancellationToken cancel)
    {
        var roots = found.Select(node => leaves[node.Leaf].State.Root).Distinct()
            .Where(root => !persons.ContainsKey(root)).ToArray();
        var loaded = await reader.LoadPersonsAsync(roots, cancel);
        var members = new List<LeafId>(roots);
        for (var i = 0; i < roots.Length; i++)
        {
            persons[roots[i]] = loaded[i];
            if (loaded[i].Record is { } person)
                members.AddRange(person.Members.Select(member => member.Leaf));
        }
        return members;
    }

    private LeafNode NodeOf(LeafState state)
    {
        var sightings = new List<Sighting>();
        // An anchor that must not link (foreign, or nobody's) gets a hash that nobody shares.
        var anchorHash = new LookUpHash(state.Leaf.Value);
        foreach (var (identifier, firstSeenMs) in state.Links())
        {
            var hash = index.LookUp(identifier);
            if (identifier.Type == state.Anchor && index.Leaf(identifier) == state.Leaf)
                anchorHash = hash;
            sightings.Add(new Sighting(identifier.Type, hash, firstSeenMs));
        }
        return new LeafNode
        {
            Leaf = state.Leaf,
            Anchor = state.Anchor,
            AnchorHash = anchorHash,
            FirstSeenMs = state.FirstSeenMs(),
            Sightings = sightings,
            Ties = state.Ties,
        };
    }
}
