using System.Globalization;
using System.Text;

namespace Stammgast.Operations;

/// <summary>
/// A request of the tracking API, made once and patched in place: fixed-width fields for message,
/// person, product and time, so that generating load costs next to nothing beside serving it.
/// </summary>
internal sealed class LoadTemplate
{
    private const string MessageSlot = "0000000000000000";
    private const string PersonSlot = "bench-00000000";
    private const string ProductSlot = "P-00000";

    private readonly byte[] _bytes;
    private readonly int[] _messages;
    private readonly int[] _persons;
    private readonly int[] _products;

    private LoadTemplate(byte[] bytes, int events)
    {
        _bytes = bytes;
        Events = events;
        _messages = Find(bytes, "node-next-1763793000000-", events);
        _persons = Find(bytes, "bench-", events);
        _products = Find(bytes, "\"product_id\":\"P-", events);
    }

    /// <summary>How many events one request carries.</summary>
    public int Events { get; }

    /// <summary>The whole HTTP request as it now stands.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>One event's length in bytes, for the report.</summary>
    public static int EventBytes(DateTimeOffset at) => Encoding.UTF8.GetByteCount(Event(at));

    /// <summary>A <c>/v1/batch</c> request of some events; one event goes to <c>/v1/track</c>.</summary>
    public static LoadTemplate Create(string host, string key, int events, DateTimeOffset at)
    {
        var body = new StringBuilder();
        if (events == 1)
        {
            body.Append(Event(at));
        }
        else
        {
            body.Append("{\"batch\":[");
            for (var i = 0; i < events; i++)
                body.Append(i == 0 ? "" : ",").Append(Event(at));
            body.Append(CultureInfo.InvariantCulture, $"],\"sentAt\":\"{Stamp(at)}\"}}");
        }
        return Request(host, key, events == 1 ? "/v1/track" : "/v1/batch", body.ToString(), events);
    }

    /// <summary>One experience call: a page view's event and three placements.</summary>
    public static LoadTemplate Experience(string host, string key, DateTimeOffset at)
    {
        var body = "{\"anonymousId\":\"" + PersonSlot + "\",\"context\":{\"locale\":\"de-DE\","
            + "\"timezone\":\"Europe/Berlin\",\"consent\":{\"categoryPreferences\":"
            + "{\"functional\":true,\"personalization\":true}}},"
            + "\"events\":[" + Event(at) + "],\"placements\":["
            + "{\"key\":\"home.banner\",\"type\":\"banner\"},"
            + "{\"key\":\"pdp.row\",\"type\":\"items\",\"limit\":6},"
            + "{\"key\":\"listing\",\"type\":\"rank\",\"productIds\":["
            + string.Join(',', Enumerable.Range(0, 24).Select(i => $"\"P-{i * 7:d5}\"")) + "]}]}";
        return Request(host, key, "/v1/experience", body, 1);
    }

    private static LoadTemplate Request(
        string host, string key, string path, string body, int events)
    {
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":"));
        var head = $"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {basic}\r\n"
            + "Content-Type: application/json\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n";
        return new LoadTemplate(Encoding.UTF8.GetBytes(head + body), events);
    }

    /// <summary>Writes who did what into the event at an index; numbers wrap at the slots' width.</summary>
    public void Patch(int index, ulong message, int person, int product)
    {
        Digits(_messages[index], MessageSlot.Length, message);
        Digits(_persons[index], PersonSlot.Length - 6, (ulong)person);
        Digits(_products[index], ProductSlot.Length - 2, (ulong)product);
    }

    private void Digits(int offset, int width, ulong value)
    {
        for (var i = width - 1; i >= 0; i--)
        {
            _bytes[offset + i] = (byte)('0' + value % 10);
            value /= 10;
        }
    }

    private static string Event(DateTimeOffset at) =>
        "{\"type\":\"track\",\"messageId\":\"node-next-1763793000000-" + MessageSlot + "\","
        + "\"anonymousId\":\"" + PersonSlot + "\",\"timestamp\":\"" + Stamp(at) + "\","
        + "\"event\":\"Product Viewed\",\"properties\":{\"product_id\":\"" + ProductSlot + "\","
        + "\"category\":\"shoes.running\",\"name\":\"Laufschuh\",\"price\":129.95},"
        + "\"context\":{\"locale\":\"de-DE\",\"timezone\":\"Europe/Berlin\","
        + "\"page\":{\"path\":\"/p/laufschuh\",\"title\":\"Laufschuh\"},"
        + "\"library\":{\"name\":\"bench\",\"version\":\"1\"},"
        + "\"consent\":{\"categoryPreferences\":{\"functional\":true,\"personalization\":true}}}}";

    private static string Stamp(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static int[] Find(byte[] bytes, string mark, int count)
    {
        var needle = Encoding.UTF8.GetBytes(mark);
        var found = new int[count];
        var from = 0;
        for (var i = 0; i < count; i++)
        {
            var at = bytes.AsSpan(from).IndexOf(needle) + from;
            found[i] = at + needle.Length;
            from = found[i];
        }
        return found;
    }
}
