using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Profiles;

/// <summary>What was decided for a person, as a shop's server reads it.</summary>
public sealed class DecisionListTests(Platform platform)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Decisions_are_listed_newest_first_for_a_purpose_in_force_and_counted_for_others()
    {
        await platform.ReadyAsync(Cancel);
        using var http = new HttpClient { BaseAddress = platform.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(platform.ServerKey + ":")));
        var first = await AskAsync(http, "m-1");
        var second = await AskAsync(http, "m-2");
        var id = await ProfileAsync(http);

        var (status, list) = await ListAsync(http, id, "personalize.content.profiled", "?limit=1");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(second, list.GetProperty("data")[0].GetProperty("decisionId").GetString());
        Assert.Equal(second, list.GetProperty("next").GetString());
        (_, list) = await ListAsync(
            http, id, "personalize.content.profiled", "?limit=1&cursor=" + second);
        Assert.Equal(first, list.GetProperty("data")[0].GetProperty("decisionId").GetString());
        Assert.Equal(JsonValueKind.Null, list.GetProperty("next").ValueKind);

        (_, list) = await ListAsync(http, id, "marketing.communications.email", "");
        Assert.Empty(list.GetProperty("data").EnumerateArray());
        Assert.Equal(2, list.GetProperty("withheld").GetInt32());
        (status, _) = await ListAsync(http, id, null, "");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        (status, _) = await ListAsync(http, id, "no.such.purpose", "");
        Assert.Equal(HttpStatusCode.Forbidden, status);
    }

    private static async Task<string?> AskAsync(HttpClient http, string message)
    {
        const string Yes = """{"categoryPreferences":{"functional":true,"personalization":true}}""";
        using var body = new StringContent(
            $$$"""
            {"userId":"decided-1","context":{"locale":"de-DE","consent":{{{Yes}}}},
             "events":[{"type":"track","messageId":"{{{message}}}","event":"Product Viewed",
               "properties":{"product_id":"X-1"},"context":{"consent":{{{Yes}}}}}],
             "placements":[{"key":"home.banner","type":"banner"}]}
            """, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync("/v1/experience", body, Cancel);
        var read = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        return read.GetProperty("decisions")[0].GetProperty("decisionId").GetString();
    }

    private static async Task<string> ProfileAsync(HttpClient http)
    {
        string? found = null;
        await Eventually.HoldsAsync("the profile is there", async () =>
        {
            using var answer = await http.PostAsJsonAsync(
                "/v1/profiles/lookup", new { type = "user_id", value = "decided-1" }, Cancel);
            if (!answer.IsSuccessStatusCode)
                return false;
            var read = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
            found = read.GetProperty("profileId").GetString();
            return true;
        }, Cancel);
        return found ?? "";
    }

    private static async Task<(HttpStatusCode Status, JsonElement List)> ListAsync(
        HttpClient http, string id, string? purpose, string query)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"/v1/profiles/{id}/decisions{query}");
        if (purpose is not null)
            request.Headers.Add("X-Purpose", purpose);
        using var answer = await http.SendAsync(request, Cancel);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel));
    }
}
