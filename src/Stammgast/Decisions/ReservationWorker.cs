using System.Buffers;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>Whose contacts a decision reads and writes.</summary>
/// <param name="Root">The person's root leaf: its contacts record is the person's lock.</param>
/// <param name="Acting">The leaf that asks: contacts and decisions are its own.</param>
/// <param name="Leaves">All leaves of the person, root and acting included.</param>
internal readonly record struct Owner(LeafId Root, LeafId Acting, IReadOnlyList<LeafId> Leaves);

/// <summary>The contacts of a person as loaded.</summary>
/// <param name="Items">Of all leaves.</param>
/// <param name="Rests">Of all leaves.</param>
internal readonly record struct ContactUnion(Contact[] Items, Rest[] Rests);

/// <summary>Decides over the contacts as they are; called again when others were faster.</summary>
internal delegate IReadOnlyList<Decision> DecideOver(in ContactUnion contacts);

/// <summary>
/// Caps under a burst (invariant 8): decisions, the contacts that they reserve and the release of
/// unseen ones are one commit on the versions that were read. Whoever was slower loads again and
/// decides again. Within a process the decisions of one person also queue, so that a burst costs
/// one commit each and not their square. Any thread may call.
/// </summary>
internal sealed class ReservationWorker(IStore store, PersonKeys keys) : IDisposable
{
    private const int Stripes = 1_024;
    private const int Attempts = 12;
    private const long MinuteMs = 60_000;

    private readonly SemaphoreSlim[] queues = MakeQueues();

    /// <summary>Kept with the decision so that its id finds its owner; also of erased ones: gone.</summary>
    public static LookUpHash LookUpOf(DecisionId id) => new(new UInt128((ulong)(id.Value >> 64), 0));

    /// <summary>Where a decision of a leaf is kept.</summary>
    public static RecordKey KeyOf(LeafId leaf, DecisionId id) =>
        new(RecordKind.Decision, leaf, (ulong)id.Value);

