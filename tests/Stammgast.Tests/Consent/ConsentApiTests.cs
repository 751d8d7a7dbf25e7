using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stammgast.Collect;
using Stammgast.Consent;
using Stammgast.Keys;
using Xunit;

namespace Stammgast.Tests.Consent;

/// <summary>Over real HTTP, with real keys and a real store.</summary>
public sealed class ConsentApiTests : IAsyncLifetime
{
    private const string Profiled = "personalize.content.profiled";

    private readonly ConsentCell _cell = new();
    private readonly Dictionary<ApiKeyKind, string> _tokens = [];
    private WebApplication? _app;
    private ApiKeys? _apiKeys;
    private HttpClient? _http;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Path => $"/v1/profiles/{_cell.Leaf("u1")}/consents";

    public async ValueTask InitializeAsync()
    {
        _apiKeys = await ApiKeys.LoadAsync(_cell.Store, _cell.People, _cell.Clock, Cancel);
        foreach (var kind in Enum.GetValues<ApiKeyKind>())
        {
            var made = await _apiKeys.CreateAsync(new ApiKeyOrder
            {
                Kind = kind, Name = "a key",
                Purposes = PurposeSet.Of(KnownPurposes.LegalObligation)
                    | PurposeSet.Of(Purposes.Default.Get("analytics.reporting.ad_performance"))
                    | PurposeSet.Of(KnownPurposes.MarketingEmail),
            }, Cancel);
            _tokens[kind] = made.Token;
        }
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        new ConsentApi(_cell.Worker, _apiKeys,
            new ConsentOrderReader(Purposes.Default, Notices.Default, _cell.Keys.Index),
            Purposes.Default, Notices.Default, _cell.Clock, ConsentApi.Alone).Map(_app);
        await _app.StartAsync(Cancel);
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
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
    public async Task What_was_put_is_read_with_its_evidence_and_its_past()
    {
        var put = await SendAsync(HttpMethod.Put, Path, """
            {"purposes":{"personalize.content":"given"},"notice":1,"language":"de",
             "method":"portal","surface":"web/account"}
            """);
        Assert.Equal(HttpStatusCode.OK, put.Status);
        var before = _cell.Clock.GetUtcNow();
        _cell.Clock.Move(TimeSpan.FromHours(1));
        await SendAsync(HttpMethod.Put, Path,
            """{"purposes":{"personalize":"withdrawn"},"method":"portal"}""");

        var now = Of(await GetAsync(Path), Profiled);
        Assert.Equal("withdrawn", now.GetProperty("status").GetString());
        Assert.False(now.GetProperty("allowed").GetBoolean());
        Assert.Equal(_cell.Clock.GetUtcNow(),
            now.GetProperty("evidence").GetProperty("receivedAt").GetDateTimeOffset());

        var then = await GetAsync($"{Path}?at={Uri.EscapeDataString(before.ToString("O"))}");
        var past = Of(then, Profiled);
        Assert.Equal("given", past.GetProperty("status").GetString());
        Assert.True(past.GetProperty("allowed").GetBoolean());
        Assert.Equal(before.AddMonths(13), past.GetProperty("expiresAt").GetDateTimeOffset());
        var evidence = past.GetProperty("evidence");
        Assert.Equal(1, evidence.GetProperty("notice").GetInt32());
        Assert.Equal("de", evidence.GetProperty("language").GetString());
        Assert.Equal("portal", evidence.GetProperty("method").GetString());
        Assert.Equal("web/account", evidence.GetProperty("surface").GetString());
        Assert.Equal("person", evidence.GetProperty("scope").GetString());
        // What rests on contract is allowed and was never asked.
        var contract = Of(then, "essential.service");
        Assert.Equal("unknown", contract.GetProperty("status").GetString());
        Assert.True(contract.GetProperty("allowed").GetBoolean());
        Assert.Equal(0, then.GetProperty("withheld").GetInt32());
    }

    [Fact]
    public async Task Subscriptions_are_kept_by_address_and_topic_and_no_answer_names_the_address()
    {
        await SendAsync(HttpMethod.Put, Path, """
            {"subscriptions":[
              {"type":"email","address":"Anna@Example.org ","topic":"news","state":"subscribed"},
              {"type":"email","address":"anna@example.org","state":"unsubscribed"}]}
            """);
        var answer = await GetAsync(Path);
        Assert.DoesNotContain("example", answer.GetRawText(), StringComparison.OrdinalIgnoreCase);
        var said = answer.GetProperty("subscriptions").EnumerateArray().ToArray();
        Assert.Equal(2, said.Length);
        Assert.Single(said.Select(one => one.GetProperty("addressId").GetString()).Distinct());
        Assert.Equal(["unsubscribed", "subscribed"],
            said.Select(one => one.GetProperty("state").GetString()));
        Assert.True(Addresses.TryRead(
            _cell.Keys.Index, AddressKind.Email, "anna@example.org", out var address));
        var state = await _cell.Worker.LoadAsync(_cell.Leaf("u1"), Cancel);
        Assert.True(state.Subscriptions.Forbids(address, "news"));
    }

    [Theory]
    [InlineData("""{"purposes":{"personalize.content":"given"}}""", 422, "/purposes/personalize.content")]
    [InlineData("""{"purposes":{"train_ai_system":"given"},"notice":1}""", 422, "/purposes/train_ai_system")]
    [InlineData("""{"purposes":{"personalise":"refused"}}""", 422, "/purposes/personalise")]
    [InlineData("""{"purposes":{"essential.service":"refused"}}""", 422, "/purposes/essential.service")]
    [InlineData("""{"purposes":{"analytics":"yes"}}""", 422, "/purposes/analytics")]
    [InlineData("""{"purposes":{"analytics":"expired"}}""", 422, "/purposes/analytics")]
    [InlineData("""{"purposes":{"analytics":"given"},"notice":99}""", 422, "/notice")]
    [InlineData("""{"purposes":{"analytics":"refused"},"scope":"household"}""", 422, "/scope")]
    [InlineData("""{"purposes":{"analytics":"refused"},"surface":"anna@example.org"}""", 422, "/surface")]
    [InlineData("""{"purposes":{"analytics":"refused"},"method":"By phone"}""", 422, "/method")]
    [InlineData("""{"purposes":{"analytics":"refused"},"language":"German"}""", 422, "/language")]
    [InlineData("""{"subscriptions":[{"type":"fax","address":"1","state":"subscribed"}]}""", 422, "/subscriptions/0/type")]
    [InlineData("""{"subscriptions":[{"type":"email","address":"anna","state":"subscribed"}]}""", 422, "/subscriptions/0/address")]
    [InlineData("""{"subscriptions":[{"type":"email","address":"a@b.c","state":"maybe"}]}""", 422, "/subscriptions/0/state")]
    [InlineData("""{"subscriptions":[null]}""", 422, "/subscriptions/0")]
    [InlineData("{}", 422, "/purposes")]
    [InlineData("""{"purposes":{"analytics":true}}""", 400, "/purposes/analytics")]
    [InlineData("""{"purposes":{"analytics":"refused","analytics":"given"},"notice":1}""", 400, null)]
    [InlineData("""{"purpose":{"analytics":"refused"}}""", 400, "/purpose")]
    [InlineData("""{"purposes":""", 400, null)]
    [InlineData("null", 400, null)]
    public async Task A_wrong_request_names_its_member_and_writes_nothing(
        string body, int status, string? pointer)
    {
        var answer = await SendAsync(HttpMethod.Put, Path, body);
        Assert.Equal(status, (int)answer.Status);
        if (pointer is not null)
            Assert.Equal(pointer, answer.Json.GetProperty("pointer").GetString());
        Assert.True((await _cell.Worker.LoadAsync(_cell.Leaf("u1"), Cancel)).IsEmpty);
    }

    [Fact]
    public async Task A_purpose_sees_its_own_consents_and_counts_the_others()
    {
        await SendAsync(HttpMethod.Put, Path, """
            {"purposes":{"analytics":"refused","personalize.fit":"refused"},"subscriptions":[
              {"type":"email","address":"anna@example.org","topic":"news","state":"subscribed"},
              {"type":"sms","address":"+49301234567","state":"unsubscribed"}]}
            """);
        var all = await GetAsync(Path);
        Assert.Equal(Purposes.Default.All.Count, all.GetProperty("data").GetArrayLength());
        var statistics = await ReadAsync("analytics.reporting.ad_performance");
        Assert.Equal("refused", Of(statistics, "analytics.reporting.ad_performance").GetProperty("status").GetString());
        Assert.All(statistics.GetProperty("data").EnumerateArray(), one => Assert.StartsWith(
            "analytics", one.GetProperty("purpose").GetString(), StringComparison.Ordinal));
        Assert.Equal(0, statistics.GetProperty("subscriptions").GetArrayLength());
        Assert.Equal(all.GetProperty("data").GetArrayLength() + 2,
            statistics.GetProperty("data").GetArrayLength()
            + statistics.GetProperty("withheld").GetInt32());
        var mail = await ReadAsync("marketing.communications.email");
        Assert.Equal("email", Assert.Single(
            mail.GetProperty("subscriptions").EnumerateArray()).GetProperty("type").GetString());

        async Task<JsonElement> ReadAsync(string purpose)
        {
            using var request = Request(HttpMethod.Get, Path, null, ApiKeyKind.Server);
            request.Headers.Add("X-Purpose", purpose);
            using var response = await _http!.SendAsync(request, Cancel);
            return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).RootElement;
        }
    }

