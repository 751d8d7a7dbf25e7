using Stammgast.Consent;
using Stammgast.Identity;
using Stammgast.Keys;
using Stammgast.Profiles;
using Stammgast.Storage;

namespace Stammgast;

/// <summary>What the fold is composed of.</summary>
internal sealed record FlowParts
{
    /// <summary>Where batches come from.</summary>
    public required IEventLog Log { get; init; }

    /// <summary>Where they are committed.</summary>
    public required IStore Store { get; init; }

    /// <summary>Seals what is committed.</summary>
    public required PersonKeys Keys { get; init; }

    /// <summary>Names look-ups and addresses.</summary>
    public required BlindIndex Index { get; init; }

    /// <summary>Loads leaves, and remembers the hot ones.</summary>
    public required ProfileReaderWorker Profiles { get; init; }

    /// <summary>Says who a leaf is, once its links are committed.</summary>
    public required IdentityWorker Identity { get; init; }

    /// <summary>What may join leaves.</summary>
    public required IdentityRules Rules { get; init; }

    /// <summary>The cell's purposes.</summary>
    public required Purposes Purposes { get; init; }

    /// <summary>The cell's notices.</summary>
    public required Notices Notices { get; init; }

    /// <summary>How far the fold has come.</summary>
    public required FlowProgress Progress { get; init; }

    /// <summary>Who watches.</summary>
    public required FlowNotices Watchers { get; init; }

    /// <summary>
    /// Told of every event that was folded, once it is committed, with its leaf's new state and
    /// consents; for models.
    /// </summary>
    public Action<Event, LeafState, ConsentState>? Folded { get; init; }
}

/// <summary>
/// The spine: takes a batch of one partition from the log and makes it state.
/// <list type="number">
/// <item>Decode the events and bring those of one leaf together.</item>
/// <item>Load the leaves and their consents; see that each has a key.</item>
/// <item>Fold each leaf: leave out what was counted, combine, cut history.</item>
/// <item>Fold its consents: what its stamps said, with the evidence.</item>
/// <item>Seal everything into one write batch with expected versions, and commit it. If another
/// commit was faster, or an erasure destroyed a key, begin again at 2.</item>
/// <item>Settle who the leaves with new links are.</item>
/// <item>Acknowledge: only now may the log forget the batch.</item>
/// </list>
/// A crash anywhere delivers the batch again, and step 3 leaves out what had been committed. One
/// loop a partition; nothing here is shared between loops but the thread-safe parts.
/// </summary>
internal sealed class FlowWorker(FlowParts parts)
{
    private const int BatchEvents = 2_048;
    private static readonly TimeSpan PatienceAtMost = TimeSpan.FromSeconds(2);

