using System.Text.Json;
using Stammgast.Collect;
using Stammgast.Keys;

namespace Stammgast.Decisions;

/// <summary>
/// The staff's side, for admin keys: <c>GET /v1/decisions/{id}</c> with the whole trace, and the
/// stop button <c>POST /v1/stop</c> and <c>DELETE /v1/stop</c>
/// <c>{"scope":"cell|channel|campaign","key"}</c>, <c>GET /v1/stop</c>.
/// </summary>
internal static class DecisionsApi
{
    private const int BodyBytes = 4_096;
    private static readonly string[] Channels = ["onsite", "email", "sms", "push"];

    /// <summary>Adds the routes.</summary>
    public static void Map(
        IEndpointRouteBuilder app, ReservationWorker reservations, RecentDecisions recent,
        StopWorker stops, Func<HttpContext, Problem?> guard)
    {
        var staff = app.MapGroup("/v1").WithTags("Decisions").Behind(guard);
        staff.MapGet("/decisions/{id}", (string id, CancellationToken cancel) =>
                OneAsync(id, reservations, recent, cancel))
            .WithSummary("Explains a decision: candidates, scores, what was dropped and why.");
        staff.MapGet("/stop", () => Answer(stops.Current, isDurable: true))
            .WithSummary("What is stopped.");
        staff.MapPost("/stop", (HttpContext http, CancellationToken _) =>
                ChangeAsync(http, stops, isOn: true))
            .WithSummary("Stops all marketing, a channel or a campaign, at once.");
        staff.MapDelete("/stop", (HttpContext http, CancellationToken _) =>
                ChangeAsync(http, stops, isOn: false))
            .WithSummary("Lifts a stop.");
    }

    private static async Task<IResult> OneAsync(
        string id, ReservationWorker reservations, RecentDecisions recent, CancellationToken cancel)
    {
        if (!DecisionId.TryParse(id, out var decisionId))
            return Problems.NotFound("decision").ToResult();
        var isRecent = recent.TryFind(decisionId, out var decision, out var leaf);
        if (await reservations.FindAsync(decisionId, cancel) is { } found)
        {
            var stored = DecisionRecord.Decode(found.Record);
            var isSame = found.Record.AsSpan().SequenceEqual(DecisionRecord.Replay(found.Record));
            return Trace(isRecent ? decision! : stored, isSame);
        }
        // Hers, and no longer to be opened: erased. Nobody's: only ever kept here.
        return isRecent && leaf == LeafId.None
            ? Trace(decision!, IsReplayed(decision!)) : Problems.NotFound("decision").ToResult();
    }

    private static bool IsReplayed(Decision decision)
    {
        var record = DecisionRecord.Encode(decision);
        return record.AsSpan().SequenceEqual(DecisionRecord.Replay(record));
    }

    private static async Task<IResult> ChangeAsync(HttpContext http, StopWorker stops, bool isOn)
    {
        var (scope, key, refused) = await ReadAsync(http);
        if (refused is not null)
            return refused.ToResult();
        var isDone = isOn
            ? await stops.StopAsync(scope, key, http.RequestAborted)
            : await stops.LiftAsync(scope, key, http.RequestAborted);
        return !isOn && !isDone ? Problems.Unavailable(TimeSpan.FromSeconds(1)).ToResult()
            : Answer(stops.Current, isDone);
    }

    private static async Task<(string Scope, string Key, Problem? Refused)> ReadAsync(HttpContext http)
    {
        var (sent, tooLarge) = await RequestBody.ReadAsync(
            http.Request, http.RequestAborted, BodyBytes);
        using var held = sent;
        if (sent is null)
            return ("", "", tooLarge);
        try
        {
            using var document = JsonDocument.Parse(sent.Memory);
            var body = new RequestReader(document.RootElement, "");
            var scope = body.Text("scope", 16);
            var key = body.Text("key", Placement.KeyChars) ?? "";
            return scope switch
            {
                "cell" => (scope, "", null),
                "channel" when Channels.Contains(key) => (scope, key, null),
                "channel" => throw body.Wrong("key", "One of onsite, email, sms, push."),
                "campaign" when ResourceRules.IsKey(key) => (scope, key, null),
                "campaign" => throw body.Wrong("key", "The campaign's key."),
                _ => throw body.Wrong("scope", "One of cell, channel, campaign."),
            };
        }
        catch (JsonException)
        {
            return ("", "", Problems.Malformed("The body is one JSON object."));
        }
        catch (FieldException field)
        {
            return ("", "", Problems.Invalid(field.Message, field.Pointer));
        }
    }

    private static IResult Trace(Decision decision, bool isReplayed) =>
        Json(json => StaffTrace.Write(json, decision, isReplayed));

    private static IResult Answer(StopSet stops, bool isDurable) => Json(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("cell", stops.Cell);
        json.WriteStartArray("channels");
        foreach (var channel in stops.Channels.Order(StringComparer.Ordinal))
            json.WriteStringValue(channel);
        json.WriteEndArray();
        json.WriteStartArray("campaigns");
        foreach (var campaign in stops.Campaigns.Order(StringComparer.Ordinal))
            json.WriteStringValue(campaign);
        json.WriteEndArray();
        json.WriteBoolean("durable", isDurable);
        json.WriteEndObject();
    });

    /// <summary>An answer written by hand.</summary>
    internal static IResult Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return Results.Text(buffer.ToArray().AsSpan(), "application/json", StatusCodes.Status200OK);
    }
}
