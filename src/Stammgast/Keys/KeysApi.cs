using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stammgast.Keys;

/// <summary><c>/v1/keys</c>: who may call. Admin keys only; a token is shown once, when it is made.</summary>
internal static class KeysApi
{
    private const int NameChars = 100;
    private const int Origins = 50;
    private const int BodyBytes = 32 * 1024;

    /// <summary>Adds the routes.</summary>
    /// <param name="app">Where.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="sourceOf">The source that a kind of key brings events from.</param>
    /// <param name="purposesOf">What a kind of key may read people for.</param>
    public static void Map(
        IEndpointRouteBuilder app, ApiKeys keys, Func<ApiKeyKind, SourceId> sourceOf,
        Func<ApiKeyKind, PurposeSet> purposesOf)
    {
        var routes = app.MapGroup("/v1/keys").WithTags("Keys")
            .Behind(KeyAccessApi.Guard(keys, ApiKeyKind.Admin));
        routes.MapGet("", () => Results.Json(
                new KeyList([.. keys.All.Select(Shown)], null), KeysJson.Default.KeyList))
            .WithSummary("Lists keys; never a token.");
        routes.MapPost("", async (HttpContext http, CancellationToken cancel) =>
            {
                var (order, unreadable) = await ReadAsync(http.Request, cancel);
                if (order is null)
                    return unreadable.ToResult();
                if (Fault(order) is { } fault)
                    return fault.ToResult();
                var kind = Enum.Parse<ApiKeyKind>(order.Kind!, ignoreCase: true);
                var made = await keys.CreateAsync(
                    new ApiKeyOrder
                    {
                        Kind = kind,
                        Name = order.Name!,
                        Source = sourceOf(kind),
                        Purposes = purposesOf(kind),
                        Origins = order.Origins ?? [],
                    },
                    cancel);
                return Results.Json(new KeyMade(Shown(made.Key), made.Token),
                    KeysJson.Default.KeyMade, statusCode: StatusCodes.Status201Created);
            })
            .WithSummary("Makes a key. Its token is in this answer and nowhere else.");
        routes.MapDelete("{id}", async (string id, CancellationToken cancel) =>
                await keys.RevokeAsync(id, cancel)
                    ? Results.NoContent() : Problems.NotFound("key").ToResult())
            .WithSummary("Revokes a key at once.");
    }

    private static async ValueTask<(KeyOrder? Order, Problem Unreadable)> ReadAsync(
        HttpRequest request, CancellationToken cancel)
    {
        var body = new byte[BodyBytes + 1];
        var length = await request.Body.ReadAtLeastAsync(
            body, body.Length, throwOnEndOfStream: false, cancel);
        if (length > BodyBytes)
            return (null, Problems.TooLarge(BodyBytes));
        var unreadable = Problems.Malformed(
            "The body is {\"kind\",\"name\",\"origins\"?} as JSON, each once.");
        try
        {
            return (JsonSerializer.Deserialize(body.AsSpan(0, length), KeysJson.Default.KeyOrder),
                unreadable);
        }
        catch (JsonException)
        {
            return (null, unreadable);
        }
    }

    private static Problem? Fault(KeyOrder order)
    {
        if (order.Kind is not ("write" or "till" or "server" or "admin"))
            return Problems.Invalid("One of write, till, server, admin.", "/kind");
        if (string.IsNullOrWhiteSpace(order.Name) || order.Name.Length > NameChars)
            return Problems.Invalid($"A name of 1 to {NameChars} characters.", "/name");
        if (order.Origins is { Count: > Origins })
            return Problems.Invalid($"At most {Origins} origins.", "/origins");
        return null;
    }

    private static KeyShown Shown(ApiKey key) => new(
        key.Id, key.Kind.ToString().ToLowerInvariant(), key.Name, key.Source.Value, key.Origins,
        DateTimeOffset.FromUnixTimeMilliseconds(key.CreatedAtMs));
}

/// <summary>What is asked of a new key.</summary>
internal sealed record KeyOrder(string? Kind, string? Name, IReadOnlyList<string>? Origins);

/// <summary>A key without its token.</summary>
internal sealed record KeyShown(
    string Id, string Kind, string Name, int Source, IReadOnlyList<string> Origins,
    DateTimeOffset CreatedAt);

/// <summary>A new key with its token, once.</summary>
internal sealed record KeyMade(KeyShown Key, string Token);

/// <summary>All keys.</summary>
internal sealed record KeyList(IReadOnlyList<KeyShown> Data, string? Next);

/// <summary>Source-generated JSON of this room.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(KeyOrder))]
[JsonSerializable(typeof(KeyMade))]
[JsonSerializable(typeof(KeyList))]
internal sealed partial class KeysJson : JsonSerializerContext;
