using System.Diagnostics;
using Stammgast.Collect;
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

    /// <summary>Keeps what cannot be folded.</summary>
    public required DeadLetterWorker Letters { get; init; }

    /// <summary>Where the loop says that an event broke it; types and counts only.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>
    /// Told of every event that was folded, once it is committed, with its leaf's consents; for
    /// models.
    /// </summary>
    public Action<Event, ConsentState>? Folded { get; init; }
}

/// <summary>
/// The spine: takes a batch of one partition from the log and makes it state.
/// <list type="number">
/// <item>Decode the events and bring those of one leaf together. What cannot be read, here or in
/// 3 and 4, is set aside as a dead letter within the same commit: no event stops the line.</item>
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
internal sealed partial class FlowWorker(FlowParts parts)
{
    private const int BatchEvents = 4_096;
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
        var groups = Group(batch, out var oldestMs, out var unreadable);
        parts.Progress.Begin(oldestMs);
        var patience = TimeSpan.FromMilliseconds(5);
        while (true)
        {
            try
            {
                if (await TryCommitAsync(groups, unreadable, stop) is { } folded)
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
    private static List<LeafEvents> Group(
        LogBatch batch, out long oldestMs, out List<SetAside> unreadable)
    {
        var started = Station.ThreadCpuNs();
        var ofLeaf = new Dictionary<LeafId, LeafEvents>();
        var groups = new List<LeafEvents>();
        oldestMs = long.MaxValue;
        unreadable = [];
        foreach (var item in batch.Items)
        {
            Event e;
            try
            {
                e = EventCodec.Read(item.Payload);
            }
            catch (InvalidDataException damaged)
            {
                unreadable.Add(new SetAside(null, item.Payload, damaged));
                continue;
            }
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
        List<LeafEvents> groups, List<SetAside> unreadable, CancellationToken stop)
    {
        var loaded = await LoadAsync(groups, stop);
        var started = Station.ThreadCpuNs();
        var write = new WriteBatch();
        var folded = new List<FoldedLeaf>(groups.Count);
        var aside = new List<SetAside>(unreadable);
        for (var i = 0; i < groups.Count; i++)
            folded.Add(FoldLeaf(groups[i], loaded[i], write, aside));
        Station.Fold.Add(0, started);
        foreach (var one in aside)
            write.Records.Add(await parts.Letters.SetAsideAsync(one.Event, one.Payload, stop));
        if (!write.IsEmpty
            && await parts.Store.CommitAsync(write, Lane.Fold, stop) is CommitResult.Conflict conflict)
        {
            foreach (var key in conflict.Keys)
                parts.Profiles.Forget(key.Owner);
            return null;
        }
        foreach (var one in aside)
            Tell(one);
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
    private FoldedLeaf FoldLeaf(
        LeafEvents group, in LeafBefore before, WriteBatch write, List<SetAside> aside)
    {
        if (!TryCompute(group.Events, before, out var computed, out _))
        {
            // The rare way: find who is to blame, and fold the others without them.
            var good = new List<LoggedEvent>(group.Events.Count);
            computed = Compute([], before);
            Sieve(group.Events, before, good, ref computed, aside);
        }
        var (output, encoded, change) = computed;
        if (encoded is null)
            return new FoldedLeaf(before, output, null, before.Consents);
        FlowRows.Add(write, parts.Keys, parts.Index, before.Version, output, encoded);
        if (change is not null)
            ConsentRows.Add(write, parts.Keys, before.Leaf, before.ConsentsVersion, change);
        return new FoldedLeaf(before, output, encoded, change?.State ?? before.Consents);
    }

    // Takes the candidates that fold together with the good ones, by halves; sets the others aside.
    private void Sieve(
        List<LoggedEvent> candidates, in LeafBefore before, List<LoggedEvent> good,
        ref Computed computed, List<SetAside> aside)
    {
        if (TryCompute([.. good, .. candidates], before, out var together, out var bug))
        {
            good.AddRange(candidates);
            computed = together;
        }
        else if (candidates.Count == 1)
        {
            aside.Add(new SetAside(candidates[0].Event, candidates[0].Payload, bug));
        }
        else
        {
            var half = candidates.Count / 2;
            Sieve(candidates[..half], before, good, ref computed, aside);
            Sieve(candidates[half..], before, good, ref computed, aside);
        }
    }

    private bool TryCompute(
        List<LoggedEvent> events, in LeafBefore before, out Computed computed, out Exception? bug)
    {
        try
        {
            (computed, bug) = (Compute(events, before), null);
            return true;
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            (computed, bug) = (default, thrown);
            return false;
        }
    }

    // All that depends on what an event says; sealing, which fails for other reasons, comes after.
    private Computed Compute(List<LoggedEvent> events, in LeafBefore before)
    {
        if (events.Count == 0)
            return new Computed(Fold.Nothing(before.Leaf, before.State), null, null);
        var output = Fold.Run(
            new FoldInput
            {
                State = before.State, Events = events, KnownMessages = before.Messages,
            },
            parts.Rules);
        if (output.Folded.Count == 0)
            return new Computed(output, null, null);
        var acts = new List<ConsentEvidence>();
        foreach (var e in output.Folded)
            ConsentActs.AddTo(acts, e, parts.Purposes, parts.Notices, parts.Index);
        return new Computed(output, output.State.Encode(),
            acts.Count == 0 ? null : ConsentFold.Apply(before.Consents, acts));
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
                Teach(e, leaf);
            if (parts.Watchers.Watched)
                Watch(leaf);
        }
        parts.Progress.Done(batch.Last, events, duplicates);
    }

    // Committed already: what a model cannot take must not bring the batch again.
    private void Teach(Event e, in FoldedLeaf leaf)
    {
        try
        {
            parts.Folded?.Invoke(e, leaf.Consents);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            NotTaught(parts.Logger, bug.GetType().Name);
        }
    }

    private void Tell(in SetAside one)
    {
        parts.Progress.SetAside();
        EventSetAside(parts.Logger, one.Bug?.GetType().Name ?? "", Where(one.Bug));
    }

    // The innermost of our own methods; messages of exceptions may quote what they choked on.
    private static string Where(Exception? bug) =>
        new StackTrace(bug ?? new InvalidDataException()).GetFrames()
            .Select(frame => frame.GetMethod())
            .Where(method => method?.DeclaringType?.Namespace?.StartsWith(
                nameof(Stammgast), StringComparison.Ordinal) == true)
            .Select(method => $"{method!.DeclaringType!.Name}.{method.Name}")
            .FirstOrDefault("");

    [LoggerMessage(1, LogLevel.Error,
        "An event could not be folded ({Bug} in {Where}); it lies in the dead letters.")]
    private static partial void EventSetAside(ILogger logger, string bug, string where);

    [LoggerMessage(2, LogLevel.Error, "A model could not take an event ({Bug}).")]
    private static partial void NotTaught(ILogger logger, string bug);

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

    private readonly record struct SetAside(
        Event? Event, ReadOnlyMemory<byte> Payload, Exception? Bug);

    private readonly record struct Computed(
        FoldOutput Output, byte[]? Encoded, ConsentChange? Change);

    private readonly record struct FoldedLeaf(
        LeafBefore Before, FoldOutput Output, byte[]? Encoded, ConsentState Consents);
}
