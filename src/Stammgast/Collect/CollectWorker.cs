using System.Collections.Concurrent;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Collect;

/// <summary>How a body came in.</summary>
/// <param name="Call">Which route.</param>
/// <param name="Origin">The browser's <c>Origin</c> header, or null.</param>
/// <param name="PrivacySignal">Whether <c>Sec-GPC: 1</c> was sent.</param>
internal readonly record struct CollectRequest(
    CollectCall Call, string? Origin = null, bool PrivacySignal = false);

/// <summary>What <see cref="CollectWorker"/> is composed of.</summary>
internal sealed record CollectParts
{
    /// <summary>Where accepted events become durable.</summary>
    public required IEventLog Log { get; init; }

    /// <summary>Who may send.</summary>
    public required ApiKeys Keys { get; init; }

    /// <summary>The sources configured now.</summary>
    public required Func<Sources> Sources { get; init; }

    /// <summary>What admission is handed.</summary>
    public required AdmissionRules Rules { get; init; }

    /// <summary>
    /// Commits what judged events take from their persons' consents, before their answer; overload
    /// of the log does not concern it.
    /// </summary>
    public required Func<IReadOnlyList<Event>, ValueTask> Lower { get; init; }

    /// <summary>Where rejected events go; they are only counted if nobody takes them.</summary>
    public Action<RejectedEvent, SourceId, long>? DeadLetter { get; init; }

    /// <summary>Who watches the line.</summary>
    public required FlowNotices Notices { get; init; }

    /// <summary>The cell's clock.</summary>
    public required TimeProvider Time { get; init; }
}

/// <summary>
/// The gate's I/O: authenticates, admits, appends, answers. Any thread may call it. An answer of
/// <see cref="Collected.Accepted"/> means that its events are durable; an exception or a refusal
/// means that none is known to be.
/// </summary>
internal sealed class CollectWorker(CollectParts parts)
{
    // One a processing thread is enough: admission does not wait for anything.
    private const int IdleAtMost = 16;
    private readonly ConcurrentQueue<Admission> _idle = new();

    /// <summary>The keys that may send; for the API's header.</summary>
    public ApiKeys Keys => parts.Keys;

    /// <summary>
    /// Takes a request's events. <paramref name="key"/> null: the body's <c>writeKey</c> says who
    /// sends. Once the body is admitted the append is not cancelled by a sender who hangs up.
    /// </summary>
    public ValueTask<Collected> AcceptAsync(
        ApiKey? key, ReadOnlyMemory<byte> body, CollectRequest request, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var receivedAtMs = parts.Time.GetUtcNow().ToUnixTimeMilliseconds();
        return TakeAsync(new Sender(key, null), body, request, receivedAtMs);
    }

    /// <summary>
    /// What is done for a request that there is no room for: its withdrawals and unsubscribes are
    /// committed, nothing else is taken, and the answer asks to come again with all of it.
    /// </summary>
    public async ValueTask<Problem> LowerOnlyAsync(
        ApiKey? key, ReadOnlyMemory<byte> body, CollectRequest request, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var receivedAtMs = parts.Time.GetUtcNow().ToUnixTimeMilliseconds();
        using var payloads = new PayloadBuffer();
        var (problem, admitted, _) =
            Admit(new Sender(key, null), body, request, receivedAtMs, payloads, out _);
        return problem ?? await LowerAsync(admitted!.Events)
            ?? Problems.TooMany(retryAfterSeconds: 1);
    }

    /// <summary>
    /// Takes a dead letter once more, as if it came in when it first did; what is rejected again
    /// stays the letter that it is.
    /// </summary>
    public ValueTask<Collected> ReplayAsync(
        SourceId source, ReadOnlyMemory<byte> body, CollectCall call, long receivedAtMs) =>
        TakeAsync(new Sender(null, source), body, new CollectRequest(call), receivedAtMs);

    /// <summary>Appends an accepted event, which could not be folded, once more as it is.</summary>
    public async ValueTask<Collected> ReplayLoggedAsync(
        ReadOnlyMemory<byte> payload, long receivedAtMs)
    {
        Event e;
        try
        {
            e = EventCodec.Read(payload);
        }
        catch (InvalidDataException)
        {
            return new Collected.Refused(Problems.Unprocessable(
                "The event cannot be read; send it corrected in the body."));
        }
        try
        {
            var position = await parts.Log.AppendAsync(
                [new LogItem(e.Leaf.Bucket, payload)], CancellationToken.None);
            return new Collected.Accepted(
                [new EventFate("", Fate.Accepted)], position, [e], receivedAtMs);
        }
        catch (OverloadedException overload)
        {
            return new Collected.Refused(Problems.Unavailable(overload.RetryAfter));
        }
    }

