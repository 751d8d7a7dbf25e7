using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stammgast.Collect;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>
/// The one code path of all plain resources: <c>GET /v1/{noun}</c> by cursor, <c>POST</c> (with
/// <c>Idempotency-Key</c>), <c>GET|PUT|DELETE /v1/{noun}/{key}</c> with versions as entity tags
/// and <c>If-Match</c>. A repeated POST that brings an <c>Idempotency-Key</c> and what is stored
/// already is answered as the first was, also after a restart: nothing about keys need be kept.
/// </summary>
internal static class ResourcesApi
{
    private const int BodyBytes = 64 * 1024;
    private const int DefaultPage = 50;
    private const int MaxPage = 500;

    /// <summary>Adds the routes of one noun.</summary>
    /// <param name="app">Where.</param>
    /// <param name="worker">The noun's resources.</param>
    /// <param name="guard">Refuses requests without an admin key; null lets one pass.</param>
    public static void Map<T>(
        IEndpointRouteBuilder app, ResourceWorker<T> worker, Func<HttpContext, Problem?> guard)
        where T : class
    {
        var group = app.MapGroup("/v1/" + worker.Type.Noun).WithTags(worker.Type.Noun);
        group.AddEndpointFilter(async (context, next) =>
        {
            if (guard(context.HttpContext) is { } refused)
                return refused.ToResult();
            try
            {
                return await next(context);
            }
            catch (OverloadedException full)
            {
                return Problems.Unavailable(full.RetryAfter).ToResult();
            }
        });
        group.MapGet("", (string? cursor, int? limit) => List(worker, cursor, limit));
        group.MapPost("", (HttpContext http, CancellationToken _) => PostAsync(worker, http));
        group.MapGet("{key}", (string key, HttpContext http) =>
            worker.Find(key) is { Version: > 0 } one ? Answer(worker, one, 200, http) : Missing(worker));
        group.MapPut("{key}", (string key, HttpContext http) => PutAsync(worker, key, http));
        group.MapDelete("{key}", (string key, HttpContext http) => DeleteAsync(worker, key, http));
    }

    private static async Task<IResult> PostAsync<T>(ResourceWorker<T> worker, HttpContext http)
        where T : class
    {
        var (value, refused) = await ReadAsync(worker, null, http);
        if (value is null)
            return refused!.ToResult();
        var (result, now) = await worker.PutAsync(value, 0, http.RequestAborted);
        if (result == Changed.Done)
            return Answer(worker, now, 201, http);
        var isRepeat = now.Version == 1 && http.Request.Headers.ContainsKey("Idempotency-Key")
            && JsonNode.DeepEquals(Node(worker, now.Value), Node(worker, value));
        return isRepeat ? Answer(worker, now, 201, http) : Taken(worker, now.Version);
    }

    private static async Task<IResult> PutAsync<T>(
        ResourceWorker<T> worker, string key, HttpContext http) where T : class
    {
        if (!TryExpected(http, out var expected))
            return BadTag();
        var (value, refused) = await ReadAsync(worker, key, http);
        if (value is null)
            return refused!.ToResult();
        var (result, now) = await worker.PutAsync(value, expected, http.RequestAborted);
        return result == Changed.Done
            ? Answer(worker, now, now.Version == 1 ? 201 : 200, http) : Taken(worker, now.Version);
    }

    private static async Task<IResult> DeleteAsync<T>(
        ResourceWorker<T> worker, string key, HttpContext http)
    {
        if (!TryExpected(http, out var expected))
            return BadTag();
        return await worker.DeleteAsync(key, expected, http.RequestAborted) switch
        {
            Changed.Done => Results.NoContent(),
            Changed.Absent => Missing(worker),
            _ => Taken(worker, worker.Find(key).Version),
        };
    }

