using System.Text.Json;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Collect;

/// <summary>
/// <c>GET /v1/dead-letters</c>: which events were rejected, why and where, never their content.
/// <c>POST /v1/dead-letters/{id}/replay</c>: takes one again, as it was or corrected in the body.
/// </summary>
internal static class DeadLetterApi
{
    private const int PageDefault = 50;
    private const int PageAtMost = 500;

    /// <summary>Maps the routes behind a guard (admin keys).</summary>
    public static void Map(
        IEndpointRouteBuilder app, DeadLetterWorker letters, CollectWorker collect,
        Func<HttpContext, Problem?> guard)
    {
        var routes = app.MapGroup("/v1/dead-letters").WithTags("Collect").Behind(guard);
        routes.MapGet("", (string? cursor, int? limit, CancellationToken cancel) =>
                ListAsync(letters, cursor, limit, cancel))
            .WithSummary("Lists rejected events with their reasons.");
        routes.MapPost("/{id}/replay", (string id, HttpRequest request, CancellationToken cancel) =>
                ReplayAsync(letters, collect, id, request, cancel))
            .WithSummary("Takes a rejected event again.");
    }

    private static async Task<IResult> ListAsync(
        DeadLetterWorker letters, string? cursor, int? limit, CancellationToken cancel)
    {
        DeadLetterId? after = null;
        if (cursor is not null)
        {
            if (!DeadLetterId.TryParse(cursor, out var id))
                return Problems.Invalid("The cursor is not one of ours.", "/cursor").ToResult();
            after = id;
        }
        var size = limit ?? PageDefault;
        if (size is < 1 or > PageAtMost)
            return Problems.Invalid($"A page has 1 to {PageAtMost} entries.", "/limit").ToResult();
        var page = await letters.ListAsync(after, size, cancel);
        return Results.Stream(stream => WriteAsync(stream, page, size), "application/json");
    }

    private static async Task WriteAsync(
        Stream stream, IReadOnlyList<(DeadLetterId Id, DeadLetter Letter)> page, int size)
    {
        await using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteStartArray("data"u8);
        foreach (var (id, letter) in page)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, id.ToString());
            json.WriteString("receivedAt"u8,
                DateTimeOffset.FromUnixTimeMilliseconds(letter.ReceivedAtMs).UtcDateTime);
            json.WriteNumber("source"u8, letter.Source.Value);
            json.WriteString("code"u8, letter.Code);
            json.WriteString("field"u8, letter.Field);
            json.WriteNumber("bytes"u8, letter.Body.Length);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (page.Count == size)
            json.WriteString("next"u8, page[^1].Id.ToString());
        else
            json.WriteNull("next"u8);
        json.WriteEndObject();
    }

    private static async Task<IResult> ReplayAsync(
        DeadLetterWorker letters, CollectWorker collect, string id, HttpRequest request,
        CancellationToken cancel)
    {
        if (!DeadLetterId.TryParse(id, out var at)
            || await letters.FindAsync(at, cancel) is not { } letter)
            return Problems.NotFound("dead letter").ToResult();
        var (corrected, problem) = await RequestBody.ReadAsync(request, cancel);
        if (corrected is null)
            return problem!.ToResult();
        using (corrected)
        {
            var answer = await AgainAsync(collect, letter, corrected.Memory);
            if (answer is not Collected.Accepted accepted)
                return ((Collected.Refused)answer).Problem.ToResult();
            if (accepted.Fates.All(fate => fate.Fate != Fate.Rejected) && accepted.Fates.Count > 0)
            {
                var refused = await DeleteAsync(letters, at, cancel);
                if (refused is not null)
                    return refused.ToResult();
            }
            return Results.Stream(stream => WriteFatesAsync(stream, accepted), "application/json");
        }
    }

    // An item of the log goes back to where it came from: a newer version may know how to fold it.
    private static ValueTask<Collected> AgainAsync(
        CollectWorker collect, DeadLetter letter, ReadOnlyMemory<byte> corrected) =>
        letter.Call != CollectCall.Logged
            ? collect.ReplayAsync(letter.Source, corrected.IsEmpty ? letter.Body : corrected,
                letter.Call, letter.ReceivedAtMs)
            : corrected.IsEmpty
                ? collect.ReplayLoggedAsync(letter.Body, letter.ReceivedAtMs)
                : collect.ReplayAsync(
                    letter.Source, corrected, CollectCall.Batch, letter.ReceivedAtMs);

    private static async ValueTask<Problem?> DeleteAsync(
        DeadLetterWorker letters, DeadLetterId id, CancellationToken cancel)
    {
        try
        {
            await letters.DeleteAsync(id, cancel);
            return null;
        }
        catch (OverloadedException overload)
        {
            // Taken but still listed: replaying it again is a duplicate and harmless.
            return Problems.Unavailable(overload.RetryAfter);
        }
    }

    private static async Task WriteFatesAsync(Stream stream, Collected.Accepted accepted)
    {
        await using var json = new Utf8JsonWriter(stream);
        CollectApi.WriteAnswer(json, accepted);
    }
}