    [Fact]
    public async Task Reads_name_a_purpose_that_the_key_was_granted()
    {
        Assert.Equal(400, await StatusAsync(null));
        Assert.Equal(400, await StatusAsync(" "));
        Assert.Equal(403, await StatusAsync("curiosity"));
        Assert.Equal(403, await StatusAsync(Profiled));
        Assert.Equal(403, await StatusAsync("essential.legal_obligation", Profiled));
        Assert.Equal(200, await StatusAsync("essential.legal_obligation"));

        async Task<int> StatusAsync(params string?[]? purposes)
        {
            using var request = Request(HttpMethod.Get, Path, null, ApiKeyKind.Server);
            foreach (var purpose in purposes ?? [])
                request.Headers.TryAddWithoutValidation("X-Purpose", purpose);
            using var response = await _http!.SendAsync(request, Cancel);
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task Only_a_server_key_reads_or_writes_consents_and_only_an_admin_key_configuration()
    {
        foreach (var (kind, token) in _tokens)
        {
            var consents = kind == ApiKeyKind.Server ? 200 : 403;
            Assert.Equal(consents, (int)(await SendAsync(HttpMethod.Put, Path,
                """{"purposes":{"analytics":"refused"}}""", kind)).Status);
            Assert.Equal(consents, (int)(await SendAsync(
                HttpMethod.Get, Path, null, kind, "essential.legal_obligation")).Status);
            foreach (var path in (string[])["/v1/purposes", "/v1/notices"])
                Assert.Equal(kind == ApiKeyKind.Admin ? 200 : 403,
                    (int)(await SendAsync(HttpMethod.Get, path, null, kind)).Status);
            Assert.NotEmpty(token);
        }
        using var nobody = await _http!.GetAsync(new Uri(Path, UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
    }

    [Fact]
    public async Task What_customers_are_asked_is_public_in_their_language()
    {
        using var response = await _http!.GetAsync(
            new Uri("/v1/notices/current?locale=de-AT", UriKind.Relative), Cancel);
        Assert.Equal("*", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        var notice = JsonDocument.Parse(
            await response.Content.ReadAsStringAsync(Cancel)).RootElement;
        Assert.Equal("de", notice.GetProperty("language").GetString());
        Assert.Equal(1, notice.GetProperty("version").GetInt32());
        var categories = notice.GetProperty("categories").EnumerateArray()
            .ToDictionary(one => one.GetProperty("key").GetString()!, one => one);
        Assert.Equal(Purposes.Default.Categories, categories.Keys);
        Assert.Contains(Profiled, categories["personalization"].GetProperty("purposes")
            .EnumerateArray().Select(key => key.GetString()));
    }

    [Fact]
    public async Task A_repeated_idempotency_key_is_answered_without_doing_it_again()
    {
        const string body = """{"purposes":{"analytics":"refused"}}""";
        var first = await SendAsync(HttpMethod.Put, Path, body, idempotencyKey: "k");
        Assert.False(first.Json.GetProperty("repeated").GetBoolean());
        var second = await SendAsync(HttpMethod.Put, Path, body, idempotencyKey: "k");
        Assert.True(second.Json.GetProperty("repeated").GetBoolean());
        var other = await SendAsync(HttpMethod.Put, Path,
            """{"purposes":{"analytics":"withdrawn"}}""", idempotencyKey: "k");
        Assert.Equal(422, (int)other.Status);
        Assert.Equal(400, (int)(await SendAsync(
            HttpMethod.Put, Path, body, idempotencyKey: new string('k', 129))).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true, "1")]
    [InlineData(false, "0")]
    [InlineData(false, "true")]
    [InlineData(false, "1;q=1")]
    [InlineData(true, "1", "1")]
    [InlineData(true, "0", "1")]
    [InlineData(false, "0", "x")]
    [InlineData(false, "11")]
    [InlineData(true, "1, 1")]
    public void Global_Privacy_Control_is_read_as_its_specification_says(
        bool expected, params string[] headers)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers["Sec-GPC"] = headers;
        Assert.Equal(expected, PrivacySignal.IsSet(http.Request));
    }

    private async Task<JsonElement> GetAsync(string path) => (await SendAsync(
        HttpMethod.Get, path, null, purpose: "essential.legal_obligation")).Json;

    private static JsonElement Of(JsonElement answer, string purpose) =>
        answer.GetProperty("data").EnumerateArray()
            .Single(one => one.GetProperty("purpose").GetString() == purpose);

    private async Task<(HttpStatusCode Status, JsonElement Json)> SendAsync(
        HttpMethod method, string path, string? body, ApiKeyKind kind = ApiKeyKind.Server,
        string? purpose = null, string? idempotencyKey = null)
    {
        using var request = Request(method, path, body, kind);
        if (purpose is not null)
            request.Headers.Add("X-Purpose", purpose);
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var response = await _http!.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.DoesNotContain("example.org", text, StringComparison.Ordinal);
        return (response.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    private HttpRequestMessage Request(
        HttpMethod method, string path, string? body, ApiKeyKind kind)
    {
        var request = new HttpRequestMessage(method, path)
        {
            Content = body is null
                ? null
                : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(_tokens[kind] + ":")));
        return request;
    }
}