    /// <summary>
    /// Decides and commits. Null where no commit succeeded: nothing was reserved, so nothing that
    /// needs a reservation may be shown.
    /// </summary>
    /// <param name="owner">Whose.</param>
    /// <param name="more">Rests to be kept besides (feedback just given); may be empty.</param>
    /// <param name="rules">Caps in force.</param>
    /// <param name="decide">Pure; may be called several times.</param>
    /// <param name="cancel">The request.</param>
    /// <exception cref="OverloadedException">The store is full.</exception>
    /// <exception cref="KeyGoneException">The person was erased meanwhile.</exception>
    public async ValueTask<IReadOnlyList<Decision>?> DecideAsync(
        Owner owner, IReadOnlyList<Rest> more, (CapRules Rules, long NowMs) rules,
        DecideOver decide, CancellationToken cancel)
    {
        await keys.EnsureAsync(owner.Leaves, cancel);
        var queue = queues[(int)((ulong)owner.Root.Value % Stripes)];
        await queue.WaitAsync(cancel);
        try
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var loaded = await LoadAsync(owner.Leaves, cancel);
                if (loaded is null)
                    return null;
                var decisions = decide(Union(loaded, more));
                var batch = Batch(owner, loaded, (decisions, more), rules);
                if (batch.IsEmpty
                    || await store.CommitAsync(batch, Lane.Decision, cancel) is CommitResult.Committed)
                    return decisions;
            }
            return null;
        }
        finally
        {
            queue.Release();
        }
    }

    /// <summary>Changes one leaf's contacts durably: seen, released, turned off. Retries races.</summary>
    public async ValueTask ChangeAsync(
        LeafId leaf, Func<Contacts, Contacts> change, CapRules rules, CancellationToken cancel)
    {
        await keys.EnsureAsync([leaf], cancel);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await LoadAsync([leaf], cancel) is not [var (before, version)])
                return;
            var after = change(before);
            var batch = new WriteBatch();
            Put(batch, leaf, version, after);
            Due(batch, leaf, after, rules);
            if (ReferenceEquals(after, before))
                batch.Records.Clear();
            if (await store.CommitAsync(batch, Lane.Decision, cancel) is CommitResult.Committed)
                return;
        }
    }

    /// <summary>A stored decision by its id; null: unknown, expired or erased.</summary>
    public async ValueTask<(LeafId Leaf, byte[] Record)?> FindAsync(
        DecisionId id, CancellationToken cancel)
    {
        foreach (var leaf in (await store.LookUpAsync([LookUpOf(id)], cancel))[0])
        {
            var key = KeyOf(leaf, id);
            var record = (await store.LoadAsync([key], cancel))[0];
            var plain = new ArrayBufferWriter<byte>(DecisionRecord.MaxBytes);
            if (record.Version > 0
                && keys.TryOpen(key, record.Version, record.Body.Span, plain)
                && DecisionRecord.Decode(plain.WrittenSpan).Id == id)
                return (leaf, plain.WrittenSpan.ToArray());
        }
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var queue in queues)
            queue.Dispose();
    }

    // Null: a leaf's contacts cannot be read. What happened is unknown, and unknown suppresses.
    private async ValueTask<(Contacts Contacts, long Version)[]?> LoadAsync(
        IReadOnlyList<LeafId> leaves, CancellationToken cancel)
    {
        var addresses = new RecordKey[leaves.Count];
        for (var i = 0; i < addresses.Length; i++)
            addresses[i] = new RecordKey(RecordKind.Contacts, leaves[i]);
        var records = await store.LoadAsync(addresses, cancel);
        var loaded = new (Contacts, long)[addresses.Length];
        var plain = new ArrayBufferWriter<byte>(512);
        for (var i = 0; i < loaded.Length; i++)
        {
            var record = records[i];
            if (record.Version == 0 || record.Body.IsEmpty)
            {
                loaded[i] = (Contacts.Empty, record.Version);
                continue;
            }
            plain.ResetWrittenCount();
            if (!keys.TryOpen(record.Key, record.Version, record.Body.Span, plain))
                return null;
            loaded[i] = (Contacts.Read(plain.WrittenSpan), record.Version);
        }
        return loaded;
    }

    private static ContactUnion Union(
        (Contacts Contacts, long Version)[] loaded, IReadOnlyList<Rest> more)
    {
        var items = new List<Contact>();
        var rests = new List<Rest>(more);
        foreach (var (contacts, _) in loaded)
        {
            items.AddRange(contacts.Items);
            rests.AddRange(contacts.Rests);
        }
        return new([.. items], [.. rests]);
    }

    private WriteBatch Batch(
        Owner owner, (Contacts Contacts, long Version)[] loaded,
        (IReadOnlyList<Decision> Decisions, IReadOnlyList<Rest> Rests) more,
        (CapRules Rules, long NowMs) rules)
    {
        var batch = new WriteBatch();
        var acting = IndexOf(owner.Leaves, owner.Acting);
        var before = loaded[acting].Contacts;
        var after = before;
        foreach (var rest in more.Rests)
        {
            if (!Knows(after, rest))
                after = after.With(rest, rules.NowMs);
        }
        foreach (var decision in more.Decisions)
        {
            if (Reservation(decision) is { } contact)
                after = after.With(contact);
            Put(batch, owner.Acting, decision);
        }
        if (ReferenceEquals(before, after))
            return batch;
        Put(batch, owner.Acting, loaded[acting].Version, after);
        Due(batch, owner.Acting, after, rules.Rules);
        // The root's record is the person's lock: rewriting it makes every other reservation of
        // this person, by whichever leaf, lose its race.
        var root = IndexOf(owner.Leaves, owner.Root);
        if (root != acting)
            Put(batch, owner.Root, loaded[root].Version, loaded[root].Contacts);
        return batch;
    }

    /// <summary>The contact that a shown banner reserves; null for everything else.</summary>
    public static Contact? Reservation(Decision decision) =>
        decision is { Type: PlacementType.Banner, IsShown: true }
            ? new Contact(decision.AtMs, ContactChannel.OnSite, ContactState.Reserved, false,
                KeyHash.Of(decision.Candidates[0].Key), (ulong)decision.Id.Value)
            : null;

    private void Put(WriteBatch batch, LeafId leaf, Decision decision)
    {
        var key = KeyOf(leaf, decision.Id);
        batch.Records.Add(new RecordWrite(
            key, 0, keys.Seal(key, 1, DecisionRecord.Encode(decision))));
        var lookUp = new LookUpWrite(LookUpOf(decision.Id), leaf, Remove: false);
        if (!batch.LookUps.Contains(lookUp))
            batch.LookUps.Add(lookUp);
    }

    private void Put(WriteBatch batch, LeafId leaf, long version, Contacts contacts)
    {
        var key = new RecordKey(RecordKind.Contacts, leaf);
        batch.Records.Add(new RecordWrite(
            key, version, keys.Seal(key, version + 1, contacts.Write())));
    }

    private static void Due(WriteBatch batch, LeafId leaf, Contacts contacts, CapRules rules)
    {
        var at = contacts.NextReleaseMs(rules.ReleaseMinutes * MinuteMs);
        batch.Due.Add(new DueWrite(
            new DueEntry(DueKind.Release, leaf, 0, at ?? 0, ReadOnlyMemory<byte>.Empty), at is null));
    }

    private static bool Knows(Contacts contacts, Rest rest)
    {
        foreach (var known in contacts.Rests)
        {
            if (known.Kind == rest.Kind && known.Target == rest.Target
                && known.UntilMs >= rest.UntilMs)
                return true;
        }
        return false;
    }

    private static int IndexOf(IReadOnlyList<LeafId> leaves, LeafId leaf)
    {
        for (var i = 0; i < leaves.Count; i++)
        {
            if (leaves[i] == leaf)
                return i;
        }
        throw new ArgumentException("A person's leaves hold its root and the acting leaf.");
    }

    private static SemaphoreSlim[] MakeQueues()
    {
        var made = new SemaphoreSlim[Stripes];
        for (var i = 0; i < made.Length; i++)
            made[i] = new SemaphoreSlim(1, 1);
        return made;
    }
}
