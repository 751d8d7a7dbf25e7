using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Stammgast.Keys;

namespace Stammgast.Collect;

/// <summary>
/// The Segment tracking API: long and short paths, batches, the browser SDK's metrics (taken and
/// dropped) and its settings. One answer for all events:
/// <c>200 {"success":true,"position","events":[{"messageId","fate","code"?,"field"?,"note"?}]}</c>.
/// </summary>
internal static class CollectApi
{
    private const int MaxKeyBytes = 256;

    /// <summary>Maps the routes.</summary>
    public static void Map(IEndpointRouteBuilder app, CollectWorker worker, Backpressure pressure)
    {
        var events = app.MapGroup("/v1").WithTags("Collect");
        foreach (var (path, call) in Paths())
        {
            events.MapPost(path, (Delegate)((HttpContext http) => TakeAsync(http, worker, pressure, call)))
                .Produces<JsonElement>().ProducesRefusals()
                .WithSummary($"Takes events ({call}); each has a fate of its own.");
        }
        events.MapPost("/m", (Delegate)((HttpContext http) => TakeMetricsAsync(http)))
            .WithSummary("Takes the metrics of Segment's SDKs and keeps nothing of them.");
        CorsApi.MapPreflight(events, [.. Paths().Select(path => path.Path), "/m", "/session"]);
        SettingsApi.Map(events, worker.Keys);
    }

    private static IEnumerable<(string Path, CollectCall Call)> Paths() =>
    [
        ("/track", CollectCall.Track), ("/t", CollectCall.Track),
        ("/identify", CollectCall.Identify), ("/i", CollectCall.Identify),
        ("/page", CollectCall.Page), ("/p", CollectCall.Page),
        ("/screen", CollectCall.Screen), ("/s", CollectCall.Screen),
        ("/group", CollectCall.Group), ("/g", CollectCall.Group),
        ("/alias", CollectCall.Alias), ("/a", CollectCall.Alias),
        ("/batch", CollectCall.Batch), ("/b", CollectCall.Batch), ("/import", CollectCall.Batch),
    ];

    // What is refused for lack of room is refused before its body is read, with 429: SDKs keep it.
    // A small one is read all the same, as it may withdraw, and that never waits for room.
    private static async Task TakeAsync(
        HttpContext http, CollectWorker worker, Backpressure pressure, CollectCall call)
    {
        CorsApi.AllowAnswer(http);
        if (http.Request.ContentLength > Limits.BatchBytes)
        {
            await RefuseAsync(http, Problems.TooLarge(Limits.BatchBytes));
            return;
        }
        var share = http.Request.Headers.ContentEncoding.Count > 0
            ? Limits.BatchBytes
            : (int)(http.Request.ContentLength ?? Limits.BatchBytes);
        var hasRoom = pressure.TryTake(share);
        if (!hasRoom && !pressure.TryTakeReserve(share))
        {
            await RefuseAsync(http, Problems.TooMany(retryAfterSeconds: 1));
            return;
        }
        try
        {
            if (TryKey(http.Request, worker.Keys, out var key))
                await ReadAndTakeAsync(http, worker, key, call, hasRoom);
            else
                await RefuseAsync(http, Problems.Unauthenticated());
        }
        finally
        {
            pressure.Give(share);
        }
    }

    private static async Task ReadAndTakeAsync(
        HttpContext http, CollectWorker worker, ApiKey? key, CollectCall call, bool hasRoom)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = Limits.BatchBytes;
        var (body, problem) = await ReadAsync(http);
        if (body is null)
        {
            await RefuseAsync(http, problem!);
            return;
        }
        using (body)
        {
            var request = new CollectRequest(
                call, http.Request.Headers.Origin, PrivacySignal.IsSet(http.Request));
            if (!hasRoom)
            {
                await RefuseAsync(http, await worker.LowerOnlyAsync(
                    key, body.Memory, request, http.RequestAborted));
                return;
            }
            var answer = await worker.AcceptAsync(key, body.Memory, request, http.RequestAborted);
            if (answer is Collected.Accepted accepted)
                await AnswerAsync(http, accepted);
            else if (answer is Collected.Refused refused)
                await RefuseAsync(http, refused.Problem);
        }
    }

    /// <summary>The body, or why there is none.</summary>
    internal static async ValueTask<(RequestBody? Body, Problem? Problem)> ReadAsync(
        HttpContext http)
    {
        try
        {
            return await RequestBody.ReadAsync(http.Request, http.RequestAborted);
        }
        catch (BadHttpRequestException e)
            when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, Problems.TooLarge(Limits.BatchBytes));
        }
    }

    /// <summary>
    /// The key that the header names: Basic with the key as user, with or without colon, or Bearer.
    /// True with null: the header names none (or a bearer token of somebody else's), the body
    /// decides. False: it names one that is not valid.
    /// </summary>
    internal static bool TryKey(HttpRequest request, ApiKeys keys, out ApiKey? key)
    {
        key = null;
        var header = request.Headers.Authorization.ToString().AsSpan().Trim();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            keys.TryAuthenticate(header[7..].Trim(), out key);
            return true;
        }
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return header.IsEmpty;
        Span<byte> bytes = stackalloc byte[MaxKeyBytes];
        Span<char> text = stackalloc char[MaxKeyBytes];
        if (!Convert.TryFromBase64Chars(header[6..].Trim(), bytes, out var length)
            || !Encoding.UTF8.TryGetChars(bytes[..length], text, out var chars))
            return false;
        var name = text[..chars];
        var colon = name.IndexOf(':');
        return keys.TryAuthenticate(colon < 0 ? name : name[..colon], out key);
    }

    /// <summary>Counts and writes a refusal.</summary>
    internal static async Task RefuseAsync(HttpContext http, Problem problem)
    {
        CollectCounters.Answered(problem.Status);
        await problem.ToResult().ExecuteAsync(http);
    }

    private static async Task AnswerAsync(HttpContext http, Collected.Accepted accepted)
    {
        CollectCounters.Answered(StatusCodes.Status200OK);
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await using (var json = new Utf8JsonWriter(http.Response.BodyWriter))
            WriteAnswer(json, accepted);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    /// <summary>The 200.</summary>
    internal static void WriteAnswer(Utf8JsonWriter json, Collected.Accepted accepted)
    {
        var fates = accepted.Fates;
        json.WriteStartObject();
        json.WriteBoolean("success"u8, value: true);
        json.WriteString("position"u8, accepted.Position.ToString());
        json.WriteStartArray("events"u8);
        for (var at = 0; at < fates.Count; at++)
            WriteFate(json, fates[at]);
        json.WriteEndArray();
        json.WriteEndObject();
    }


    private static void WriteFate(Utf8JsonWriter json, in EventFate fate)
    {
        json.WriteStartObject();
        json.WriteString("messageId"u8, fate.MessageId);
        json.WriteString("fate"u8, Fates.Name(fate.Fate));
        if (fate.Code is not null)
            json.WriteString("code"u8, fate.Code);
        if (fate.Field is not null)
            json.WriteString("field"u8, fate.Field);
        if (fate.Note is not null)
            json.WriteString("note"u8, fate.Note);
        json.WriteEndObject();
    }

    // The SDK's own counters: of no use here, and none of our business.
    private static Task TakeMetricsAsync(HttpContext http)
    {
        CorsApi.AllowAnswer(http);
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync("""{"success":true}""", http.RequestAborted);
    }
}