    /// <summary>Runs one partition's loop until stopped.</summary>
    public async Task RunAsync(int partition, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var batch = await parts.Log.ReadAsync(partition, BatchEvents, stop);
            await FoldAsync(batch, stop);
            await parts.Log.AcknowledgeAsync(batch, stop);
        }
    }

    private async Task FoldAsync(LogBatch batch, CancellationToken stop)
    {
        var groups = Group(batch, out var oldestMs);
        parts.Progress.Begin(oldestMs);
        var patience = TimeSpan.FromMilliseconds(5);
        while (true)
        {
            try
            {
                if (await TryCommitAsync(groups, stop) is { } folded)
                {
                    await SettleAsync(folded, batch, stop);
                    return;
                }
            }
            catch (OverloadedException full)
            {
                // The log keeps what the store cannot take now; callers meet the log's own bound.
                await Task.Delay(full.RetryAfter < patience ? full.RetryAfter : patience, stop);
                patience = patience * 2 > PatienceAtMost ? PatienceAtMost : patience * 2;
            }
            catch (KeyGoneException)
            {
                // An erasure won between 2 and 5: the leaves now load as erased.
                foreach (var group in groups)
                    parts.Profiles.Forget(group.Leaf);
            }
        }
    }

    // 1
    private static List<LeafEvents> Group(LogBatch batch, out long oldestMs)
    {
        var started = Station.ThreadCpuNs();
        var ofLeaf = new Dictionary<LeafId, LeafEvents>();
        var groups = new List<LeafEvents>();
        oldestMs = long.MaxValue;
        foreach (var item in batch.Items)
        {
            var e = EventCodec.Read(item.Payload);
            oldestMs = Math.Min(oldestMs, e.ReceivedAtMs);
            if (!ofLeaf.TryGetValue(e.Leaf, out var group))
            {
                ofLeaf[e.Leaf] = group = new LeafEvents(e.Leaf, []);
                groups.Add(group);
            }
            group.Events.Add(new LoggedEvent(e, item.Payload));
        }
        Station.Fold.Add(batch.Items.Count, started);
        return groups;
    }

    // 2–5; null: somebody else was faster.
    private async ValueTask<List<FoldedLeaf>?> TryCommitAsync(
        List<LeafEvents> groups, CancellationToken stop)
    {
        var loaded = await LoadAsync(groups, stop);
        var started = Station.ThreadCpuNs();
        var write = new WriteBatch();
        var folded = new List<FoldedLeaf>(groups.Count);
        for (var i = 0; i < groups.Count; i++)
            folded.Add(FoldLeaf(groups[i], loaded[i], write));
        Station.Fold.Add(0, started);
        if (!write.IsEmpty
            && await parts.Store.CommitAsync(write, Lane.Fold, stop) is CommitResult.Conflict conflict)
        {
            foreach (var key in conflict.Keys)
                parts.Profiles.Forget(key.Owner);
            return null;
        }
        foreach (var leaf in folded)
        {
            if (leaf.Encoded is { } encoded)
            {
                parts.Profiles.Committed(leaf.Before.Leaf, leaf.Before.Version + 1, encoded,
                    leaf.Before.Messages, leaf.Output.Folded);
            }
        }
        return folded;
    }

    // 2
    private async ValueTask<LeafBefore[]> LoadAsync(List<LeafEvents> groups, CancellationToken stop)
    {
        var leaves = new LeafId[groups.Count];
        var consentKeys = new RecordKey[groups.Count];
        for (var i = 0; i < leaves.Length; i++)
        {
            leaves[i] = groups[i].Leaf;
            consentKeys[i] = ConsentRows.KeyOf(leaves[i]);
        }
        await parts.Keys.EnsureAsync(leaves, stop);
        var states = await parts.Profiles.LoadLeavesAsync(leaves, stop);
        var consents = await parts.Store.LoadAsync(consentKeys, stop);
        var loaded = new LeafBefore[leaves.Length];
        for (var i = 0; i < leaves.Length; i++)
        {
            var messages = await parts.Profiles.LoadMessagesAsync(leaves[i], states[i], stop);
            // What cannot be read is no; what she says from now on is written over it.
            if (!ConsentRows.TryOpen(parts.Keys, consents[i], out var said))
                said = ConsentRows.AllRefused(parts.Purposes, groups[i].Events[0].Event.ReceivedAtMs);
            loaded[i] = new LeafBefore(
                leaves[i], states[i].Version, states[i].State, messages, consents[i].Version, said);
        }
        return loaded;
    }

    // 3, 4
    private FoldedLeaf FoldLeaf(LeafEvents group, in LeafBefore before, WriteBatch write)
    {
        var output = Fold.Run(
            new FoldInput
            {
                State = before.State, Events = group.Events, KnownMessages = before.Messages,
            },
            parts.Rules);
        if (output.Folded.Count == 0)
            return new FoldedLeaf(before, output, null, before.Consents);
        var encoded = output.State.Encode();
        FlowRows.Add(write, parts.Keys, parts.Index, before.Version, output, encoded);
        var acts = new List<ConsentEvidence>();
        foreach (var e in output.Folded)
            ConsentActs.AddTo(acts, e, parts.Purposes, parts.Notices, parts.Index);
        var change = acts.Count == 0 ? null : ConsentFold.Apply(before.Consents, acts);
        if (change is not null)
            ConsentRows.Add(write, parts.Keys, before.Leaf, before.ConsentsVersion, change);
        return new FoldedLeaf(before, output, encoded, change?.State ?? before.Consents);
    }

    // 6
    private async ValueTask SettleAsync(
        List<FoldedLeaf> folded, LogBatch batch, CancellationToken stop)
    {
        int events = 0, duplicates = 0;
        await parts.Identity.SettleAsync(
            [.. folded.Where(leaf => leaf.Output.MustSettle).Select(leaf => leaf.Before.Leaf)], stop);
        foreach (var leaf in folded)
        {
            events += leaf.Output.Folded.Count;
            duplicates += leaf.Output.Duplicates;
            foreach (var e in leaf.Output.Folded)
                parts.Folded?.Invoke(e, leaf.Output.State, leaf.Consents);
            if (parts.Watchers.Watched)
                Watch(leaf);
        }
        parts.Progress.Done(batch.Last, events, duplicates);
    }

    private void Watch(in FoldedLeaf leaf)
    {
        foreach (var e in leaf.Output.Folded)
        {
            parts.Watchers.Publish(new FlowNotice.Folded(
                e.ReceivedAtMs, leaf.Before.Leaf, leaf.Output.State.Root,
                e.Name.Length > 0 ? e.Name : e.Kind.ToString(), Duplicate: false));
        }
    }

    private sealed record LeafEvents(LeafId Leaf, List<LoggedEvent> Events);

    private readonly record struct LeafBefore(
        LeafId Leaf, long Version, LeafState? State, ReadOnlyMemory<ulong> Messages,
        long ConsentsVersion, ConsentState Consents);

    private readonly record struct FoldedLeaf(
        LeafBefore Before, FoldOutput Output, byte[]? Encoded, ConsentState Consents);
}
