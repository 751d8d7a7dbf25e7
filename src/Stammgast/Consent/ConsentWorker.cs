using System.Buffers;
using System.Text;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Consent;

/// <summary>How an order ended.</summary>
/// <param name="Repeated">Whether its idempotency key had been answered before.</param>
/// <param name="ReceivedAtMs">When it was received; 0 for a repetition.</param>
/// <param name="State">The leaf's consents after it.</param>
internal sealed record ConsentOutcome(Repetition Repeated, long ReceivedAtMs, ConsentState State);

/// <summary>
/// Writes what was said of a leaf, at once: when it completes, record, evidence and revocation are
/// durable in one commit and this node has heard of it. Lowerings go in the lane that is never
/// shed. Safe for all threads.
/// </summary>
internal sealed class ConsentWorker(
    IStore store, CellKeys cell, PersonKeys keys, Purposes purposes, RevocationFeed feed,
    TimeProvider time, ILogger<ConsentWorker> log)
{
    // Each conflict means that somebody else got on; a hundred in a row is a fault, not a race.
    private const int AttemptsAtMost = 100;
    private const ulong IdempotencyId = 1;
    private const ulong MessagesId = 2;

    /// <summary>What a leaf's consents say now; all refused if they cannot be read.</summary>
    public async ValueTask<ConsentState> LoadAsync(LeafId leaf, CancellationToken cancel)
    {
        var records = await store.LoadAsync([ConsentRows.KeyOf(leaf)], cancel);
        return Open(records[0], NowMs);
    }

    /// <summary>What a leaf's acts, received at or before an instant, said together.</summary>
    public async ValueTask<(ConsentState State, IReadOnlyList<ConsentEvidence> Evidence)> RecallAsync(
        LeafId leaf, long untilMs, CancellationToken cancel)
    {
        var evidence = await LedgerWorker.EvidenceAsync(store, keys, leaf, untilMs, cancel);
        return (evidence.Aggregate(ConsentState.Empty, (state, act) => act.AppliedTo(state)),
            evidence);
    }

    /// <summary>Writes an order down.</summary>
    /// <param name="leaf">On which leaf.</param>
    /// <param name="order">What was said.</param>
    /// <param name="idempotencyKey">The caller's, or null.</param>
    /// <param name="request">The request's bytes: what the idempotency key stands for.</param>
    /// <param name="cancel">Of the request.</param>
    public async ValueTask<ConsentOutcome> WriteAsync(LeafId leaf, ConsentOrder order,
        string? idempotencyKey, ReadOnlyMemory<byte> request, CancellationToken cancel)
    {
        var lane = order.Lowers ? Lane.Lowering : Lane.Decision;
        RecordKey[] places =
            [ConsentRows.KeyOf(leaf), new(RecordKind.Consent, leaf, IdempotencyId)];
        for (var attempt = 0; attempt < AttemptsAtMost; attempt++)
        {
            await keys.EnsureAsync([leaf], cancel);
            var records = await store.LoadAsync(places, cancel);
            var before = Open(records[0], NowMs);
            var batch = new WriteBatch();
            if (idempotencyKey is not null)
            {
                var repeated = Remember(batch, records[1], idempotencyKey, request.Span);
                if (repeated != Repetition.New)
                    return new ConsentOutcome(repeated, 0, before);
            }
            // Later than anything heard so far: two calls within one millisecond keep their order.
            var atMs = Math.Max(NowMs, before.LatestMs + 1);
            var change = ConsentFold.Apply(before, order.ActsAt(atMs), keepAllEvidence: true);
            try
            {
                if (change is not null)
                    ConsentRows.Add(batch, keys, leaf, records[0].Version, change);
                if (batch.IsEmpty || await store.CommitAsync(batch, lane, cancel)
                    is CommitResult.Committed)
                    return Done(leaf, before, change, atMs);
            }
            catch (KeyGoneException)
            {
                // Erased meanwhile: what was said since is said of a new leaf.
            }
        }
        throw new OverloadedException("A leaf's consents are contended.", TimeSpan.FromSeconds(1));
    }

    /// <summary>
    /// Commits what events take (see <see cref="ConsentActs.LoweringsOf"/>), all of them in one
    /// commit: to be called with judged events before their answer and whatever becomes of the
    /// events themselves. The same message takes once, also when it is sent again after she said
    /// yes. Costs nothing where no event takes anything. Not cancelled: a sender who hangs up has
    /// said what she said.
    /// </summary>
    /// <exception cref="OverloadedException">The disk is full: nothing was committed.</exception>
    public ValueTask LowerAsync(IReadOnlyList<Event> events)
    {
        List<Lowering>? lowerings = null;
        foreach (var e in events)
        {
            if (ConsentActs.MayLower(e)
                && ConsentActs.LoweringsOf(e, purposes, cell.Index) is { Count: > 0 } acts)
                (lowerings ??= []).Add(new Lowering(e, acts));
        }
        return lowerings is null ? ValueTask.CompletedTask
            : new ValueTask(LowerAsync([.. lowerings.GroupBy(one => one.Event.Leaf)]));
    }

    private async Task LowerAsync(IReadOnlyList<IGrouping<LeafId, Lowering>> leaves)
    {
        LeafId[] owners = [.. leaves.Select(leaf => leaf.Key)];
        RecordKey[] places = [.. owners.Select(ConsentRows.KeyOf),
            .. owners.Select(leaf => new RecordKey(RecordKind.Consent, leaf, MessagesId))];
        for (var attempt = 0; attempt < AttemptsAtMost; attempt++)
        {
            await keys.EnsureAsync(owners, CancellationToken.None);
            var records = await store.LoadAsync(places, CancellationToken.None);
            var batch = new WriteBatch();
            try
            {
                for (var i = 0; i < owners.Length; i++)
                    Add(batch, leaves[i], records[i], records[owners.Length + i]);
                if (!batch.IsEmpty && await store.CommitAsync(
                    batch, Lane.Lowering, CancellationToken.None) is not CommitResult.Committed)
                    continue;
                foreach (var revoked in batch.Ledgers.Where(
                    one => one.Ledger == ConsentRows.Revocations))
                    feed.Publish(new Revocation(revoked.Leaf, RevocationKind.Consent, revoked.AtMs));
                return;
            }
            catch (KeyGoneException)
            {
                // Erased meanwhile: what was said since is said of a new leaf.
            }
        }
        throw new OverloadedException("A leaf's consents are contended.", TimeSpan.FromSeconds(1));
    }

    private void Add(WriteBatch batch, IGrouping<LeafId, Lowering> leaf,
        in StoredRecord record, in StoredRecord messages)
    {
        var before = Open(record, NowMs);
        var known = MemoryOf(messages);
        var memory = known;
        var acts = new List<ConsentEvidence>();
        foreach (var (e, said) in leaf)
        {
            if (memory.Find(e.Message.Value, 0) != Repetition.New)
                continue;
            memory = memory.With(e.Message.Value, 0);
            acts.AddRange(said.Select(act => act.ReceivedNotBefore(before.LatestMs)));
        }
        if (ConsentFold.Apply(before, acts, keepAllEvidence: true) is { } change)
            ConsentRows.Add(batch, keys, leaf.Key, record.Version, change);
        if (!ReferenceEquals(memory, known))
            Keep(batch, messages, memory);
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private ConsentOutcome Done(
        LeafId leaf, ConsentState before, ConsentChange? change, long atMs)
    {
        if (change is { Lowers: true })
            feed.Publish(new Revocation(leaf, RevocationKind.Consent, atMs));
        return new ConsentOutcome(Repetition.New, atMs, change?.State ?? before);
    }

    private ConsentState Open(in StoredRecord record, long nowMs)
    {
        if (ConsentRows.TryOpen(keys, record, out var state))
            return state;
        ConsentLog.ConsentsUnreadable(log);
        return ConsentRows.AllRefused(purposes, nowMs);
    }

    private Repetition Remember(
        WriteBatch batch, in StoredRecord record, string idempotencyKey, ReadOnlySpan<byte> request)
    {
        var memory = MemoryOf(record);
        var key = HashOf(Encoding.UTF8.GetBytes(idempotencyKey));
        var what = HashOf(request);
        var found = memory.Find(key, what);
        if (found == Repetition.New)
            Keep(batch, record, memory.With(key, what));
        return found;
    }

    private IdempotencyMemory MemoryOf(in StoredRecord record)
    {
        var plain = new ArrayBufferWriter<byte>(256);
        if (record.Version != 0
            && !keys.TryOpen(record.Key, record.Version, record.Body.Span, plain))
            plain.ResetWrittenCount();
        return IdempotencyMemory.Read(plain.WrittenSpan);
    }

    private void Keep(WriteBatch batch, in StoredRecord record, IdempotencyMemory memory) =>
        batch.Records.Add(new RecordWrite(record.Key, record.Version,
            keys.Seal(record.Key, record.Version + 1, memory.Write())));

    private ulong HashOf(ReadOnlySpan<byte> value) =>
        (ulong)(cell.Index.Hash("idempotency"u8, value) >> 64);

    private readonly record struct Lowering(Event Event, IReadOnlyList<ConsentEvidence> Acts);
}
