using System.Text.Json.Nodes;
using Stammgast.Storage;
using Xunit;

namespace Stammgast.Tests.Decisions;

/// <summary><c>POST /v1/experience</c> and the staff's side over HTTP.</summary>
public sealed class ExperienceApiTests : IAsyncLifetime
{
    private const string Row = """{"key":"pdp.row","type":"items","limit":3,"productId":"RUN-01"}""";
    private const string Banner = """{"key":"home.banner","type":"banner"}""";
    private const string MotifBody = """
        {"key":"spring-1","campaignId":"spring","title":{"de":"Neu im Laden","en":"New"},"link":"/neu"}
        """;

    private ExperienceCell cell = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => cell = await ExperienceCell.StartAsync(Cancel);

    public ValueTask DisposeAsync() => cell.DisposeAsync();

    [Fact]
    public async Task A_consenting_session_is_answered_personally_and_the_decision_is_stored()
    {
        var (status, body) = await cell.BrowseAsync(Row, events: ExperienceCell.View("RUN-02", "m1"));
        Assert.Equal(200, status);
        Assert.Equal("accepted", (string?)body["events"]![0]!["fate"]);
        var decision = body["decisions"]![0]!;
        Assert.Equal("shown", (string?)decision["outcome"]);
        Assert.DoesNotContain("RUN-01", Keys(decision));
        Assert.DoesNotContain("SECRET", Keys(decision));
        Assert.DoesNotContain("nichts verwendet", (string?)decision["reason"]!["text"], StringComparison.Ordinal);
        Assert.NotEmpty(await cell.Store.ScanAsync(RecordKind.Decision, null, 10, Cancel));

        var (traced, trace) = await TraceAsync(decision);
        Assert.Equal(200, traced);
        Assert.True((bool)trace["personal"]!);
        Assert.True((bool)trace["replayed"]!);
        Assert.NotEmpty(trace["candidates"]!.AsArray());
    }

    [Fact]
    public async Task Without_a_session_the_answer_is_contextual_and_leaves_no_row()
    {
        var (status, body) = await cell.BrowseAsync(
            Row, events: ExperienceCell.View("RUN-02", "m1"), hasSession: false);
        Assert.Equal(200, status);
        var decision = body["decisions"]![0]!;
        Assert.Equal("shown", (string?)decision["outcome"]);
        Assert.Contains("nichts verwendet", (string?)decision["reason"]!["text"], StringComparison.Ordinal);
        foreach (var kind in new[] { RecordKind.Decision, RecordKind.Contacts })
            Assert.Empty(await cell.Store.ScanAsync(kind, null, 10, Cancel));
        // Explained from memory all the same.
        Assert.False((bool)(await TraceAsync(decision)).Trace["personal"]!);
    }

    [Fact]
    public async Task A_browser_may_say_its_key_in_the_body()
    {
        var (status, _) = await cell.SendAsync(HttpMethod.Post, "/v1/experience", null,
            $$"""{"writeKey":"{{cell.Write.Token}}","context":{},"placements":[{{Row}}]}""");
        Assert.Equal(200, status);
        (status, _) = await cell.SendAsync(HttpMethod.Post, "/v1/experience", null,
            $$"""{"writeKey":"wk_unknown","context":{},"placements":[{{Row}}]}""");
        Assert.Equal(401, status);
        (status, _) = await cell.SendAsync(HttpMethod.Post, "/v1/experience", null, "[not json");
        Assert.Equal(401, status);
    }

    [Fact]
    public async Task A_refusing_stamp_is_obeyed_at_once()
    {
        var (_, body) = await cell.BrowseAsync(
            Row, events: ExperienceCell.View("RUN-02", "m1"), isYes: false);
        Assert.False((bool)(await TraceAsync(body["decisions"]![0]!)).Trace["personal"]!);
        Assert.Empty(await cell.Store.ScanAsync(RecordKind.Decision, null, 10, Cancel));
    }

    [Fact]
    public async Task A_server_key_names_users_and_what_was_just_bought_is_done_at_once()
    {
        var (status, body) = await cell.SendAsync(HttpMethod.Post, "/v1/experience", cell.Server, """
            {"userId":"u-1","events":[{"type":"track","messageId":"o1","event":"Order Completed",
              "properties":{"order_id":"o-1","products":[{"product_id":"RUN-02","quantity":1,"price":50}]},
              "context":{"consent":{"categoryPreferences":{"personalization":true,"advertising":true}}}}],
             "placements":[{"key":"home.row","type":"items","limit":6}]}
            """);
        Assert.Equal(200, status);
        var decision = body["decisions"]![0]!;
        Assert.DoesNotContain("RUN-02", Keys(decision));
        var (_, trace) = await TraceAsync(decision);
        Assert.Contains(trace["drops"]!.AsArray(), drop => (string?)drop!["code"] == "bought");
    }

