using System.Globalization;
using System.Text.Json;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Collect;

/// <summary>What <see cref="SessionApi"/> is composed of.</summary>
internal sealed record SessionParts
{
    /// <summary>Whose keys and sources count.</summary>
    public required CollectWorker Collect { get; init; }

    /// <summary>Signs sessions.</summary>
    public required CellKeys Cell { get; init; }

    /// <summary>Remembers who is bound.</summary>
    public required IStore Store { get; init; }

    /// <summary>The sources configured now.</summary>
    public required Func<Sources> Sources { get; init; }

    /// <summary>Whether a stamp covers keeping a session on the device.</summary>
    public required CoversSession Covers { get; init; }

    /// <summary>How long.</summary>
    public required CollectOptions Options { get; init; }

    /// <summary>The cell's clock.</summary>
    public required TimeProvider Time { get; init; }
}

/// <summary>
/// <c>POST /v1/session {"anonymousId","context":{"consent":{…}}}</c>: gives a browser the HttpOnly
/// cookie that proves its anonymous id, without which it reads nothing. The first browser that
/// comes with an anonymous id binds it; later only who holds the session renews it, so an id read
/// from somebody's screen opens nothing. Answers <c>{"session":true,"expiresAt"}</c> or
/// <c>{"session":false,"code":"consent_missing"|"bound_elsewhere"}</c>; with the latter the
/// browser takes a new id, without consent a cookie that it had is gone.
/// </summary>
internal static class SessionApi
{
    /// <summary>Maps the route; its preflight is with Collect's.</summary>
    public static void Map(IEndpointRouteBuilder app, SessionParts parts) =>
        app.MapPost("/v1/session", (Delegate)((HttpContext http) => AnswerAsync(http, parts)))
            .Produces<JsonElement>().ProducesRefusals()
            .WithTags("Collect").WithSummary("Binds an anonymous id to this browser.");

    private static async Task AnswerAsync(HttpContext http, SessionParts parts)
    {
        CorsApi.AllowAnswer(http);
        if (!CollectApi.TryKey(http.Request, parts.Collect.Keys, out var key))
        {
            await CollectApi.RefuseAsync(http, Problems.Unauthenticated());
            return;
        }
        var (body, problem) = await CollectApi.ReadAsync(http);
        if (body is null)
        {
            await CollectApi.RefuseAsync(http, problem!);
            return;
        }
        using (body)
        {
            var asked = SessionAsk.Read(
                body.Memory, parts.Sources(), key, parts.Collect.Keys, http.Request.Headers.Origin);
            if (asked.Problem is not null)
                await CollectApi.RefuseAsync(http, asked.Problem);
            else
                await BindAsync(http, parts, asked);
        }
    }

    private static async Task BindAsync(HttpContext http, SessionParts parts, SessionAsk asked)
    {
        var name = http.Request.IsHttps
            ? SessionToken.SecureCookieName : SessionToken.PlainCookieName;
        var stamp = asked.Stamp with { PrivacySignal = PrivacySignal.IsSet(http.Request) };
        if (!parts.Covers(asked.Source!, stamp))
        {
            http.Response.Cookies.Delete(name, Cookie(http, null));
            await WriteAsync(http, null, "consent_missing");
            return;
        }
        var now = parts.Time.GetUtcNow();
        var cookie = http.Request.Cookies[name] ?? "";
        var nowMs = now.ToUnixTimeMilliseconds();
        if (!SessionToken.Verify(parts.Cell, cookie, asked.AnonymousId, nowMs))
        {
            var bound = await TryBindAsync(parts, asked.AnonymousId, http.RequestAborted);
            if (bound is not true)
            {
                await (bound is null
                    ? CollectApi.RefuseAsync(http, Problems.Unavailable(TimeSpan.FromSeconds(1)))
                    : WriteAsync(http, null, "bound_elsewhere"));
                return;
            }
        }
        var expires = now.AddDays(parts.Options.SessionDays);
        http.Response.Cookies.Append(
            name, SessionToken.Sign(parts.Cell, asked.AnonymousId, expires.ToUnixTimeSeconds()),
            Cookie(http, expires));
        await WriteAsync(http, expires, null);
    }

    // True: bound now; false: bound by another before; null: the store takes nothing now.
    private static async ValueTask<bool?> TryBindAsync(
        SessionParts parts, string anonymousId, CancellationToken cancel)
    {
        var leaf = parts.Cell.Index.Leaf(new Identifier(IdentifierType.AnonymousId, anonymousId));
        var batch = new WriteBatch();
        // No content: that the record is there says all.
        batch.Records.Add(
            new RecordWrite(new RecordKey(RecordKind.Session, leaf), 0, new byte[] { 1 }));
        try
        {
            return await parts.Store.CommitAsync(batch, Lane.Decision, cancel)
                is CommitResult.Committed;
        }
        catch (OverloadedException)
        {
            return null;
        }
    }

    private static CookieOptions Cookie(HttpContext http, DateTimeOffset? expires) => new()
    {
        HttpOnly = true,
        Secure = http.Request.IsHttps,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
        Expires = expires,
    };

    private static async Task WriteAsync(HttpContext http, DateTimeOffset? expires, string? code)
    {
        CollectCounters.Answered(StatusCodes.Status200OK);
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await using (var json = new Utf8JsonWriter(http.Response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteBoolean("session"u8, expires is not null);
            if (expires is { } until)
                json.WriteString("expiresAt"u8, until.UtcDateTime.ToString(
                    "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            if (code is not null)
                json.WriteString("code"u8, code);
            json.WriteEndObject();
        }
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }
}
