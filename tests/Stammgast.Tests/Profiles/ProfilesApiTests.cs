using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Stammgast.Consent;
using Stammgast.Keys;
using Stammgast.Privacy;
using Stammgast.Profiles;
using Xunit;
using static Stammgast.Tests.Profiles.Events;

namespace Stammgast.Tests.Profiles;

public sealed class ProfilesApiTests : IAsyncLifetime
{
    private const string Rows = "personalize.content.profiled";
    private const string Service = "essential.service";

    private readonly TestCell _cell = new();
    private readonly Dictionary<ApiKeyKind, string> _tokens = [];
    private WebApplication? _app;
    private ApiKeys? _apiKeys;
    private HttpClient? _http;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private LeafId Anna => _cell.Index.Leaf(User("anna"));

    public async ValueTask InitializeAsync()
    {
        await _cell.Keys.EnsureAsync([LeafId.None], Cancel);
        _apiKeys = await ApiKeys.LoadAsync(_cell.Store, _cell.Keys, _cell.Time, Cancel);
        foreach (var kind in Enum.GetValues<ApiKeyKind>())
        {
            var made = await _apiKeys.CreateAsync(new ApiKeyOrder
            {
                Kind = kind, Name = "a key",
                Purposes = PurposeSet.Of(KnownPurposes.Service) | PurposeSet.Of(KnownPurposes.ProfiledContent),
            }, Cancel);
            _tokens[kind] = made.Token;
        }
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        new ProfilesApi(_cell.Reader, _cell.Timeline, _cell.Identity, _apiKeys,
            Purposes.Default, _cell.Time).Map(_app);
        new PrivacyApi(_cell.Erasures, _apiKeys).Map(_app);
        await _app.StartAsync(Cancel);
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
        await _cell.FoldAsync(
            One(EventKind.Identify, Start, User("anna"), Mail("anna@home.test")).Traits("""{"size":"M"}"""),
            One(EventKind.OrderCompleted, _cell.Time.NowMs - Day, User("anna"), Card("C1")).Bought(Item("RUN", 5_000)),
            One(EventKind.Other, Start, Card("C1")));
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
        _apiKeys?.Dispose();
        await _cell.DisposeAsync();
    }

