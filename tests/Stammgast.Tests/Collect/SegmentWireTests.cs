using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Stammgast.Tests.Collect;

/// <summary>What Segment's SDKs need of a server, over real HTTP.</summary>
public sealed class SegmentWireTests
{
    private static string Track(string id, string more = "") =>
        $$"""{"type":"track","messageId":"{{id}}","anonymousId":"a-1","event":"Product Viewed","properties":{"product_id":"RUN-01"},"context":{{Gatehouse.Context}}{{more}}}""";

    [Theory]
    [InlineData("track", "t")]
    [InlineData("identify", "i")]
    [InlineData("page", "p")]
    [InlineData("screen", "s")]
    [InlineData("group", "g")]
    [InlineData("alias", "a")]
    public async Task Long_and_short_paths_take_one_event(string name, string letter)
    {
        await using var house = await Gatehouse.OpenAsync();
        foreach (var path in new[] { name, letter })
        {
            var body = $$"""{"writeKey":"{{house.Write.Token}}","messageId":"{{path}}-1","anonymousId":"a-1","event":"E","groupId":"g","previousId":"x","context":{{Gatehouse.Context}}}""";
            var (status, answer) = await house.PostAsync("/v1/" + path, body, type: "text/plain");
            Assert.Equal(200, status);
            var fate = answer.GetProperty("events")[0];
            Assert.Equal("accepted", fate.GetProperty("fate").GetString());
            Assert.Equal(path + "-1", fate.GetProperty("messageId").GetString());
        }
        var taken = await house.TakenAsync();
        Assert.All(taken, e => Assert.Equal(name, e.Type.ToString(), ignoreCase: true));
    }

    [Theory]
    [InlineData("/v1/batch")]
    [InlineData("/v1/b")]
    [InlineData("/v1/import")]
    public async Task Batches_answer_each_events_fate_in_order(string path)
    {
        await using var house = await Gatehouse.OpenAsync();
        var body = $$"""{"batch":[{{Track("m1")}},{"type":"track","messageId":"m2","anonymousId":"a-1"},{{Track("m1")}},{"type":"nonsense","messageId":"m4"}],"writeKey":"{{house.Write.Token}}","sentAt":"2026-11-22T12:00:00Z"}""";
        var (status, answer) = await house.PostAsync(path, body);
        Assert.Equal(200, status);
        Assert.True(answer.GetProperty("success").GetBoolean());
        Assert.Equal(
            ["m1 accepted  ", "m2 rejected required /batch/1/event", "m1 duplicate  ",
                "m4 rejected invalid_value /batch/3/type"],
            answer.GetProperty("events").EnumerateArray().Select(Line));
        Assert.Single(await house.TakenAsync());
    }

    [Fact]
    public async Task All_ways_to_authenticate_are_understood()
    {
        await using var house = await Gatehouse.OpenAsync();
        var token = house.Write.Token;
        var bare = $$"""{"batch":[{{Track("m")}}]}""";
        var keyed = $$"""{"batch":[{{Track("m")}}],"writeKey":"{{token}}"}""";
        Assert.Equal(200, await StatusAsync(house, bare, Gatehouse.Basic(token + ":")));
        Assert.Equal(200, await StatusAsync(house, bare, Gatehouse.Basic(token)));
        Assert.Equal(200, await StatusAsync(house, keyed, null));
        Assert.Equal(200, await StatusAsync(house, keyed, new("Bearer", "an.oauth.token")));
        Assert.Equal(200, await StatusAsync(house, keyed, Gatehouse.Basic(token + ":")));
        Assert.Equal(401, await StatusAsync(house, bare, null));
        Assert.Equal(401, await StatusAsync(house, keyed, Gatehouse.Basic("wk_unknown:")));
        Assert.Equal(401, await StatusAsync(house, bare, new("Basic", "%%%")));
        Assert.Equal(401, await StatusAsync(house, bare, new("Bearer", "an.oauth.token")));
        Assert.Equal(403, await StatusAsync(house, bare, Gatehouse.Basic(house.Admin.Token + ":")));
    }

    [Fact]
    public async Task Text_plain_and_no_type_are_read_as_JSON()
    {
        await using var house = await Gatehouse.OpenAsync();
        foreach (var type in new[] { "text/plain", "application/json", "application/x-www-form-urlencoded" })
        {
            var (status, _) = await house.PostAsync(
                "/v1/batch", $$"""{"batch":[{{Track(type)}}]}""", house.Write.Token, type);
            Assert.Equal(200, status);
        }
    }

