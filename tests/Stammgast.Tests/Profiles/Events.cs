using System.Text;
using Stammgast.Consent;
using Stammgast.Storage;

namespace Stammgast.Tests.Profiles;

/// <summary>Makes events: one at a time for examples, and random worlds of them from a seed.</summary>
internal static class Events
{
    public const long Start = 1_780_000_000_000;
    public const long Day = 86_400_000;

    public static readonly PurposeSet All = Purposes.Default.Everything;

    /// <summary>A leaf by its anchor, as a blind index would name it, without keys.</summary>
    public static LeafId LeafOf(Identifier anchor) => new(Hash(anchor));

    public static LookUpHash HashOf(Identifier identifier) =>
        new(~Hash(identifier));

    public static Event One(EventKind kind, long atMs, params Identifier[] ids) => new()
    {
        Leaf = LeafOf(ids[0]),
        Message = new MessageKey((ulong)(atMs * 31 + (int)kind * 7 + ids.Length)),
        Source = new SourceId(1),
        Type = kind == EventKind.Identify ? EventType.Identify : EventType.Track,
        Kind = kind,
        Name = kind.ToString(),
        AtMs = atMs,
        ReceivedAtMs = atMs,
        Allowed = All,
        Ceiling = Provenance.Observed,
        OfRecord = true,
        Identifiers = ids,
    };

    public static Event Bought(this Event e, params EventItem[] items) => e with
    {
        Kind = EventKind.OrderCompleted,
        Items = items,
        OrderId = "O-" + e.Message.Value,
        TotalMinor = items.Sum(item => item.PriceMinor * item.Quantity),
    };

    public static Event Traits(this Event e, string json) => e with
    {
        Type = EventType.Identify,
        Kind = EventKind.Identify,
        Body = Encoding.UTF8.GetBytes($$"""{"traits":{{json}}}"""),
    };

    public static Event Properties(this Event e, string json) => e with
    {
        Body = Encoding.UTF8.GetBytes($$"""{"properties":{{json}}}"""),
    };

    public static EventItem Item(string product, long price = 1000, string category = "shoes") =>
        new(product, product + "-M", category, 1, price, false, false);

    public static Identifier User(string value) => new(IdentifierType.UserId, value);

    public static Identifier Card(string value) => new(IdentifierType.LoyaltyCard, value);

    public static Identifier Mail(string value) => new(IdentifierType.Email, value);

    public static Identifier Device(string value) => new(IdentifierType.AnonymousId, value);

    /// <summary>Events of a handful of people on devices, with cards and addresses, from a seed.</summary>
    public static IReadOnlyList<Event> World(Random random, int count)
    {
        var events = new List<Event>(count);
        for (var i = 0; i < count; i++)
            events.Add(Any(random, (ulong)i + 1));
        return events;
    }

    private static Event Any(Random random, ulong message)
    {
        // A small world, so that devices are shared, cards lent and addresses reused.
        var ids = new List<Identifier>();
        if (random.Next(3) == 0)
            ids.Add(User("user-" + random.Next(4)));
        if (random.Next(5) == 0)
            ids.Add(Card("CARD" + random.Next(5)));
        if (random.Next(6) == 0)
            ids.Add(Mail($"mail{random.Next(5)}@shop.test"));
        if (ids.Count == 0 || random.Next(2) == 0)
            ids.Add(Device("device-" + random.Next(7)));
        var kinds = Enum.GetValues<EventKind>();
        var atMs = Start + random.NextInt64(0, 90) * Day / (1 + random.Next(3));
        var e = One(kinds[random.Next(kinds.Length)], atMs, [.. ids]) with
        {
            Message = new MessageKey(message),
            Source = new SourceId((ushort)random.Next(3)),
            ReceivedAtMs = atMs + random.Next(1000),
            Allowed = new PurposeSet(All.Bits & (random.Next(3) == 0 ? 0xFFFFul : ulong.MaxValue)),
            Ceiling = (Provenance)random.Next(1, 7),
            OfRecord = random.Next(2) == 0,
            Reason = (ReturnReason)random.Next(8),
            OrderId = random.Next(2) == 0 ? "" : "O-" + random.Next(9),
            TotalMinor = random.Next(3) == 0 ? 0 : random.Next(10_000),
            Items = [.. Enumerable.Range(0, random.Next(4)).Select(_ => AnyItem(random))],
        };
        return e.Kind switch
        {
            EventKind.Identify => e.Traits($$"""{"size":"{{random.Next(5)}}","k{{random.Next(60)}}":{{random.Next(9)}}}"""),
            EventKind.FeedbackGiven => e.Properties(
                $$"""{"decision_id":"d_{{random.Next(30)}}","value":"{{(random.Next(2) == 0 ? "never" : "helpful")}}"}"""),
            EventKind.ServiceCaseOpened or EventKind.ServiceCaseClosed =>
                e.Properties($$"""{"case_id":"c{{random.Next(3)}}"}"""),
            _ => e,
        };
    }

    private static EventItem AnyItem(Random random) => new(
        random.Next(20) == 0 ? "" : "P-" + random.Next(60), random.Next(2) == 0 ? "" : "V" + random.Next(3),
        random.Next(5) == 0 ? "" : "cat." + random.Next(40), random.Next(4), random.Next(1, 20_000),
        random.Next(6) == 0, random.Next(8) == 0);

    private static UInt128 Hash(Identifier identifier)
    {
        var hash = System.Security.Cryptography.SHA256.HashData(
            Encoding.UTF8.GetBytes((byte)identifier.Type + identifier.Value));
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