    [Fact]
    public async Task A_banner_shows_three_times_and_then_its_cap_holds()
    {
        Assert.Equal(201, (await MakeMotifAsync()).Status);
        var outcomes = new List<string?>();
        for (var i = 0; i < 4; i++)
        {
            var (_, body) = await cell.BrowseAsync(
                Banner, events: ExperienceCell.View("RUN-02", "m" + i));
            outcomes.Add((string?)body["decisions"]![0]!["silence"]);
        }
        Assert.Equal([null, null, null, "cap_offer"], outcomes);
    }

    [Fact]
    public async Task Twenty_placements_of_one_page_share_its_caps()
    {
        await MakeMotifAsync();
        var many = string.Join(',', Enumerable.Repeat(Banner, 20));
        var (_, body) = await cell.BrowseAsync(many, events: ExperienceCell.View("RUN-02", "m"));
        Assert.Equal(3, body["decisions"]!.AsArray().Count(one => (string?)one!["outcome"] == "shown"));
    }

    [Fact]
    public async Task The_customers_off_silences_the_campaign_with_the_same_request()
    {
        await MakeMotifAsync();
        var (_, first) = await cell.BrowseAsync(Banner, events: ExperienceCell.View("RUN-02", "m1"));
        var decision = first["decisions"]![0]!;
        Assert.Equal("campaign:spring", (string?)decision["reason"]!["switch"]);
        Assert.Equal("Neu im Laden", (string?)decision["creative"]!["title"]);
        var (_, second) = await cell.BrowseAsync(Banner, events: $$"""
            {"type":"track","messageId":"f1","event":"Feedback Given",
             "properties":{"value":"never","decision_id":"{{(string?)decision["decisionId"]}}"} }
            """);
        Assert.Equal("dismissed", (string?)second["decisions"]![0]!["silence"]);
    }

    [Fact]
    public async Task The_customers_voice_never_has_scores_or_candidates()
    {
        var (_, body) = await cell.BrowseAsync(Row + "," + Banner, events: ExperienceCell.View("RUN-02", "m1"));
        foreach (var word in new[] { "score", "candidates", "drops", "audience\"", "provenance", "facts" })
            Assert.DoesNotContain(word, body.ToJsonString(), StringComparison.Ordinal);
        var id = (string?)body["decisions"]![0]!["decisionId"];
        Assert.Equal(403, (await cell.SendAsync(HttpMethod.Get, "/v1/decisions/" + id, cell.Write, null)).Status);
        Assert.Equal(401, (await cell.SendAsync(HttpMethod.Get, "/v1/decisions/" + id, null, null)).Status);
    }

    [Fact]
    public async Task Stale_consents_are_answered_without_the_person()
    {
        cell.IsFresh = false;
        var (_, body) = await cell.BrowseAsync(Row + "," + Banner, events: ExperienceCell.View("RUN-02", "m1"));
        Assert.True((bool)body["degraded"]!);
        Assert.Equal("degraded", (string?)body["decisions"]![1]!["silence"]);
        Assert.Empty(await cell.Store.ScanAsync(RecordKind.Decision, null, 10, Cancel));
    }

    [Fact]
    public async Task A_position_that_is_not_folded_is_said_to_be_stale()
    {
        var (_, body) = await cell.SendAsync(HttpMethod.Post, "/v1/experience", cell.Write,
            """{"anonymousId":"a-1","after":"ff","placements":[]}""");
        Assert.True((bool)body["stale"]!);
    }

    [Theory]
    [InlineData("""{"placements":[{"key":"a","type":"carousel"}]}""", "/placements/0/type")]
    [InlineData("""{"placements":[{"type":"items"}]}""", "/placements/0/key")]
    [InlineData("""{"placements":[{"key":"a","type":"items","limit":0}]}""", "/placements/0/limit")]
    [InlineData("""{"placements":[{"key":"a","type":"rank"}]}""", "/placements/0/productIds")]
    [InlineData("""{"placements":[{"key":"a","type":"items","exclude":[1]}]}""", "/placements/0/exclude/0")]
    [InlineData("""{"placements":{}}""", "/placements")]
    [InlineData("""{"after":"zz"}""", "/after")]
    public async Task A_wrong_field_is_pointed_to(string body, string pointer)
    {
        var (status, problem) = await cell.SendAsync(HttpMethod.Post, "/v1/experience", cell.Write, body);
        Assert.Equal(400, status);
        Assert.Equal(pointer, (string?)problem["pointer"]);
    }

