using Stammgast.Identity;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Profiles;

/// <summary>
/// Settles who is one person, after the fold has committed what leaves brought: write first, then
/// look. Of two leaves that meet, whichever is folded later sees the other, so no link is missed;
/// if the process dies in between, the batch comes again, its events are duplicates, and duplicates
/// are settled anew. One resolution at a time in a process; versions guard against other nodes.
/// </summary>
public sealed class IdentityWorker : IDisposable
{
    private const int Attempts = 8;

    private readonly IStore _store;
    private readonly PersonKeys _keys;
    private readonly ProfileReaderWorker _reader;
    private readonly ComponentWorker _components;
    private readonly IdentityRules _rules;
    private readonly SemaphoreSlim _settling = new(1);

    /// <summary>Over a cell's store, keys and leaves.</summary>
    public IdentityWorker(
        IStore store, PersonKeys keys, BlindIndex index, ProfileReaderWorker reader,
        IdentityRules rules, ProfileOptions options)
    {
        (_store, _keys, _reader, _rules) = (store, keys, reader, rules);
        _components = new ComponentWorker(store, index, reader, rules, options.ComponentLeaves);
    }

    /// <summary>
    /// Brings persons in line with what is committed of these leaves, in the fewest writes: none
    /// for a leaf that met nobody.
    /// </summary>
    /// <exception cref="OverloadedException">Other writers won too often: come again.</exception>
    public async ValueTask SettleAsync(IReadOnlyCollection<LeafId> leaves, CancellationToken cancel)
    {
        if (leaves.Count == 0)
            return;
        await _settling.WaitAsync(cancel);
        try
        {
            await RepeatAsync(async () =>
            {
                var component = await _components.ReadAsync(leaves, cancel);
                var result = IdentityGraph.Resolve(component.Nodes, component.Crowded, _rules);
                return await CommitAsync(component, result, [], cancel);
            });
        }
        finally
        {
            _settling.Release();
        }
    }

    /// <summary>Merges two persons on staff's word; the rule that refuses it, or null.</summary>
    public ValueTask<LinkRule?> MergeAsync(
        LeafId a, LeafId b, long atMs, CancellationToken cancel) =>
        TieAsync([a, b], component =>
            IdentityTies.Merge(component.Nodes, component.Crowded, _rules, (a, b, atMs)),
            [], cancel);

    /// <summary>Parts leaves from the rest of their person on staff's word; or why not.</summary>
    public ValueTask<LinkRule?> UnmergeAsync(
        IReadOnlySet<LeafId> going, long atMs, CancellationToken cancel) =>
        TieAsync([.. going], component =>
            IdentityTies.Unmerge(component.Nodes, component.Crowded, _rules, (going, atMs)),
            [.. going.Select(leaf =>
                Consent.Revocation.Append(leaf, Consent.RevocationKind.Unmerge, atMs))], cancel);

    /// <summary>What there is to say on why a leaf's person is as it is.</summary>
    public async ValueTask<Explanation> ExplainAsync(LeafId leaf, CancellationToken cancel)
    {
        var component = await _components.ReadAsync([leaf], cancel);
        return new Explanation(
            IdentityGraph.Resolve(component.Nodes, component.Crowded, _rules), component.Names());
    }

    /// <inheritdoc/>
    public void Dispose() => _settling.Dispose();

    private async ValueTask<LinkRule?> TieAsync(
        IReadOnlyCollection<LeafId> leaves, Func<Component, TiePlan> plan,
        IReadOnlyList<LedgerAppend> announce, CancellationToken cancel)
    {
        LinkRule? refused = null;
        await _settling.WaitAsync(cancel);
        try
        {
            await RepeatAsync(async () =>
            {
                var component = await _components.ReadAsync(leaves, cancel);
                var planned = plan(component);
                refused = planned.Refused;
                if (refused is not null)
                    return true;
                var tied = component.With(planned.Ties);
                var result = IdentityGraph.Resolve(tied.Nodes, tied.Crowded, _rules);
                return await CommitAsync(tied, result, announce, cancel);
            });
        }
        finally
        {
            _settling.Release();
        }
        return refused;
    }

