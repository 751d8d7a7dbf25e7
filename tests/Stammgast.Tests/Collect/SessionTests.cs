using System.Text.Json;
using Stammgast.Keys;
using Xunit;

namespace Stammgast.Tests.Collect;

/// <summary>The HttpOnly session that proves a browser's anonymous id.</summary>
public sealed class SessionTests
{
    private static string Ask(string anonymousId) =>
        $$"""{"anonymousId":"{{anonymousId}}","context":{{Gatehouse.Context}}}""";

    [Fact]
    public async Task The_first_browser_binds_an_id_and_only_its_holder_renews()
    {
        await using var house = await Gatehouse.OpenAsync();
        using var first = await house.SendAsync(
            "/v1/session", new StringContent(Ask("a-1")), house.Write.Token);
        var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=lax", cookie);
        Assert.Contains("path=/", cookie);
        var pair = cookie.Split(';')[0];
        var token = Uri.UnescapeDataString(pair[(pair.IndexOf('=') + 1)..]);
        Assert.True(SessionToken.Verify(
            house.Cell, token, "a-1", house.Clock.Now.ToUnixTimeMilliseconds()));

        using var thief = await house.SendAsync(
            "/v1/session", new StringContent(Ask("a-1")), house.Write.Token);
        Assert.False(thief.Headers.Contains("Set-Cookie"));
        Assert.Equal("bound_elsewhere", await CodeAsync(thief));
        using var again = await house.SendAsync(
            "/v1/session", new StringContent(Ask("a-1")), house.Write.Token, ("Cookie", pair));
        Assert.True(again.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Without_consent_there_is_no_session_and_an_old_one_goes()
    {
        await using var house = await Gatehouse.OpenAsync();
        using var answer = await house.SendAsync("/v1/session",
            new StringContent("""{"anonymousId":"a-1","context":{"consent":{"categoryPreferences":{"functional":false}}}}"""),
            house.Write.Token);
        Assert.Equal("consent_missing", await CodeAsync(answer));
        Assert.Contains("expires=Thu, 01 Jan 1970", Assert.Single(answer.Headers.GetValues("Set-Cookie")));
    }

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("{\"anonymousId\":\"a\\u0000\"}", 400)]
    [InlineData("{\"anonymousId\":\"a\",\"anonymousId\":\"b\"}", 400)]
    [InlineData("{", 400)]
    public async Task What_names_no_anonymous_id_is_400(string body, int status)
    {
        await using var house = await Gatehouse.OpenAsync();
        Assert.Equal(status, (await house.PostAsync("/v1/session", body, house.Write.Token)).Status);
    }

    [Fact]
    public async Task Only_write_keys_have_sessions()
    {
        await using var house = await Gatehouse.OpenAsync();
        Assert.Equal(403, (await house.PostAsync("/v1/session", Ask("a"), house.Server.Token)).Status);
        Assert.Equal(401, (await house.PostAsync("/v1/session", Ask("a"))).Status);
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(
            TestContext.Current.CancellationToken)).RootElement.GetProperty("code").GetString();
}