    [Fact]
    public async Task Too_many_placements_and_broken_bodies_are_refused()
    {
        var many = string.Join(',', Enumerable.Repeat(Banner, 21));
        Assert.Equal(400, (await cell.BrowseAsync(many)).Status);
        Assert.Equal(400, (await cell.SendAsync(HttpMethod.Post, "/v1/experience", cell.Write, "{\"")).Status);
        Assert.Equal(401, (await cell.SendAsync(HttpMethod.Post, "/v1/experience", null, "{}")).Status);
        Assert.Equal(403, (await cell.SendAsync(HttpMethod.Post, "/v1/experience", cell.Admin, "{}")).Status);
    }

    [Fact]
    public async Task Rank_returns_what_was_handed_in_each_once()
    {
        var (_, body) = await cell.BrowseAsync(
            """{"key":"l","type":"rank","productIds":["SECRET","RUN-03","nobody","RUN-03","RUN-01"]}""",
            events: ExperienceCell.View("RUN-02", "m1"));
        Assert.Equal(["RUN-01", "RUN-03", "SECRET", "nobody"],
            Keys(body["decisions"]![0]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Motifs_are_plain_resources_with_versions()
    {
        var (status, made) = await MakeMotifAsync();
        Assert.Equal((201, 1), (status, (int)made["version"]!));
        Assert.Equal(201, (await MakeMotifAsync()).Status);
        var changed = MotifBody.Replace("Neu im", "Frisch im", StringComparison.Ordinal);
        Assert.Equal(409, (await cell.SendAsync(HttpMethod.Post, "/v1/motifs", cell.Admin, changed)).Status);
        var (_, put) = await cell.SendAsync(HttpMethod.Put, "/v1/motifs/spring-1", cell.Admin, changed);
        Assert.Equal(2, (int)put["version"]!);
        var (_, list) = await cell.SendAsync(HttpMethod.Get, "/v1/motifs?limit=1", cell.Admin, null);
        Assert.Single(list["data"]!.AsArray());
        Assert.Equal(403, (await cell.SendAsync(HttpMethod.Get, "/v1/motifs", cell.Write, null)).Status);
        Assert.Equal(204, (await cell.SendAsync(HttpMethod.Delete, "/v1/motifs/spring-1", cell.Admin, null)).Status);
        Assert.Equal(404, (await cell.SendAsync(HttpMethod.Get, "/v1/motifs/spring-1", cell.Admin, null)).Status);
    }

    [Theory]
    [InlineData("Neu im Laden", "Hallo {{first_name}}", "/title/de")]
    [InlineData("/neu", "javascript:alert(1)", "/link")]
    [InlineData("\"link\"", "\"surprise\":1,\"link\"", "/surprise")]
    public async Task A_motif_that_breaks_a_rule_is_refused_when_it_is_saved(
        string from, string to, string pointer)
    {
        var (status, problem) = await cell.SendAsync(HttpMethod.Post, "/v1/motifs", cell.Admin,
            MotifBody.Replace(from, to, StringComparison.Ordinal));
        Assert.InRange(status, 400, 422);
        Assert.Equal(pointer, (string?)problem["pointer"]);
    }

    [Fact]
    public async Task The_stop_button_silences_a_campaign_and_lifting_it_frees_it()
    {
        await MakeMotifAsync();
        const string stop = """{"scope":"campaign","key":"spring"}""";
        var (_, stopped) = await cell.SendAsync(HttpMethod.Post, "/v1/stop", cell.Admin, stop);
        Assert.True((bool)stopped["durable"]!);
        Assert.Equal("ineligible", await SilenceAsync());
        await cell.SendAsync(HttpMethod.Delete, "/v1/stop", cell.Admin, stop);
        Assert.Null(await SilenceAsync());
        Assert.Equal(400, (await cell.SendAsync(HttpMethod.Post, "/v1/stop", cell.Admin, """{"scope":"x"}""")).Status);
    }

    private async Task<string?> SilenceAsync()
    {
        var (_, body) = await cell.BrowseAsync(Banner, hasSession: false);
        return (string?)body["decisions"]![0]!["silence"];
    }

    private Task<(int Status, JsonNode Body)> MakeMotifAsync() =>
        cell.SendAsync(HttpMethod.Post, "/v1/motifs", cell.Admin, MotifBody);

    private async Task<(int Status, JsonNode Trace)> TraceAsync(JsonNode decision) =>
        await cell.SendAsync(HttpMethod.Get,
            "/v1/decisions/" + (string?)decision["decisionId"], cell.Admin, null);

    private static List<string?> Keys(JsonNode decision) =>
        [.. decision["items"]!.AsArray().Select(item => (string?)item!["productId"])];
}
