using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Consent;

/// <summary>A leaf of a profile and since when it belongs to it (see <see cref="LeafConsent"/>).</summary>
internal readonly record struct ProfileMember(LeafId Leaf, long JoinedAtMs);

/// <summary>
/// The leaves of a profile; handed in, since Identity stands right of this room. Alone if nobody
/// joined it.
/// </summary>
internal delegate ValueTask<IReadOnlyList<ProfileMember>> MembersOf(
    LeafId profile, CancellationToken cancel);

/// <summary>The routes of this room.</summary>
internal sealed partial class ConsentApi(
    ConsentWorker worker, ApiKeys apiKeys, ConsentOrderReader orders, Purposes purposes,
    Notices notices, TimeProvider time, MembersOf membersOf)
{
    private const int BodyBytes = 64 * 1024;
    private const int IdempotencyKeyChars = 128;

    /// <summary>A profile of which nobody knows other leaves.</summary>
    public static ValueTask<IReadOnlyList<ProfileMember>> Alone(
        LeafId profile, CancellationToken cancel) => new([new ProfileMember(profile, 0)]);

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        var consents = app.MapGroup("/v1/profiles/{id}/consents").WithTags("Consent")
            .Behind(KeyAccessApi.Guard(apiKeys, ApiKeyKind.Server));
        consents.MapPut("", (HttpContext http, string id) => PutAsync(http, id))
            .WithSummary("Writes what was said of purposes and subscriptions, durably and at once.");
        consents.MapGet("", (HttpContext http, string id) => GetAsync(http, id))
            .WithSummary("What was allowed at a moment, and by which evidence.");
        var configuration = app.MapGroup("/v1").WithTags("Consent")
            .Behind(KeyAccessApi.Guard(apiKeys, ApiKeyKind.Admin));
        configuration.MapGet("/purposes",
                IResult () => Json(PurposesRead(), ConsentJson.Default.PurposesConfigured))
            .WithSummary("Purposes with their legal bases.");
        configuration.MapGet("/notices",
                IResult () => Json(NoticesRead(), ConsentJson.Default.NoticesConfigured))
            .WithSummary("Notices with the purposes that they name.");
        // What customers are asked is public: the dialogue reads it before anybody has said yes.
        app.MapGet("/v1/notices/current",
                IResult (HttpContext http, string? locale) => CurrentNotice(http, locale))
            .WithTags("Consent").WithSummary("What customers are asked now. Public.");
    }

    // 1 profile and idempotency key, 2 body, 3 order, 4 one durable commit.
    private async Task<IResult> PutAsync(HttpContext http, string id)
    {
        if (!LeafId.TryParse(id, out var profile))
            return Problems.NotFound("profile").ToResult();
        var header = http.Request.Headers["Idempotency-Key"];
        if (header.Count > 1 || header.ToString().Length > IdempotencyKeyChars)
            return Problems.Malformed(
                $"Idempotency-Key is one text of at most {IdempotencyKeyChars} characters.").ToResult();
        var (body, tooLarge) = await ReadBodyAsync(http);
        if (tooLarge is not null)
            return tooLarge.ToResult();
        ConsentsPut? put;
        try
        {
            put = JsonSerializer.Deserialize(body.Span, ConsentJson.Default.ConsentsPut);
        }
        catch (JsonException wrong)
        {
            return Problems.Malformed(
                "The body is one JSON object with known members of their types, each once.",
                PointerOf(wrong.Path)).ToResult();
        }
        if (put is null)
            return Problems.Malformed("The body is one JSON object.").ToResult();
        var (order, problem) = orders.Read(put);
        if (order is null)
            return (problem ?? Problems.Malformed("The body says nothing.")).ToResult();
        return await WriteAsync(http, profile, order, header.ToString(), body);
    }

    private async Task<IResult> WriteAsync(HttpContext http, LeafId profile, ConsentOrder order,
        string idempotencyKey, ReadOnlyMemory<byte> body)
    {
        try
        {
            var outcome = await worker.WriteAsync(profile, order,
                idempotencyKey.Length == 0 ? null : idempotencyKey, body, http.RequestAborted);
            if (outcome.Repeated == Repetition.Other)
                return Problems.Unprocessable(
                    "This Idempotency-Key was used for another request.").ToResult();
            return Json(new ConsentsWritten(profile.ToString(),
                outcome.ReceivedAtMs == 0
                    ? null
                    : DateTimeOffset.FromUnixTimeMilliseconds(outcome.ReceivedAtMs),
                outcome.Repeated == Repetition.Same), ConsentJson.Default.ConsentsWritten);
        }
        catch (OverloadedException overloaded)
        {
            return Problems.Unavailable(overloaded.RetryAfter).ToResult();
        }
    }

    private async Task<IResult> GetAsync(HttpContext http, string id)
    {
        if (!KeyAccessApi.TryKey(http, apiKeys, out var key))
            return Problems.Unauthenticated().ToResult();
        if (PurposeHeader.Read(http, key, purposes, out var purpose) is { } refused)
            return refused.ToResult();
        if (!LeafId.TryParse(id, out var profile))
            return Problems.NotFound("profile").ToResult();
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var atMs = nowMs;
        if (http.Request.Query["at"] is [{ } text, ..])
        {
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal, out var at))
                return Problems.Invalid("at is an instant such as 2026-01-31T12:00:00Z.", "/at")
                    .ToResult();
            atMs = Math.Min(at.ToUnixTimeMilliseconds(), nowMs);
        }
        return await AnswerAsync(profile, purpose, (atMs, atMs < nowMs), http.RequestAborted);
    }

    private async Task<IResult> AnswerAsync(
        LeafId profile, Purpose purpose, (long AtMs, bool IsPast) when, CancellationToken cancel)
    {
        var (atMs, isPast) = when;
        var members = await membersOf(profile, cancel);
        var leaves = new List<LeafConsent>(members.Count);
        var evidence = new List<ConsentEvidence>();
        foreach (var member in members)
        {
            var (recalled, acts) = await worker.RecallAsync(member.Leaf, atMs, cancel);
            evidence.AddRange(acts);
            var state = isPast ? recalled : await worker.LoadAsync(member.Leaf, cancel);
            // A leaf that came later was not hers then.
            if (!isPast || member.JoinedAtMs <= atMs)
                leaves.Add(new LeafConsent(state, member.JoinedAtMs));
        }
        evidence.Sort(static (a, b) => a.ReceivedAtMs.CompareTo(b.ReceivedAtMs));
        return Json(ConsentAnswers.Of(profile, leaves, evidence, (purposes, purpose), atMs),
            ConsentJson.Default.ConsentsRead);
    }

    private JsonAnswer<NoticeShown> CurrentNotice(HttpContext http, string? locale)
    {
        var notice = notices.Current(time.GetUtcNow().ToUnixTimeMilliseconds());
        var headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.Vary = "Origin";
        return Json(Shown(notice, notice.TextFor(locale).Language), ConsentJson.Default.NoticeShown,
            "public, max-age=60");
    }

    private NoticeShown Shown(Notice notice, string language)
    {
        var text = notice.Texts[language];
        return new NoticeShown(notice.Version, language, text.Title, text.Body, text.AcceptAll,
            text.RefuseAll, text.Save, [.. purposes.Categories
                .Where(text.Categories.ContainsKey)
                .Select(key => new CategoryShown(key, text.Categories[key].Title,
                    text.Categories[key].Text,
                    [.. purposes.KeysOf(purposes.OfCategory(key) & notice.Purposes)]))]);
    }

    private PurposesConfigured PurposesRead() => new([.. purposes.All.Select(info =>
        new PurposeConfigured(info.Key, info.Purpose.Bit, new TextRead(info.Title.De, info.Title.En),
            ConsentWords.Wire(info.LegalBasis), info.Category, info.RetentionDays))]);

    private NoticesConfigured NoticesRead() => new([.. notices.All.Select(notice =>
        new NoticeConfigured(notice.Version,
            DateTimeOffset.FromUnixTimeMilliseconds(notice.EffectiveFromMs), notice.ValidMonths,
            [.. purposes.KeysOf(notice.Purposes)],
            [.. notice.Texts.Keys.Order(StringComparer.Ordinal)
                .Select(language => Shown(notice, language))]))]);

    private static JsonAnswer<T> Json<T>(
        T value, JsonTypeInfo<T> type, string cache = "no-store") => new(value, type, cache);

    private static async Task<(ReadOnlyMemory<byte> Body, Problem? TooLarge)> ReadBodyAsync(
        HttpContext http)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        int read;
        while ((read = await http.Request.Body.ReadAsync(
            body.GetMemory(1024), http.RequestAborted)) > 0)
        {
            body.Advance(read);
            if (body.WrittenCount > BodyBytes)
                return (default, Problems.TooLarge(BodyBytes));
        }
        return (body.WrittenMemory, null);
    }

    // "$.purposes['a.b']" and "$.subscriptions[0].type" as JSON pointers; null at the root.
    private static string? PointerOf(string? path) =>
        path is not { Length: > 1 }
            ? null
            : string.Concat(PathStep().Matches(path).Select(step => "/" + step.Groups["name"].Value
                .Replace("~", "~0", StringComparison.Ordinal)
                .Replace("/", "~1", StringComparison.Ordinal)));

    [GeneratedRegex(@"\['(?<name>[^']*)'\]|\[(?<name>\d+)\]|\.(?<name>[^.\[]+)",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PathStep();

    private sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type, string cache) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/json";
            httpContext.Response.Headers.CacheControl = cache;
            return JsonSerializer.SerializeAsync(
                httpContext.Response.Body, value, type, httpContext.RequestAborted);
        }
    }
}
