using System.Globalization;
using System.Text.Json;

namespace Stammgast;

/// <summary>
/// A refusal of a whole request, as RFC 9457 has it. A value, not an exception: rooms return it,
/// the API writes it.
/// </summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Slug">Last part of the stable type URI, <c>/problems/{slug}</c>.</param>
/// <param name="Title">What it is, the same for every occurrence.</param>
/// <param name="Detail">What is wrong here and what to do about it; never a value as sent.</param>
/// <param name="Pointer">JSON pointer to the field, where one is to blame.</param>
/// <param name="RetryAfterSeconds">When to come again; only for 429 and 503.</param>
internal sealed record Problem(
    int Status, string Slug, string Title, string Detail, string? Pointer = null,
    int? RetryAfterSeconds = null)
{
    /// <summary>The stable type.</summary>
    public string Type => "/problems/" + Slug;

    /// <summary>The answer over HTTP.</summary>
    public IResult ToResult() => new ProblemResult(this);

    /// <summary>The document as JSON.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, Type);
        json.WriteString("title"u8, Title);
        json.WriteNumber("status"u8, Status);
        json.WriteString("detail"u8, Detail);
        if (Pointer is not null)
            json.WriteString("pointer"u8, Pointer);
        json.WriteEndObject();
    }

    private sealed class ProblemResult(Problem problem) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = problem.Status;
            response.ContentType = "application/problem+json";
            response.Headers.CacheControl = "no-store";
            if (problem.RetryAfterSeconds is { } seconds)
                response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            // A scheme of our own: "Basic" would make browsers ask the shop's customer to sign in.
            if (problem.Status == StatusCodes.Status401Unauthorized)
                response.Headers.WWWAuthenticate = "Key realm=\"stammgast\"";
            await using (var json = new Utf8JsonWriter(response.BodyWriter))
                problem.Write(json);
            await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
        }
    }
}

/// <summary>
/// Every kind of problem that callers meet, made in one place so that types are stable.
/// </summary>
internal static class Problems
{
    /// <summary>400: the body is not what the call takes.</summary>
    public static Problem Malformed(string detail, string? pointer = null) =>
        new(400, "malformed-request", "The request is malformed", detail, pointer);

    /// <summary>
    /// 400: a member of the body or a parameter is missing, of the wrong type or range.
    /// </summary>
    public static Problem Invalid(string detail, string pointer) =>
        new(400, "invalid-field", "A field is invalid", detail, pointer);

    /// <summary>400: a read of a person must say what for.</summary>
    public static Problem PurposeMissing() =>
        new(400, "purpose-missing", "A purpose is missing",
            "Reads of a person name their purpose: send the header X-Purpose.");

    /// <summary>401: no key, or none that is known here.</summary>
    public static Problem Unauthenticated() =>
        new(401, "unauthenticated", "No valid key",
            "Send a key of this region: HTTP Basic with the key as user name and an empty "
            + "password, or as writeKey in the body.");

    /// <summary>403: a good key, but not for this.</summary>
    public static Problem Forbidden(string detail) =>
        new(403, "forbidden", "The key does not allow this", detail);

    /// <summary>403: unknown, or not granted to the key.</summary>
    public static Problem PurposeRefused() =>
        new(403, "purpose-refused", "The purpose is refused",
            "X-Purpose names a purpose that is unknown or not granted to this key.");

    /// <summary>404.</summary>
    public static Problem NotFound(string what) =>
        new(404, "not-found", "There is no such thing", $"No {what} has this id.");

    /// <summary>404: the path itself.</summary>
    public static Problem NoRoute() =>
        new(404, "not-found", "There is no such thing",
            "No call has this path: see /openapi/v1.json for all of them.");

    /// <summary>405.</summary>
    public static Problem WrongMethod() =>
        new(405, "method-not-allowed", "The path has no such method",
            "The header Allow names the methods of this path.");

    /// <summary>409: somebody else was faster, or it is in use.</summary>
    public static Problem Conflict(string detail) =>
        new(409, "conflict", "The state has changed", detail);

    /// <summary>
    /// 413: larger than the limit, whatever the load; sending it again cannot help.
    /// </summary>
    public static Problem TooLarge(int limitBytes) =>
        new(413, "too-large", "The request is too large", string.Create(
            CultureInfo.InvariantCulture,
            $"A body has at most {limitBytes} bytes after decompression: send smaller batches."));

    /// <summary>415: a body that cannot be read as JSON.</summary>
    public static Problem UnsupportedMedia(string detail) =>
        new(415, "unsupported-media", "The body's form is not supported", detail);

    /// <summary>422: understood, and against a rule.</summary>
    public static Problem Unprocessable(string detail, string? pointer = null) =>
        new(422, "unprocessable", "The request breaks a rule", detail, pointer);

    /// <summary>
    /// 429: this process has enough in its hands; clients send again and lose nothing.
    /// </summary>
    public static Problem TooMany(int retryAfterSeconds) =>
        new(429, "too-many-requests", "Too much at once",
            "Nothing was kept. Send it again after Retry-After seconds.",
            RetryAfterSeconds: retryAfterSeconds);

    /// <summary>503: the log or the store cannot take more now; nothing was kept.</summary>
    public static Problem Unavailable(TimeSpan retryAfter) =>
        new(503, "unavailable", "Not available now",
            "Nothing was kept. Send it again after Retry-After seconds.",
            RetryAfterSeconds: Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds)));

    /// <summary>500: our fault; what was asked may or may not have been done.</summary>
    public static Problem Failed() =>
        new(500, "internal-error", "The call failed",
            "This is a fault of the platform and stands in its log. Sending the call again is safe "
            + "where it carries a messageId or an Idempotency-Key.");
}

/// <summary>What the routes that anybody may meet have in common in the OpenAPI document.</summary>
internal static class ProblemRoutes
{
    /// <summary>Says which problems a route answers with: malformed, no key, too large, overload.</summary>
    public static RouteHandlerBuilder ProducesRefusals(this RouteHandlerBuilder route) => route
        .ProducesProblem(400).ProducesProblem(401).ProducesProblem(413).ProducesProblem(429)
        .ProducesProblem(503);
}
