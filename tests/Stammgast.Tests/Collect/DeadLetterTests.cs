using System.Text.Json;
using Stammgast.Collect;
using Xunit;

namespace Stammgast.Tests.Collect;

/// <summary>Rejected events: kept for a while, listed without content, replayed.</summary>
public sealed class DeadLetterTests
{
    private const string Bad = """{"type":"track","messageId":"m1","anonymousId":"a-1","event":"Order Completed","properties":{"total":-5}}""";

    [Fact]
    public async Task A_rejected_event_is_listed_corrected_and_taken_once()
    {
        await using var house = await Gatehouse.OpenAsync();
        await house.PostAsync("/v1/batch",
            $$"""{"batch":[{{Bad}}],"context":{{Gatehouse.Context}}}""", house.Write.Token);
        var letter = await OnlyAsync(house);
        Assert.Equal("number_out_of_range", letter.GetProperty("code").GetString());
        Assert.Equal("/batch/0/properties/total", letter.GetProperty("field").GetString());
        Assert.DoesNotContain("a-1", letter.GetRawText());
        var replay = $"/v1/dead-letters/{letter.GetProperty("id").GetString()}/replay";
        Assert.Equal("rejected", await FateAsync(house, replay, ""));
        var corrected = Bad.Replace("-5", "5");
        Assert.Equal("accepted", await FateAsync(house, replay,
            $$"""{"batch":[{{corrected}}],"context":{{Gatehouse.Context}}}"""));
        Assert.Equal(500, (await house.TakenAsync())[0].TotalMinor);
        Assert.Equal(404, (await house.PostAsync(replay, "", house.Admin.Token)).Status);
    }

    [Fact]
    public async Task What_consent_refused_is_no_letter()
    {
        await using var house = await Gatehouse.OpenAsync();
        var (_, answer) = await house.PostAsync(
            "/v1/track", """{"anonymousId":"a-1","event":"E"}""", house.Write.Token);
        Assert.Equal("rejected", answer.GetProperty("events")[0].GetProperty("fate").GetString());
        await house.PostAsync("/v1/track", """{"anonymousId":"a-1"}""", house.Write.Token);
        Assert.Equal("required", (await OnlyAsync(house)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Without_a_stamp_that_allows_it_a_letter_says_what_was_wrong_and_nothing_of_anybody()
    {
        await using var house = await Gatehouse.OpenAsync();
        await house.PostAsync("/v1/batch", $$"""{"batch":[{{Bad}}]}""", house.Write.Token);
        var letter = await OnlyAsync(house);
        Assert.Equal("number_out_of_range", letter.GetProperty("code").GetString());
        Assert.True(DeadLetterId.TryParse(letter.GetProperty("id").GetString(), out var id));
        Assert.Equal(LeafId.None, id.Owner);
        var kept = await house.Letters.FindAsync(id, TestContext.Current.CancellationToken);
        Assert.True(kept!.Body.IsEmpty);
        // There is nothing to replay; what its sender corrects comes with the call.
        var replay = $"/v1/dead-letters/{letter.GetProperty("id").GetString()}/replay";
        Assert.Equal(400, (await house.PostAsync(replay, "", house.Admin.Token)).Status);
    }

    [Fact]
    public async Task After_a_fortnight_a_letter_is_gone_with_its_key()
    {
        await using var house = await Gatehouse.OpenAsync();
        await house.PostAsync("/v1/track", """{"anonymousId":"a-1"}""", house.Write.Token);
        await OnlyAsync(house);
        house.Clock.Now += TimeSpan.FromDays(16);
        await house.Letters.ExpireAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, (await ListAsync(house)).GetArrayLength());
    }

    [Fact]
    public async Task Only_admin_keys_see_letters()
    {
        await using var house = await Gatehouse.OpenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/dead-letters");
        request.Headers.Authorization = Gatehouse.Basic(house.Write.Token + ":");
        using var answer = await house.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(403, (int)answer.StatusCode);
    }

    private static async Task<string?> FateAsync(Gatehouse house, string replay, string body) =>
        (await house.PostAsync(replay, body, house.Admin.Token)).Answer
            .GetProperty("events")[0].GetProperty("fate").GetString();

    // Letters are written behind the answer; the list shows them within moments.
    private static async Task<JsonElement> OnlyAsync(Gatehouse house)
    {
        while (true)
        {
            var data = await ListAsync(house);
            if (data.GetArrayLength() > 0)
                return Assert.Single(data.EnumerateArray());
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task<JsonElement> ListAsync(Gatehouse house)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/dead-letters?limit=10");
        request.Headers.Authorization = Gatehouse.Basic(house.Admin.Token + ":");
        using var answer = await house.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(
            TestContext.Current.CancellationToken)).RootElement.GetProperty("data");
    }
}
