using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Stammgast.Collect;
using Stammgast.Consent;
using Stammgast.Keys;

namespace Stammgast.Decisions;

/// <summary>Proves who asks: keys, session and identity token.</summary>
internal sealed record ExperienceGate
{
    /// <summary>Who may call.</summary>
    public required ApiKeys Keys { get; init; }

    /// <summary>Signs sessions.</summary>
    public required CellKeys Cell { get; init; }

    /// <summary>The cell's purposes.</summary>
    public required Purposes Purposes { get; init; }

    /// <summary>What staff configured about placements.</summary>
    public required Func<IReadOnlyList<PlacementSetting>> Placements { get; init; }

    /// <summary>The cell's clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>
    /// Whom a request is about. A server or till key names users directly. A write key needs the
    /// platform's session for its own device, and an identity token besides for what belongs to a
    /// user; anything less is nobody.
    /// </summary>
    public Asker AskerOf(ApiKey key, ExperienceRequest request, HttpRequest http)
    {
        var refused = Asker.RefusedBy(request.Stamp, PrivacySignal.IsSet(http), Purposes);
        var nowMs = Time.GetUtcNow().ToUnixTimeMilliseconds();
        if (key.Kind != ApiKeyKind.Write)
            return LeafOf(IdentifierType.UserId, request.UserId) is { } named
                ? new Asker(named, IsAlone: false, refused)
                : LeafOf(IdentifierType.AnonymousId, request.AnonymousId) is { } device
                    ? new Asker(device, IsAlone: false, refused) : Asker.Nobody;
        if (request.AnonymousId is not { } anonymousId || !HasSession(http, anonymousId, nowMs)
            || LeafOf(IdentifierType.AnonymousId, anonymousId) is not { } own)
            return Asker.Nobody;
        var isUser = request is { UserId: not null, IdentityToken: not null }
            && IsProven(request, anonymousId, nowMs);
        return isUser && LeafOf(IdentifierType.UserId, request.UserId) is { } user
            ? new Asker(user, IsAlone: false, refused) : new Asker(own, IsAlone: true, refused);
    }

    private bool IsProven(ExperienceRequest request, string anonymousId, long nowMs) =>
        IdentityToken.Verify(Keys, request.IdentityToken, request.UserId, anonymousId, nowMs);

    private bool HasSession(HttpRequest http, string anonymousId, long nowMs)
    {
        var token = http.Cookies[SessionToken.SecureCookieName]
            ?? http.Cookies[SessionToken.PlainCookieName];
        return token is not null && SessionToken.Verify(Cell, token, anonymousId, nowMs);
    }

    private LeafId? LeafOf(IdentifierType type, string? raw) =>
        raw is not null && Normaliser.TryNormalise(type, raw, out var value)
            ? Cell.Index.Leaf(new Identifier(type, value)) : null;
}

/// <summary><c>POST /v1/experience</c>: events in, decisions out, in one round trip.</summary>
internal static class ExperienceApi
{
    /// <summary>Adds the route.</summary>
    public static void Map(
        IEndpointRouteBuilder app, ExperienceWorker worker, ExperienceGate gate,
        Backpressure pressure)
    {
        var group = app.MapGroup("/v1").WithTags("Decisions");
        group.MapPost("/experience",
                (Delegate)((HttpContext http) => TakeAsync(http, worker, gate, pressure)))
            .Produces<JsonElement>().ProducesRefusals()
            .WithSummary("Takes events and answers placements, in one round trip.");
        CorsApi.MapPreflight(group, ["/experience"]);
    }

    private static async Task TakeAsync(
        HttpContext http, ExperienceWorker worker, ExperienceGate gate, Backpressure pressure)
    {
        CorsApi.AllowAnswer(http);
        if (http.Request.ContentLength > Limits.BatchBytes)
        {
            await Problems.TooLarge(Limits.BatchBytes).ToResult().ExecuteAsync(http);
            return;
        }
        var share = http.Request.Headers.ContentEncoding.Count > 0
            ? Limits.BatchBytes : (int)(http.Request.ContentLength ?? Limits.BatchBytes);
        var hasRoom = pressure.TryTake(share);
        if (!hasRoom && !pressure.TryTakeReserve(share))
        {
            await Problems.TooMany(retryAfterSeconds: 1).ToResult().ExecuteAsync(http);
            return;
        }
        try
        {
            if (await AnswerAsync(http, worker, gate, hasRoom) is { } problem)
                await problem.ToResult().ExecuteAsync(http);
        }
        finally
        {
            pressure.Give(share);
        }
    }

    // The answer, or the problem to be answered.
    private static async Task<Problem?> AnswerAsync(
        HttpContext http, ExperienceWorker worker, ExperienceGate gate, bool hasRoom)
    {
        var (body, unreadable) = await ReadAsync(http);
        if (body is null)
            return unreadable;
        using (body)
        {
            // A browser that sends text/plain, to be asked no preflight, has no header to send.
            if (!KeyAccessApi.TryKey(http, gate.Keys, out var key)
                && !TryBodyKey(body.Memory.Span, gate.Keys, out key))
                return Problems.Unauthenticated();
            if (key.Kind == ApiKeyKind.Admin)
                return Problems.Forbidden(
                    "An admin key asks for no decisions: use a write or server key.");
            if (!Origins.Allows(key, http.Request.Headers.Origin))
                return Problems.Forbidden("This key may not be used from this origin.");
            var events = new CollectRequest(CollectCall.Experience, http.Request.Headers.Origin,
                PrivacySignal.IsSet(http.Request));
            if (!hasRoom)
                return await worker.LowerOnlyAsync(
                    key, body.Memory, events, http.RequestAborted);
            var request = ExperienceRequest.Read(body.Memory, gate.Placements(), out var problem);
            if (request is null)
                return problem;
            var call = new ExperienceCall(key, gate.AskerOf(key, request, http.Request), request,
                body.Memory, events);
            switch (await worker.AnswerAsync(call, http.RequestAborted))
            {
                case Experienced.Refused refused:
                    return refused.Problem;
                case Experienced.Answer answer:
                    http.Response.ContentType = "application/json";
                    http.Response.Headers.CacheControl = "no-store";
                    ExperienceAnswer.Write(http.Response.BodyWriter, answer.Value);
                    await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
                    return null;
                default:
                    throw new InvalidOperationException("An experience ends as answer or refusal.");
            }
        }
    }

    // The body's own writeKey, as at Collect. What is no JSON has none.
    private static bool TryBodyKey(
        ReadOnlySpan<byte> body, ApiKeys keys, [NotNullWhen(true)] out ApiKey? key)
    {
        key = null;
        var json = new Utf8JsonReader(body);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isKey = json.ValueTextEquals("writeKey"u8);
                json.Read();
                if (isKey)
                    return json.TokenType == JsonTokenType.String
                        && keys.TryAuthenticate(json.GetString(), out key);
                json.Skip();
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // Not JSON, or not Unicode: nobody's key.
        }
        return false;
    }

    private static async ValueTask<(RequestBody? Body, Problem? Problem)> ReadAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = Limits.BatchBytes;
        try
        {
            return await RequestBody.ReadAsync(http.Request, http.RequestAborted);
        }
        catch (BadHttpRequestException large)
            when (large.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, Problems.TooLarge(Limits.BatchBytes));
        }
    }
}
