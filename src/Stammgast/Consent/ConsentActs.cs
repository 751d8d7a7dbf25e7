using System.Collections.Concurrent;
using System.Text.Json;
using Stammgast.Keys;

namespace Stammgast.Consent;

/// <summary>Which acts an event carries: by its stamp, and by its messaging subscriptions.</summary>
public static class ConsentActs
{
    private const int TopicChars = 64;
    private static readonly ConcurrentDictionary<SourceId, string> Surfaces = new();

    /// <summary>
    /// Adds an event's acts with their evidence. A yes counts only under a notice that is known; a
    /// no always, with its children. A stamp speaks for the device; only a change of consent whose
    /// sender vouches for the person speaks for her. Subscriptions count only from such senders: a
    /// page could subscribe a stranger's address.
    /// </summary>
    public static void AddTo(
        List<ConsentEvidence> acts, Event e, Purposes purposes, Notices notices, BlindIndex index)
    {
        var stamp = e.Stamp;
        var scope = ScopeOf(e);
        if (!stamp.Granted.IsEmpty && notices.Find(stamp.NoticeVersion) is { } notice)
        {
            var act = ActOf(e, scope, ConsentStatus.Given, stamp.Granted & notice.Purposes);
            acts.Add(EvidenceOf(e, act with { ExpiresAtMs = notice.ExpiryOf(e.AtMs) }));
        }
        if (!stamp.Refused.IsEmpty)
            acts.Add(RefusalOf(e, scope, purposes));
        if (NamesSubscriptions(e))
            AddSubscriptions(acts, e, index);
    }

    /// <summary>
    /// Those of an event's acts that must hold before its answer (decision 7): the noes of a change
    /// of consent, and unsubscribes. They are among <see cref="AddTo"/>'s, to the byte, so that the
    /// fold finds nothing to add. A no in the stamp of any other event is not: it narrows its own
    /// event, which the gate has done already.
    /// </summary>
    public static IReadOnlyList<ConsentEvidence> LoweringsOf(
        Event e, Purposes purposes, BlindIndex index)
    {
        var isChange = e.Kind == EventKind.ConsentUpdated && !e.Stamp.Refused.IsEmpty;
        var acts = new List<ConsentEvidence>();
        if (isChange)
            acts.Add(RefusalOf(e, ScopeOf(e), purposes));
        if (NamesSubscriptions(e))
            AddSubscriptions(acts, e, index);
        acts.RemoveAll(act => !act.IsLowering);
        return acts;
    }

    /// <summary>Whether <see cref="LoweringsOf"/> is worth asking; for the hot path.</summary>
    internal static bool MayLower(Event e) =>
        (e.Kind == EventKind.ConsentUpdated && !e.Stamp.Refused.IsEmpty) || NamesSubscriptions(e);

    // Parsing costs; nearly no event names subscriptions.
    private static bool NamesSubscriptions(Event e) =>
        e.OfRecord && e.Body.Span.IndexOf("\"messaging_subscriptions\""u8) >= 0;

    private static ConsentScope ScopeOf(Event e) =>
        e is { Kind: EventKind.ConsentUpdated, OfRecord: true }
            ? ConsentScope.Person
            : ConsentScope.Device;

    private static ConsentEvidence RefusalOf(Event e, ConsentScope scope, Purposes purposes) =>
        EvidenceOf(e,
            ActOf(e, scope, ConsentStatus.Refused, purposes.WithChildren(e.Stamp.Refused)));

    private static ConsentEvidence EvidenceOf(Event e, ConsentAct act) => new()
    {
        Method = e.Kind == EventKind.ConsentUpdated ? "dialogue" : "stamp",
        Surface = SurfaceOf(e.Source),
        Act = act,
    };

    // Every stamp names its source; there are as many as are configured.
    private static string SurfaceOf(SourceId source) =>
        Surfaces.GetOrAdd(source, static id => $"source:{id.Value}");

    private static ConsentAct ActOf(
        Event e, ConsentScope scope, ConsentStatus status, PurposeSet purposes) => new()
        {
            Status = status, Purposes = purposes, Scope = scope, MadeAtMs = e.AtMs,
            ReceivedAtMs = e.ReceivedAtMs, Notice = e.Stamp.NoticeVersion,
        };

    private static void AddSubscriptions(List<ConsentEvidence> acts, Event e, BlindIndex index)
    {
        try
        {
            using var body = JsonDocument.Parse(e.Body);
            if (body.RootElement.ValueKind != JsonValueKind.Object
                || !body.RootElement.TryGetProperty("context"u8, out var context)
                || context.ValueKind != JsonValueKind.Object
                || !context.TryGetProperty("messaging_subscriptions"u8, out var list)
                || list.ValueKind != JsonValueKind.Array)
                return;
            foreach (var entry in list.EnumerateArray())
                AddSubscription(acts, e, index, entry);
        }
        catch (JsonException)
        {
            // Collect keeps well-formed bodies only; one that is not says nothing about anybody.
        }
    }

    private static void AddSubscription(
        List<ConsentEvidence> acts, Event e, BlindIndex index, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object
            || !Addresses.TryReadKind(TextOf(entry, "type"), out var kind)
            || !Addresses.TryRead(index, kind, TextOf(entry, "key"), out var address))
            return;
        if (Addresses.TryReadStatus(TextOf(entry, "status"), out var status))
            Add("", status);
        if (!entry.TryGetProperty("groups"u8, out var groups)
            || groups.ValueKind != JsonValueKind.Array)
            return;
        foreach (var group in groups.EnumerateArray())
            if (group.ValueKind == JsonValueKind.Object
                && TextOf(group, "name") is { Length: > 0 and <= TopicChars } topic
                && Addresses.TryReadStatus(TextOf(group, "status"), out status))
                Add(topic, status);

        void Add(string topic, SubscriptionStatus said) => acts.Add(new ConsentEvidence
        {
            Method = "subscription", Surface = SurfaceOf(e.Source),
            Subscription = new SubscriptionAct(address, topic, said, e.AtMs, e.ReceivedAtMs),
        });
    }

    private static string? TextOf(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