    [Fact]
    public async Task Gzip_is_read_and_a_bomb_is_too_large()
    {
        await using var house = await Gatehouse.OpenAsync();
        using var good = await house.SendAsync(
            "/v1/batch", Gzip($$"""{"batch":[{{Track("m")}}]}"""), house.Write.Token);
        Assert.Equal(200, (int)good.StatusCode);
        using var bomb = await house.SendAsync(
            "/v1/batch", Gzip(new string(' ', 50_000_000)), house.Write.Token);
        Assert.Equal(413, (int)bomb.StatusCode);
        var broken = new ByteArrayContent([1, 2, 3]);
        broken.Headers.ContentEncoding.Add("gzip");
        using var refused = await house.SendAsync("/v1/batch", broken, house.Write.Token);
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Equal(0, house.Pressure.Taken);
    }

    [Fact]
    public async Task Larger_than_a_batch_is_413_and_larger_than_an_event_is_that_events_fate()
    {
        await using var house = await Gatehouse.OpenAsync();
        var (status, problem) = await house.PostAsync(
            "/v1/batch", "{\"batch\":[]," + new string(' ', Limits.BatchBytes) + "}", house.Write.Token);
        Assert.Equal(413, status);
        Assert.Equal("/problems/too-large", problem.GetProperty("type").GetString());
        var large = Track("big", ",\"_\":\"" + new string('x', Limits.EventBytes) + "\"");
        var (ok, answer) = await house.PostAsync(
            "/v1/batch", $$"""{"batch":[{{large}},{{Track("small")}}]}""", house.Write.Token);
        Assert.Equal(200, ok);
        Assert.Equal(["big rejected event_too_large /batch/0", "small accepted  "],
            answer.GetProperty("events").EnumerateArray().Select(Line));
    }

    [Fact]
    public async Task Events_beyond_2500_are_rejected_and_the_first_2500_kept()
    {
        await using var house = await Gatehouse.OpenAsync();
        var events = Enumerable.Range(0, Limits.BatchEvents + 2).Select(n =>
            $$"""{"type":"track","event":"E","messageId":"{{n}}","anonymousId":"a"}""");
        var (status, answer) = await house.PostAsync("/v1/batch",
            $$"""{"context":{{Gatehouse.Context}},"batch":[{{string.Join(',', events)}}]}""", house.Write.Token);
        Assert.Equal(200, status);
        var fates = answer.GetProperty("events").EnumerateArray().Select(Line).ToList();
        Assert.Equal(Limits.BatchEvents, fates.Count(fate => fate.Contains("accepted")));
        Assert.Equal("2501 rejected too_many /batch/2501", fates[^1]);
    }

    [Fact]
    public async Task Preflights_allow_what_the_SDKs_send()
    {
        await using var house = await Gatehouse.OpenAsync();
        foreach (var path in new[] { "/v1/t", "/v1/b", "/v1/batch", "/v1/m", "/v1/session", "/v1/projects/k/settings" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Options, path);
            request.Headers.Add("Origin", "https://shop.example");
            request.Headers.Add("Access-Control-Request-Method", "POST");
            request.Headers.Add("Access-Control-Request-Headers",
                "authorization,content-type,x-retry-count,x-mine");
            using var answer = await house.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(204, (int)answer.StatusCode);
            Assert.Equal("https://shop.example", One(answer, "Access-Control-Allow-Origin"));
            Assert.Equal("authorization,content-type,x-retry-count,x-mine",
                One(answer, "Access-Control-Allow-Headers"));
            Assert.Contains("POST", One(answer, "Access-Control-Allow-Methods"));
        }
    }

    [Fact]
    public async Task Every_answer_can_be_read_by_the_page_that_called_errors_too()
    {
        await using var house = await Gatehouse.OpenAsync();
        foreach (var body in new[] { $$"""{"batch":[{{Track("m")}}]}""", "{", "[]" })
        {
            using var answer = await house.SendAsync("/v1/b", new StringContent(body),
                house.Write.Token, ("Origin", "https://shop.example"), ("X-Retry-Count", "1"));
            Assert.Equal("https://shop.example", One(answer, "Access-Control-Allow-Origin"));
            Assert.Equal("Origin", One(answer, "Vary"));
        }
    }

