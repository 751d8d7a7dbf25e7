using Stammgast.EndToEnd.Sdks;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Browser;

/// <summary>Our browser SDK and the real platform.</summary>
public sealed class PlatformTests(Platform platform, ChromiumFixture chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_lost_and_nothing_doubled_whatever_goes_wrong()
    {
        Fault[] faults =
        [
            Fault.ResetAfter, new(429, RetryAfterS: 1), new(504, Forwarded: true),
            Fault.ResetBefore, new(503, RetryAfterS: 1), new(500, Forwarded: true),
        ];
        await platform.ReadyAsync(Cancel);
        await using var proxy = await FaultProxy.StartAsync(
            platform.Url, Numbered.EachMeets(1, faults));
        await using var context = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(context, proxy, platform.WriteKey);
        await page.EvaluateAsync("() => Stammgast.setConsent({ analytics: true })");
        for (var n = 0; n < 12; n++)
        {
            // Some leave with the page, some by themselves, some with a question.
            await page.EvaluateAsync($"() => {{ Stammgast.track('Numbered', {{ n: {n} }}); }}");
            if (n % 4 == 1)
                await page.ReloadAsync();
            if (n % 4 == 3)
                await page.EvaluateAsync("() => Stammgast.flush()");
        }
        var who = await page.EvaluateAsync<string>("() => Stammgast.anonymousId()");
        await Eventually.HoldsAsync("no event waits any more", async () =>
            !(await ShopPage.StoredAsync(page)).Keys.Any(
                name => name.StartsWith("sg.event.", StringComparison.Ordinal)), Cancel);
        await Numbered.AssertKeptOnceAsync(platform, ("anonymous_id", who), 12);
    }

    [Fact]
    public async Task Who_refuses_is_known_by_nobody()
    {
        await platform.ReadyAsync(Cancel);
        await using var proxy = await FaultProxy.StartAsync(platform.Url);
        await using var context = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(context, proxy, platform.WriteKey);
        await page.EvaluateAsync("() => Stammgast.setConsent({ analytics: false })");
        await page.EvaluateAsync(
            "() => Stammgast.experience([{ key: 'home.banner', type: 'banner' }])");
        await page.ReloadAsync();
        Assert.Equal(["sg.consent"], (await ShopPage.StoredAsync(page)).Keys);
        Assert.Equal(["/v1/experience"], proxy.Requests.Select(seen => seen.Path));
    }

    [Fact]
    public async Task An_id_read_from_somebodys_screen_opens_nothing()
    {
        await platform.ReadyAsync(Cancel);
        await using var proxy = await FaultProxy.StartAsync(platform.Url);
        await using var hers = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(hers, proxy, platform.WriteKey);
        const string ask = "() => Stammgast.experience([{ key: 'home.banner', type: 'banner' }])";
        await page.EvaluateAsync(
            "() => Stammgast.setConsent({ functional: true, personalization: true })");
        await page.EvaluateAsync(ask);
        var stored = await ShopPage.StoredAsync(page);
        // The platform's cookie is out of reach of the page's scripts.
        Assert.Contains("cookie sg_session", stored.Keys);
        Assert.DoesNotContain("cookie", stored.Keys);

        await using var his = await chromium.NewContextAsync();
        var other = await ShopPage.OpenAsync(his, proxy, platform.WriteKey);
        foreach (var name in new[] { "sg.consent", "sg.anonymous" })
        {
            await other.EvaluateAsync("([name, value]) => localStorage.setItem(name, value)",
                new[] { name, stored[name] });
        }
        await other.ReloadAsync();
        await other.EvaluateAsync(ask);
        Assert.NotEqual(stored["sg.anonymous"],
            await other.EvaluateAsync<string>("() => Stammgast.anonymousId()"));
        // At home she still is who she was.
        await page.ReloadAsync();
        await page.EvaluateAsync(ask);
        Assert.Equal(stored["sg.anonymous"],
            await page.EvaluateAsync<string>("() => Stammgast.anonymousId()"));
    }
}