    private async ValueTask<Collected> TakeAsync(
        Sender sender, ReadOnlyMemory<byte> body, CollectRequest request, long receivedAtMs)
    {
        using var payloads = new PayloadBuffer();
        var (problem, admitted, source) =
            Admit(sender, body, request, receivedAtMs, payloads, out var items);
        if (problem is not null)
            return new Collected.Refused(problem);
        // Before the append: what a full log refuses has been withdrawn all the same.
        if (await LowerAsync(admitted!.Events) is { } full)
            return new Collected.Refused(full);
        LogPosition position;
        try
        {
            position = items.Length == 0
                ? parts.Log.Head
                : await parts.Log.AppendAsync(items, CancellationToken.None);
        }
        catch (OverloadedException overload)
        {
            return new Collected.Refused(Problems.Unavailable(overload.RetryAfter));
        }
        foreach (var e in admitted.Events)
            parts.Rules.Recent.Add(e.Message);
        if (sender.Replayed is null)
            Bury(admitted, source!, receivedAtMs);
        Tell(admitted, body.Length, receivedAtMs);
        return new Collected.Accepted(admitted.Fates, position, admitted.Events, receivedAtMs);
    }

    private async ValueTask<Problem?> LowerAsync(IReadOnlyList<Event> events)
    {
        try
        {
            await parts.Lower(events);
            return null;
        }
        catch (OverloadedException overload)
        {
            return Problems.Unavailable(overload.RetryAfter);
        }
    }

    // Synchronous: spans and the pooled reader must not cross an await.
    private (Problem? Problem, Admitted? Admitted, Source? Source) Admit(
        Sender sender, ReadOnlyMemory<byte> body, CollectRequest request, long receivedAtMs,
        PayloadBuffer payloads, out LogItem[] items)
    {
        var cpu = Station.ThreadCpuNs();
        items = [];
        if (!_idle.TryDequeue(out var admission))
            admission = new Admission(parts.Rules);
        try
        {
            var problem = admission.Read(body, request.Call);
            if (problem is not null)
                return (problem, null, null);
            problem = MaySend(sender, admission.WriteKey(), request.Origin, out var source);
            if (problem is not null)
                return (problem, null, null);
            var admitted = admission.Admit(source!, request.PrivacySignal, receivedAtMs);
            items = Encode(admitted.Events, payloads);
            Station.Collect.Add(admitted.Fates.Count, cpu);
            return (null, admitted, source);
        }
        finally
        {
            if (_idle.Count < IdleAtMost)
                _idle.Enqueue(admission);
        }
    }

    private Problem? MaySend(Sender sender, string writeKey, string? origin, out Source? source)
    {
        source = null;
        if (sender.Replayed is { } replayed)
            return parts.Sources().TryGet(replayed, out source)
                ? null : Problems.NotFound("source");
        var key = sender.Key;
        if (key is null && !parts.Keys.TryAuthenticate(writeKey, out key))
            return Problems.Unauthenticated();
        if (key.Kind == ApiKeyKind.Admin)
            return Problems.Forbidden("An admin key sends no events: use another kind.");
        if (!Origins.Allows(key, origin))
            return Problems.Forbidden("This key may not be used from this origin.");
        if (!parts.Sources().TryGet(key.Source, out source))
            return Problems.Forbidden("The key's source is not configured.");
        // A public key never speaks for a source of record, whatever was configured.
        return key.Kind == ApiKeyKind.Write && source.OfRecord
            ? Problems.Forbidden("A write key belongs to a browser or app source.")
            : null;
    }

    private static LogItem[] Encode(List<Event> events, PayloadBuffer payloads)
    {
        if (events.Count == 0)
            return [];
        var ends = new int[events.Count];
        for (var at = 0; at < ends.Length; at++)
        {
            EventCodec.Write(events[at], payloads);
            ends[at] = payloads.Length;
        }
        var items = new LogItem[ends.Length];
        for (int at = 0, start = 0; at < ends.Length; start = ends[at++])
            items[at] = new LogItem(
                events[at].Leaf.Bucket, payloads.Slice(start, ends[at] - start));
        return items;
    }

    private void Bury(Admitted admitted, Source source, long receivedAtMs)
    {
        if (parts.DeadLetter is not { } keep)
            return;
        foreach (var rejected in admitted.Rejected)
            keep(rejected, source.Id, receivedAtMs);
    }

    private void Tell(Admitted admitted, int bodyBytes, long receivedAtMs)
    {
        CollectCounters.Count(admitted, bodyBytes);
        if (!parts.Notices.Watched)
            return;
        var next = 0;
        for (var at = 0; at < admitted.Fates.Count; at++)
        {
            var fate = admitted.Fates[at];
            var e = fate.Fate == Fate.Accepted ? admitted.Events[next++] : null;
            parts.Notices.Publish(new FlowNotice.Collected(
                receivedAtMs, e?.Leaf ?? LeafId.None, admitted.Names[at], Fates.Name(fate.Fate),
                fate.Code ?? "", e?.Allowed ?? PurposeSet.None));
        }
    }

    // Who sends: a key from the header, or (both null) the one in the body; or a replay's source.
    private readonly record struct Sender(ApiKey? Key, SourceId? Replayed);
}