    private async ValueTask<bool> CommitAsync(Component component, Resolution resolution,
        IReadOnlyList<LedgerAppend> announce, CancellationToken cancel)
    {
        var rootOf = resolution.Persons
            .SelectMany(person => person.Members, (person, member) => (member.Leaf, person.Root))
            .ToDictionary(pair => pair.Leaf, pair => pair.Root);
        var changed = component.Leaves.Values
            .Select(leaf => leaf with { State = leaf.State.WithRoot(rootOf[leaf.State.Leaf]) })
            .Where(component.IsChanged).ToArray();
        var persons = await PersonWritesAsync(component, resolution, cancel);
        if (changed.Length == 0 && persons.Count == 0)
            return true;
        await _keys.EnsureAsync([.. rootOf.Keys], cancel);
        var batch = new WriteBatch();
        var encoded = changed.Select(leaf => leaf.State.Encode()).ToArray();
        for (var i = 0; i < changed.Length; i++)
        {
            var (version, state) = changed[i];
            batch.Records.Add(new RecordWrite(new RecordKey(RecordKind.Leaf, state.Leaf), version,
                _keys.Seal(state.Leaf, RecordKind.Leaf, version + 1, encoded[i])));
        }
        batch.Records.AddRange(persons);
        batch.Ledgers.AddRange(announce);
        switch (await _store.CommitAsync(batch, Lane.Fold, cancel))
        {
            case CommitResult.Committed:
                for (var i = 0; i < changed.Length; i++)
                {
                    _reader.Relinked(
                        changed[i].State.Leaf, changed[i].Version + 1, encoded[i]);
                }
                return true;
            case CommitResult.Conflict conflict:
                foreach (var key in conflict.Keys)
                    _reader.Forget(key.Owner);
                return false;
            default:
                throw new InvalidOperationException("A commit without counters met a bound.");
        }
    }

    // Persons of several leaves have a record under their root, others need none; a record whose
    // root is no longer one is deleted. What is as it should be is not written.
    private async ValueTask<List<RecordWrite>> PersonWritesAsync(
        Component component, Resolution resolution, CancellationToken cancel)
    {
        var wanted = resolution.Persons.Where(person => person.Members.Count > 1)
            .ToDictionary(person => person.Root, person => new PersonRecord(person.Members));
        var roots = wanted.Keys.Union(component.Leaves.Values.Select(leaf => leaf.State.Root))
            .Order().ToArray();
        var unknown = roots.Where(root => !component.Persons.ContainsKey(root)).ToArray();
        var loaded = await _reader.LoadPersonsAsync(unknown, cancel);
        var writes = new List<RecordWrite>();
        foreach (var root in roots)
        {
            var (version, record) = component.Persons.TryGetValue(root, out var known)
                ? known
                : loaded[Array.IndexOf(unknown, root)];
            var want = wanted.GetValueOrDefault(root);
            if (want is not null ? want.Equals(record) : record is null or { Members.Count: 1 })
                continue;
            ReadOnlyMemory<byte>? body = want is null
                ? null
                : _keys.Seal(root, RecordKind.Person, version + 1, want.Encode());
            writes.Add(new RecordWrite(new RecordKey(RecordKind.Person, root), version, body));
        }
        return writes;
    }

    private static async ValueTask RepeatAsync(Func<ValueTask<bool>> attempt)
    {
        for (var i = 0; i < Attempts; i++)
        {
            if (await attempt())
                return;
        }
        throw new OverloadedException("Persons keep changing.", TimeSpan.FromSeconds(1));
    }
}

/// <summary>Why a person is as she is: the steps, and which identifier each hash stands for.</summary>
/// <param name="Resolution">Persons of the component and every step.</param>
/// <param name="Names">Identifiers behind the hashes: personal data, to be shown by purpose.</param>
public sealed record Explanation(
    Resolution Resolution, IReadOnlyDictionary<LookUpHash, Identifier> Names);
