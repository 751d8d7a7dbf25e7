using Microsoft.Playwright;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Browser;

/// <summary>Events of our browser SDK reach the platform: through faults, offline, navigation.</summary>
public sealed class DeliveryTests(ChromiumFixture chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Offline_events_wait_in_storage_and_arrive_once()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ConsentingPageAsync(context, proxy);
        await context.SetOfflineAsync(true);
        await TrackAsync(page, 0, 5);
        Assert.Equal(5, await StoredEventsAsync(page));
        await context.SetOfflineAsync(false);
        await Eventually.HoldsAsync("all arrive and none is stored any more", async () =>
            ShopPage.NumbersIn(proxy).Count == 5 && await StoredEventsAsync(page) == 0, Cancel);
        Assert.Equal([0, 1, 2, 3, 4], ShopPage.NumbersIn(proxy));
    }

    [Fact]
    public async Task Events_left_behind_by_a_closed_page_arrive_from_the_next()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ConsentingPageAsync(context, proxy);
        proxy.Cut = true;
        await TrackAsync(page, 0, 12);
        await page.CloseAsync();
        proxy.Cut = false;
        await ShopPage.OpenAsync(context, proxy);
        await Eventually.HoldsAsync("all arrive",
            () => Task.FromResult(ShopPage.NumbersIn(proxy).Count == 12), Cancel);
        Assert.Equal(Enumerable.Range(0, 12), ShopPage.NumbersIn(proxy).Order());
    }

    [Fact]
    public async Task Events_made_just_before_a_navigation_arrive()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ConsentingPageAsync(context, proxy);
        // A page without our SDK: only what was sent on leaving can arrive.
        var elsewhere = proxy.Page("/elsewhere", "<title>Elsewhere</title>");
        await page.EvaluateAsync(
            $"() => {{ for (let n = 0; n < 8; n++) Stammgast.track('Numbered', {{ n }});"
            + $" location.href = '{elsewhere}'; }}");
        await Eventually.HoldsAsync("all arrive",
            () => Task.FromResult(ShopPage.NumbersIn(proxy).Count == 8), Cancel);
        Assert.Equal(Enumerable.Range(0, 8), ShopPage.NumbersIn(proxy).Order());
        await Assertions.Expect(page).ToHaveURLAsync(elsewhere);
    }

    [Fact]
    public async Task Two_tabs_do_not_lose_each_others_events()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var first = await ConsentingPageAsync(context, proxy);
        var second = await ShopPage.OpenAsync(context, proxy);
        await context.SetOfflineAsync(true);
        await TrackAsync(first, 0, 5);
        await TrackAsync(second, 5, 5);
        await TrackAsync(first, 10, 5);
        Assert.Equal(15, await StoredEventsAsync(first));
        await context.SetOfflineAsync(false);
        await Eventually.HoldsAsync("all arrive",
            () => Task.FromResult(ShopPage.NumbersIn(proxy).Count == 15), Cancel);
        Assert.Equal(Enumerable.Range(0, 15), ShopPage.NumbersIn(proxy).Order());
    }

    [Fact]
    public async Task Every_answer_that_asks_to_come_again_is_retried_with_the_same_ids()
    {
        Fault[] faults = [Fault.ResetBefore, new(429, RetryAfterS: 1), Fault.ResetAfter, new(503)];
        await using var proxy = await FaultProxy.StartAsync(
            null, batch => batch == 1 ? faults : []);
        await using var context = await chromium.NewContextAsync();
        var page = await ConsentingPageAsync(context, proxy);
        await TrackAsync(page, 0, 3);
        await Eventually.HoldsAsync("all arrive", async () =>
            ShopPage.NumbersIn(proxy).Count == 3 && await StoredEventsAsync(page) == 0, Cancel);
        var attempts = proxy.Requests.Where(seen => seen.Body.Contains("Numbered",
            StringComparison.Ordinal)).ToList();
        Assert.Equal(faults.Length + 1, attempts.Count);
        Assert.All(attempts, seen => Assert.Equal(attempts[0].MessageIds, seen.MessageIds));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(413)]
    [InlineData(501)]
    public async Task An_answer_that_never_changes_does_not_block_what_comes_after(int status)
    {
        await using var proxy = await FaultProxy.StartAsync(
            null, batch => batch == 1 ? [new(status), new(status)] : []);
        await using var context = await chromium.NewContextAsync();
        var page = await ConsentingPageAsync(context, proxy);
        await TrackAsync(page, 0, 1);
        await Eventually.HoldsAsync("the refused event is given up",
            async () => await StoredEventsAsync(page) == 0, Cancel);
        await TrackAsync(page, 1, 1);
        await Eventually.HoldsAsync("the next event arrives",
            () => Task.FromResult(ShopPage.NumbersIn(proxy).SequenceEqual([1])), Cancel);
    }

    [Fact]
    public async Task Pending_events_and_placements_travel_together()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ConsentingPageAsync(context, proxy);
        await page.EvaluateAsync(
            """
            async () => {
              Stammgast.track('Numbered', { n: 1 });
              await Stammgast.experience([{ key: 'home.banner', type: 'banner' }]);
              await Stammgast.experience([{ key: 'home.banner', type: 'banner' }]);
            }
            """);
        var asked = proxy.Requests.Where(seen => seen.Path == "/v1/experience").ToList();
        Assert.Equal(2, asked.Count);
        Assert.Contains("\"n\":1", asked[0].Body, StringComparison.Ordinal);
        Assert.Empty(asked[1].MessageIds);
        // The second brings back how far the first answer was.
        Assert.Contains("\"after\":\"1f\"", asked[1].Body, StringComparison.Ordinal);
        Assert.Equal(0, await StoredEventsAsync(page));
        // The anonymous id is bound to this browser once a visit, before the first decision.
        Assert.Single(proxy.Requests, seen => seen.Path == "/v1/session");
        Assert.Equal("/v1/session", proxy.Requests.First(
            seen => seen.Path != "/v1/batch").Path);
    }

    [Fact]
    public async Task A_page_that_gets_no_decision_is_told_silence()
    {
        await using var proxy = await FaultProxy.StartAsync(
            null, batch => batch == 1 ? [new(500)] : []);
        await using var context = await chromium.NewContextAsync();
        var page = await ConsentingPageAsync(context, proxy);
        var silence = await page.EvaluateAsync<string>(
            """
            async () => {
              Stammgast.track('Numbered', { n: 1 });
              const { decisions } = await Stammgast.experience([{ key: 'a', type: 'banner' }]);
              return decisions[0].placement + decisions[0].outcome + decisions[0].silence;
            }
            """);
        Assert.Equal("asilentdegraded", silence);
        await Eventually.HoldsAsync("the event arrives all the same",
            () => Task.FromResult(ShopPage.NumbersIn(proxy).SequenceEqual([1])), Cancel);
    }

    [Fact]
    public async Task Reset_makes_the_next_one_somebody_else()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ConsentingPageAsync(context, proxy);
        await page.EvaluateAsync(
            """
            async () => {
              Stammgast.identify('user-1');
              Stammgast.track('Numbered', { n: 1 });
              Stammgast.reset();
              Stammgast.track('Numbered', { n: 2 });
            }
            """);
        await Eventually.HoldsAsync("both arrive",
            () => Task.FromResult(ShopPage.NumbersIn(proxy).Count == 2), Cancel);
        var events = ShopPage.EventsIn(proxy).Where(each =>
            each.TryGetProperty("event", out var name) && name.GetString() == "Numbered").ToList();
        Assert.NotEqual(events[0].GetProperty("anonymousId").GetString(),
            events[1].GetProperty("anonymousId").GetString());
        Assert.Equal("user-1", events[0].GetProperty("userId").GetString());
        Assert.False(events[1].TryGetProperty("userId", out _));
    }

    private static async Task<IPage> ConsentingPageAsync(IBrowserContext context, FaultProxy proxy)
    {
        var page = await ShopPage.OpenAsync(context, proxy);
        await page.EvaluateAsync(
            "async () => { Stammgast.setConsent({ analytics: true }); await Stammgast.flush(); }");
        await Eventually.HoldsAsync("the grant has arrived",
            async () => await StoredEventsAsync(page) == 0, Cancel);
        return page;
    }

    private static Task TrackAsync(IPage page, int from, int count) => page.EvaluateAsync(
        $"() => {{ for (let n = {from}; n < {from + count}; n++)"
        + " Stammgast.track('Numbered', { n }); }");

    private static async Task<int> StoredEventsAsync(IPage page) =>
        (await ShopPage.StoredAsync(page)).Keys
            .Count(name => name.StartsWith("sg.event.", StringComparison.Ordinal));
}