    private static async Task<(T? Value, Problem? Refused)> ReadAsync<T>(
        ResourceWorker<T> worker, string? key, HttpContext http) where T : class
    {
        JsonNode? node;
        try
        {
            var (sent, tooLarge) = await RequestBody.ReadAsync(
                http.Request, http.RequestAborted, BodyBytes);
            using var held = sent;
            if (sent is null)
                return (null, tooLarge);
            node = JsonNode.Parse(sent.Memory.Span, null,
                new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = Limits.JsonDepth });
        }
        catch (JsonException)
        {
            return (null, Problems.Malformed("The body is one JSON object without duplicate members."));
        }
        if (node is not JsonObject body)
            return (null, Problems.Malformed("The body is one JSON object."));
        // What a GET answered may come back as it is; the version that counts is If-Match.
        body.Remove("version");
        if (key is not null)
            body.TryAdd("key", key);
        try
        {
            var value = body.Deserialize(worker.Type.Json);
            return value is null ? (null, Problems.Malformed("The body is empty."))
                : Fault(worker, value, key) is { } fault
                    ? (null, Problems.Unprocessable(fault.Detail, fault.Pointer)) : (value, null);
        }
        catch (JsonException wrong)
        {
            return (null, Problems.Invalid("A member is missing, unknown or of the wrong type.",
                Pointer(wrong.Path)));
        }
    }

    private static Fault? Fault<T>(ResourceWorker<T> worker, T value, string? key)
    {
        var own = worker.Type.KeyOf(value);
        if (!ResourceRules.IsKey(own))
            return new("/key", "1–64 of a–z, 0–9, dot, dash, underscore.");
        return key is not null && key != own
            ? new("/key", "Another key than the path's.") : worker.Type.Check(value);
    }

    private static IResult List<T>(ResourceWorker<T> worker, string? cursor, int? limit)
    {
        var count = limit ?? DefaultPage;
        if (count is < 1 or > MaxPage)
            return Problems.Invalid($"From 1 to {MaxPage}.", "/limit").ToResult();
        var after = "";
        if (cursor is not null && !TryCursor(cursor, out after))
            return Problems.Invalid("Not a cursor of this list.", "/cursor").ToResult();
        var page = worker.All.Where(one => string.CompareOrdinal(one.Key, after) > 0)
            .Take(count + 1).ToList();
        var data = new JsonArray();
        foreach (var one in page.Take(count))
            data.Add(Node(worker, one));
        var next = page.Count > count
            ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(page[count - 1].Key)) : null;
        return Json(new JsonObject { ["data"] = data, ["next"] = next }, 200);
    }

    private static bool TryCursor(string cursor, out string after)
    {
        after = "";
        var bytes = new byte[Base64Url.GetMaxDecodedLength(cursor.Length)];
        if (!Base64Url.TryDecodeFromChars(cursor, bytes, out var written))
            return false;
        after = Encoding.UTF8.GetString(bytes.AsSpan(0, written));
        return true;
    }

    private static bool TryExpected(HttpContext http, out long? expected)
    {
        expected = null;
        var tag = http.Request.Headers.IfMatch.ToString();
        if (tag.Length == 0 || tag == "*")
            return true;
        var isNumber = long.TryParse(tag.Trim('"'), NumberStyles.None,
            CultureInfo.InvariantCulture, out var version);
        expected = version;
        return isNumber;
    }

    private static IResult Answer<T>(
        ResourceWorker<T> worker, in Versioned<T> one, int status, HttpContext http)
    {
        http.Response.Headers.ETag = string.Create(
            CultureInfo.InvariantCulture, $"\"{one.Version}\"");
        return Json(Node(worker, one), status);
    }

    private static JsonObject Node<T>(ResourceWorker<T> worker, in Versioned<T> one)
    {
        var node = Node(worker, one.Value);
        node["version"] = one.Version;
        return node;
    }

    private static JsonObject Node<T>(ResourceWorker<T> worker, T value) =>
        JsonSerializer.SerializeToNode(value, worker.Type.Json)!.AsObject();

    private static IResult Json(JsonNode node, int status) =>
        Results.Text(Encoding.UTF8.GetBytes(node.ToJsonString()).AsSpan(), "application/json", status);

    private static IResult Missing<T>(ResourceWorker<T> worker) =>
        Problems.NotFound(worker.Type.Noun.TrimEnd('s')).ToResult();

    private static IResult Taken<T>(ResourceWorker<T> worker, long version) =>
        Problems.Conflict(version == 0
            ? $"There are as many {worker.Type.Noun} as there can be, or another write was faster."
            : string.Create(CultureInfo.InvariantCulture,
                $"It stands at version {version}: read it and send the change again."))
            .ToResult();

    private static IResult BadTag() =>
        Problems.Invalid("If-Match holds a version as GET gave it.", "/If-Match").ToResult();

    // $.title.de as a JSON pointer.
    private static string Pointer(string? path) =>
        path is null or "$" ? "" : path[1..].Replace('.', '/').Replace("[", "/", StringComparison.Ordinal)
            .Replace("]", "", StringComparison.Ordinal);
}