    [Fact]
    public async Task A_key_with_a_list_of_origins_is_refused_on_other_pages()
    {
        await using var house = await Gatehouse.OpenAsync();
        var bound = await house.Keys.CreateAsync(new()
        {
            Kind = Stammgast.Keys.ApiKeyKind.Write, Source = new SourceId(1), Name = "bound",
            Origins = ["https://shop.example"],
        }, CancellationToken.None);
        var body = $$"""{"batch":[{{Track("m")}}]}""";
        foreach (var (origin, wanted) in new[] { ("https://shop.example", 200), ("https://evil.example", 403) })
        {
            using var answer = await house.SendAsync(
                "/v1/b", new StringContent(body), bound.Token, ("Origin", origin));
            Assert.Equal(wanted, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task The_settings_name_this_host_only()
    {
        await using var house = await Gatehouse.OpenAsync();
        using var answer = await house.Http.GetAsync($"/v1/projects/{house.Write.Token}/settings",
            TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var settings = JsonDocument.Parse(text).RootElement;
        var segment = settings.GetProperty("integrations").GetProperty("Segment.io");
        var host = $"{house.Http.BaseAddress!.Authority}/v1";
        Assert.Equal(house.Write.Token, segment.GetProperty("apiKey").GetString());
        Assert.Equal(host, segment.GetProperty("apiHost").GetString());
        Assert.Equal("http", segment.GetProperty("protocol").GetString());
        Assert.Equal(host, settings.GetProperty("metrics").GetProperty("host").GetString());
        Assert.DoesNotContain("segment.com", text);
        foreach (var unknown in new[] { "wk_unknown", house.Server.Token })
        {
            using var missing = await house.Http.GetAsync($"/v1/projects/{unknown}/settings",
                TestContext.Current.CancellationToken);
            Assert.Equal(404, (int)missing.StatusCode);
        }
    }

    [Fact]
    public async Task The_SDKs_metrics_are_taken_and_dropped()
    {
        await using var house = await Gatehouse.OpenAsync();
        var (status, _) = await house.PostAsync("/v1/m", """{"series":[]}""", type: "text/plain");
        Assert.Equal(200, status);
    }

    [Fact]
    public async Task Overload_says_429_before_the_body_is_read()
    {
        await using var house = await Gatehouse.OpenAsync(inFlightBytes: 100);
        using var answer = await house.SendAsync("/v1/batch",
            new StringContent($$"""{"batch":[{{Track("m")}}]}"""), house.Write.Token);
        Assert.Equal(429, (int)answer.StatusCode);
        Assert.Equal("1", One(answer, "Retry-After"));
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(0, house.Pressure.Taken);
    }

    [Theory]
    [InlineData("", "malformed-request", null)]
    [InlineData("{", "malformed-request", null)]
    [InlineData("[]", "malformed-request", "")]
    [InlineData("{}", "invalid-field", "/batch")]
    [InlineData("{\"batch\":{}}", "invalid-field", "/batch")]
    [InlineData("{\"batch\":1}", "invalid-field", "/batch")]
    [InlineData("{\"batch\":[],\"batch\":[]}", "invalid-field", "/batch")]
    [InlineData("{\"batch\":[],\"context\":[]}", "invalid-field", "/context")]
    [InlineData("{\"batch\":[],\"n\":1e999}", "invalid-field", "/n")]
    [InlineData("{\"batch\":[]} x", "malformed-request", null)]
    public async Task What_is_no_batch_is_400_with_a_pointer(string body, string slug, string? pointer)
    {
        await using var house = await Gatehouse.OpenAsync();
        var (status, problem) = await house.PostAsync("/v1/batch", body, house.Write.Token);
        Assert.Equal(400, status);
        Assert.Equal("/problems/" + slug, problem.GetProperty("type").GetString());
        Assert.Equal(pointer, problem.TryGetProperty("pointer", out var at) ? at.GetString() : null);
    }

    private static async Task<int> StatusAsync(
        Gatehouse house, string body, AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/batch")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = authorization;
        using var answer = await house.Http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private static ByteArrayContent Gzip(string text)
    {
        var target = new MemoryStream();
        using (var zip = new GZipStream(target, CompressionLevel.Fastest))
            zip.Write(Encoding.UTF8.GetBytes(text));
        var content = new ByteArrayContent(target.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    private static string Line(JsonElement fate)
    {
        string Text(string name) => fate.TryGetProperty(name, out var found) ? found.GetString()! : "";
        return $"{Text("messageId")} {Text("fate")} {Text("code")} {Text("field")}";
    }

    private static string One(HttpResponseMessage answer, string name) =>
        string.Join(',', answer.Headers.GetValues(name));
}