    [Fact]
    public async Task An_identifier_in_a_body_gives_an_opaque_profile_id()
    {
        foreach (var body in (string[])["""{"type":"user_id","value":"anna"}""",
            """{"type":"email","value":" ANNA@home.test "}""", """{"type":"loyalty_card","value":"c-1"}"""])
        {
            var (status, json) = await SendAsync(HttpMethod.Post, "/v1/profiles/lookup", body);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal(Anna.ToString(), json.GetProperty("profileId").GetString());
        }
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Post, "/v1/profiles/lookup",
            """{"type":"user_id","value":"nobody"}""")).Status);
        foreach (var bad in (string[])["", "[]", "{", """{"type":"user_id"}""", """{"type":"x","value":"y"}""",
            """{"type":"email","value":"no"}""", """{"type":"email","value":"a@b.c","more":1}""",
            """{"type":"email","type":"email","value":"a@b.c"}""", """{"type":null,"value":"a@b.c"}"""])
        {
            Assert.Equal(HttpStatusCode.BadRequest,
                (await SendAsync(HttpMethod.Post, "/v1/profiles/lookup", bad)).Status);
        }
    }

    [Fact]
    public async Task A_read_names_its_purpose_and_a_key_has_to_hold_it()
    {
        foreach (var list in (string[])["facts", "events", "identifiers", "audiences", "explanation"])
        {
            var path = $"/v1/profiles/{Anna}/{list}";
            Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Get, path)).Status);
            foreach (var refused in (string[])["nonsense", "marketing.communications.email", "personalize"])
                Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Get, path, purpose: refused)).Status);
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, path, purpose: Service)).Status);
            foreach (var kind in (ApiKeyKind[])[ApiKeyKind.Write, ApiKeyKind.Till])
            {
                Assert.Equal(HttpStatusCode.Forbidden,
                    (await SendAsync(HttpMethod.Get, path, purpose: Service, kind: kind)).Status);
            }
            Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get,
                $"/v1/profiles/{new LeafId(7)}/{list}", purpose: Service)).Status);
        }
    }

    [Fact]
    public async Task Facts_are_withheld_and_counted_until_the_person_allows_the_purpose()
    {
        var path = $"/v1/profiles/{Anna}/facts";
        var before = (await SendAsync(HttpMethod.Get, path, purpose: Rows)).Json;
        Assert.Empty(before.GetProperty("data").EnumerateArray());
        Assert.InRange(before.GetProperty("withheld").GetInt32(), 5, 40);
        await _cell.ConsentAsync(Anna, PurposeSet.Of(KnownPurposes.ProfiledContent));
        var after = (await SendAsync(HttpMethod.Get, path, purpose: Rows)).Json;
        var size = after.GetProperty("data").EnumerateArray().Single(f => f.GetProperty("key").GetString() == "size");
        Assert.Equal("M", size.GetProperty("value").GetString());
        Assert.Equal("observed", size.GetProperty("provenance").GetString());
        Assert.Contains(Rows, size.GetProperty("purposes").EnumerateArray().Select(p => p.GetString()));
        // She said it as a person, after her card had come to her: it holds for the card, too.
        Assert.Equal(0, after.GetProperty("withheld").GetInt32());
    }

    [Fact]
    public async Task Events_page_and_bad_cursors_are_named()
    {
        var path = $"/v1/profiles/{Anna}/events";
        var first = (await SendAsync(HttpMethod.Get, path + "?limit=2", purpose: Service)).Json;
        Assert.Equal(2, first.GetProperty("data").GetArrayLength());
        var next = first.GetProperty("next").GetString();
        var second = (await SendAsync(HttpMethod.Get, $"{path}?limit=2&cursor={next}", purpose: Service)).Json;
        Assert.Equal(1, second.GetProperty("data").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
        foreach (var bad in (string[])["cursor=!!", "cursor=abc", "limit=0", "limit=-1", "limit=x", "limit=9999"])
        {
            Assert.Equal(HttpStatusCode.BadRequest,
                (await SendAsync(HttpMethod.Get, $"{path}?{bad}", purpose: Service)).Status);
        }
    }

    [Fact]
    public async Task An_explanation_names_identifier_first_sight_and_rule()
    {
        var json = (await SendAsync(HttpMethod.Get, $"/v1/profiles/{Anna}/explanation", purpose: Service)).Json;
        var link = json.GetProperty("links").EnumerateArray()
            .Single(l => l.GetProperty("type").GetString() == "loyalty_card");
        Assert.Equal("C1", link.GetProperty("value").GetString());
        Assert.Equal("same_identifier", link.GetProperty("rule").GetString());
        Assert.True(link.GetProperty("linked").GetBoolean());
        Assert.Equal(_cell.Time.NowMs - Day, link.GetProperty("at").GetDateTimeOffset().ToUnixTimeMilliseconds());
        Assert.Equal(2, json.GetProperty("members").GetArrayLength());
        var blind = (await SendAsync(HttpMethod.Get, $"/v1/profiles/{Anna}/explanation", purpose: Rows)).Json;
        Assert.DoesNotContain("C1\"", blind.ToString(), StringComparison.Ordinal);
        Assert.InRange(blind.GetProperty("withheld").GetInt32(), 1, 9);
    }

    [Fact]
    public async Task Unmerge_and_merge_over_http_restore_each_other()
    {
        var card = _cell.Index.Leaf(Card("C1"));
        var parted = await SendAsync(HttpMethod.Post, $"/v1/profiles/{Anna}/unmerge", $$"""{"leaves":["{{card}}"]}""");
        Assert.Equal(HttpStatusCode.OK, parted.Status);
        Assert.Equal(2, parted.Json.GetProperty("profileIds").GetArrayLength());
        var merged = await SendAsync(HttpMethod.Post, $"/v1/profiles/{card}/merge", $$"""{"profileId":"{{Anna}}"}""");
        Assert.Equal(Anna.ToString(), merged.Json.GetProperty("profileId").GetString());
        Assert.Empty((await _cell.StateAsync(Card("C1"))).Ties);
        await _cell.FoldAsync(One(EventKind.Other, Start, User("ben")));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SendAsync(HttpMethod.Post,
            $"/v1/profiles/{Anna}/merge", $$"""{"profileId":"{{_cell.Index.Leaf(User("ben"))}}"}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Post,
            $"/v1/profiles/{Anna}/unmerge", $$"""{"leaves":["{{Anna}}","{{card}}"]}""")).Status);
    }

    [Fact]
    public async Task An_erasure_over_http_leaves_no_profile()
    {
        var done = await SendAsync(HttpMethod.Post, "/v1/privacy/requests",
            $$"""{"type":"erasure","profileId":"{{Anna}}"}""");
        Assert.Equal((HttpStatusCode.OK, "completed", 2),
            (done.Status, done.Json.GetProperty("status").GetString(), done.Json.GetProperty("leaves").GetInt32()));
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(
            HttpMethod.Get, $"/v1/profiles/{Anna}/facts", purpose: Service)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Post, "/v1/privacy/requests",
            $$"""{"type":"erasure","profileId":"{{Anna}}"}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Post, "/v1/privacy/requests",
            $$"""{"type":"export","profileId":"{{Anna}}"}""")).Status);
    }

    private async Task<(HttpStatusCode Status, JsonElement Json)> SendAsync(HttpMethod method, string path,
        string? body = null, string? purpose = null, ApiKeyKind kind = ApiKeyKind.Server)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(_tokens[kind] + ":")));
        if (purpose is not null)
            request.Headers.Add("X-Purpose", purpose);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http!.SendAsync(request, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        return (answer.StatusCode, JsonDocument.Parse(text).RootElement.Clone());
    }
}
