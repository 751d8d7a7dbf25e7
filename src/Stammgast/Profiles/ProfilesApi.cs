using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stammgast.Consent;
using Stammgast.Identity;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Profiles;

/// <summary>
/// The routes of this room. A read of a person names its purpose and gets what that purpose may
/// see, with the number of what was withheld; identifiers stand in bodies only.
/// </summary>
internal sealed class ProfilesApi(
    ProfileReaderWorker reader, TimelineWorker timeline, IdentityWorker identity,
    ApiKeys apiKeys, Purposes purposes, TimeProvider time)
{
    private const int BodyBytes = 16 * 1024;
    private const int DefaultPage = 50;
    private const int MaxPage = 200;
    private const int MaxLeaves = 64;

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        var profiles = app.MapGroup("/v1/profiles").WithTags("Profiles")
            .Behind(KeyAccessApi.Guard(apiKeys, ApiKeyKind.Server, ApiKeyKind.Admin));
        profiles.MapPost("lookup", (Delegate)LookUpAsync)
            .WithSummary("Gives the profile that an identifier names.");
        profiles.MapGet("{id}/facts", (HttpContext http, string id) =>
                ReadAsync(http, id, (profile, view) => Facts(view)))
            .WithSummary("Facts as a purpose sees them.");
        profiles.MapGet("{id}/identifiers", (HttpContext http, string id) =>
                ReadAsync(http, id, (profile, view) => Identifiers(view)))
            .WithSummary("Identifiers as a purpose sees them.");
        profiles.MapGet("{id}/audiences", (HttpContext http, string id) =>
                ReadAsync(http, id, (profile, view) =>
                    Json(new ListRead<string>([], null, 0), ProfilesJson.Default.ListReadString)))
            .WithSummary("Audiences that the profile is in.");
        profiles.MapGet("{id}/events", EventsAsync)
            .WithSummary("The past as a purpose sees it, newest receipt first.");
        profiles.MapGet("{id}/explanation", ExplainAsync)
            .WithSummary("Which identifiers made this profile one, and by which rule.");
        profiles.MapPost("{id}/merge", MergeAsync)
            .WithSummary("Joins two profiles; two known users never merge.");
        profiles.MapPost("{id}/unmerge", UnmergeAsync)
            .WithSummary("Parts leaves from a profile; both are as if they had lived alone.");
    }

    private async Task<IResult> LookUpAsync(HttpContext http)
    {
        var (order, problem) = await BodyAsync(http, ProfilesJson.Default.LookUpOrder);
        if (order is null)
            return problem;
        if (!ProfileWords.TryRead(order.Type, out var type))
            return Problems.Invalid("type is one of " + ProfileWords.Types + ".", "/type").ToResult();
        if (!Normaliser.TryNormalise(type, order.Value, out var value))
            return Problems.Invalid("value is no identifier of this type.", "/value").ToResult();
        return await GuardedAsync(async () =>
            await reader.FindAsync(new Identifier(type, value), http.RequestAborted) is { } root
                ? Json(new ProfileFound(root.ToString()), ProfilesJson.Default.ProfileFound)
                : Problems.NotFound("profile").ToResult());
    }

    // 1 key and purpose, 2 profile, 3 view, 4 what is asked of it.
    private async Task<IResult> ReadAsync(
        HttpContext http, string id, Func<Profile, ProfileView, IResult> answer) =>
        await ReadAsync(http, id, (profile, view) => Task.FromResult(answer(profile, view)));

    private async Task<IResult> ReadAsync(
        HttpContext http, string id, Func<Profile, ProfileView, Task<IResult>> answer)
    {
        if (!KeyAccessApi.TryKey(http, apiKeys, out var key))
            return Problems.Unauthenticated().ToResult();
        if (PurposeHeader.Read(http, key, purposes, out var purpose) is { } refused)
            return refused.ToResult();
        if (!LeafId.TryParse(id, out var leaf))
            return Problems.NotFound("profile").ToResult();
        return await GuardedAsync(async () =>
            await reader.LoadAsync(leaf, http.RequestAborted) is { } profile
                ? await answer(profile, profile.For(purpose))
                : Problems.NotFound("profile").ToResult());
    }

    private JsonAnswer<ListRead<FactRead>> Facts(ProfileView view) => Json(
        new ListRead<FactRead>(
            [.. view.Facts().Select(fact => ProfileWords.Read(fact, purposes))], null,
            view.Withheld),
        ProfilesJson.Default.ListReadFactRead);

    private static JsonAnswer<ListRead<IdentifierRead>> Identifiers(ProfileView view) => Json(
        new ListRead<IdentifierRead>(
            [.. view.Identifiers.Select(known => new IdentifierRead(
                ProfileWords.Wire(known.Identifier.Type), known.Identifier.Value,
                ProfileWords.Instant(known.FirstSeenMs)))], null, view.WithheldIdentifiers),
        ProfilesJson.Default.ListReadIdentifierRead);

    private async Task<IResult> EventsAsync(
        HttpContext http, string id, string? cursor, string? limit)
    {
        var most = DefaultPage;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None,
                CultureInfo.InvariantCulture, out most) || most is < 1 or > MaxPage))
            return Problems.Invalid($"limit is 1–{MaxPage}.", "/limit").ToResult();
        var from = TimelineCursor.Newest;
        if (cursor is not null && !TimelineCursor.TryParse(cursor, out from))
            return Problems.Invalid("cursor is what an answer gave as next.", "/cursor").ToResult();
        return await ReadAsync(http, id, async (profile, view) =>
        {
            var page = await timeline.ReadAsync(
                view, profile.Leaves, from, most, http.RequestAborted);
            return Json(new ListRead<EventRead>(
                [.. page.Events.Select(ProfileWords.Read)], page.Next?.ToString(), page.Withheld),
                ProfilesJson.Default.ListReadEventRead);
        });
    }

    private Task<IResult> ExplainAsync(HttpContext http, string id) =>
        ReadAsync(http, id, async (profile, view) => Json(
            ProfileWords.Read(await identity.ExplainAsync(profile.Root, http.RequestAborted), view),
            ProfilesJson.Default.ExplanationRead));

    private async Task<IResult> MergeAsync(HttpContext http, string id)
    {
        var (order, problem) = await BodyAsync(http, ProfilesJson.Default.MergeOrder);
        if (order is null)
            return problem;
        if (!LeafId.TryParse(id, out var one))
            return Problems.NotFound("profile").ToResult();
        if (!LeafId.TryParse(order.ProfileId, out var other) || other == one)
            return Problems.Invalid("profileId is another profile's id.", "/profileId").ToResult();
        return await GuardedAsync(async () =>
        {
            if (!await ExistsAsync(one, http) || !await ExistsAsync(other, http))
                return Problems.NotFound("profile").ToResult();
            var refused = await identity.MergeAsync(one, other, NowMs(), http.RequestAborted);
            if (refused is { } rule)
                return Problems.Unprocessable(ProfileWords.Why(rule), "/profileId").ToResult();
            var (root, _) = await reader.MembersAsync(one, http.RequestAborted);
            return Json(new ProfileFound(root.ToString()), ProfilesJson.Default.ProfileFound);
        });
    }

    private async Task<IResult> UnmergeAsync(HttpContext http, string id)
    {
        var (order, problem) = await BodyAsync(http, ProfilesJson.Default.UnmergeOrder);
        if (order is null)
            return problem;
        if (!LeafId.TryParse(id, out var one))
            return Problems.NotFound("profile").ToResult();
        var going = new HashSet<LeafId>();
        foreach (var text in order.Leaves.Take(MaxLeaves + 1))
        {
            if (!LeafId.TryParse(text, out var leaf))
                return Problems.Invalid("leaves are ids as explanation lists them.", "/leaves").ToResult();
            going.Add(leaf);
        }
        return await GuardedAsync(async () =>
        {
            var (_, members) = await reader.MembersAsync(one, http.RequestAborted);
            if (members.Count == 0)
                return Problems.NotFound("profile").ToResult();
            var staying = members.Select(member => member.Leaf).Where(leaf => !going.Contains(leaf));
            if (going.Count is 0 or > MaxLeaves || !staying.Any()
                || !going.All(leaf => members.Any(member => member.Leaf == leaf)))
            {
                return Problems.Invalid(
                    "leaves are some leaves of this profile, and not all.", "/leaves").ToResult();
            }
            var refused = await identity.UnmergeAsync(going, NowMs(), http.RequestAborted);
            if (refused is { } rule)
                return Problems.Unprocessable(ProfileWords.Why(rule), "/leaves").ToResult();
            return await PartedAsync(members, http.RequestAborted);
        });
    }

    private async Task<IResult> PartedAsync(
        IReadOnlyList<Member> members, CancellationToken cancel)
    {
        var roots = new List<string>();
        foreach (var member in members)
        {
            var (root, _) = await reader.MembersAsync(member.Leaf, cancel);
            if (!roots.Contains(root.ToString()))
                roots.Add(root.ToString());
        }
        return Json(new ProfilesParted(roots), ProfilesJson.Default.ProfilesParted);
    }

    private async ValueTask<bool> ExistsAsync(LeafId leaf, HttpContext http) =>
        (await reader.MembersAsync(leaf, http.RequestAborted)).Members.Count > 0;

    // A leaf whose key has just gone is being erased: to callers it is not there.
    private static async Task<IResult> GuardedAsync(Func<Task<IResult>> act)
    {
        try
        {
            return await act();
        }
        catch (KeyGoneException)
        {
            return Problems.NotFound("profile").ToResult();
        }
        catch (OverloadedException overloaded)
        {
            return Problems.Unavailable(overloaded.RetryAfter).ToResult();
        }
    }

    private static async ValueTask<(T? Order, IResult Problem)> BodyAsync<T>(
        HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        if (http.Request.ContentLength > BodyBytes)
            return (null, Problems.TooLarge(BodyBytes).ToResult());
        var body = new byte[BodyBytes + 1];
        var length = await http.Request.Body.ReadAtLeastAsync(
            body, body.Length, throwOnEndOfStream: false, http.RequestAborted);
        if (length > BodyBytes)
            return (null, Problems.TooLarge(BodyBytes).ToResult());
        try
        {
            var order = JsonSerializer.Deserialize(body.AsSpan(0, length), type);
            return (order, Problems.Malformed("The body is one JSON object.").ToResult());
        }
        catch (JsonException)
        {
            return (null, Problems.Malformed("The body is one JSON object with exactly the members "
                + "of this call, each once.").ToResult());
        }
    }

    private static JsonAnswer<T> Json<T>(T value, JsonTypeInfo<T> type) => new(value, type);

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/json";
            httpContext.Response.Headers.CacheControl = "no-store";
            return JsonSerializer.SerializeAsync(
                httpContext.Response.Body, value, type, httpContext.RequestAborted);
        }
    }
}
