using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Sdks;

/// <summary>
/// The official <c>@segment/analytics-next</c> in Chromium, on another origin than the platform
/// (so every call is preflighted), with only its hosts set.
/// </summary>
public sealed class SegmentBrowserTests(Platform platform, ChromiumFixture chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_event_is_kept_once()
    {
        await platform.ReadyAsync(Cancel);
        await using var proxy = await FaultProxy.StartAsync(platform.Url);
        var who = await SendAsync(proxy, 15);
        await Numbered.AssertKeptOnceAsync(platform, ("anonymous_id", who), 15);
    }

    [Fact]
    public async Task Nothing_is_lost_and_nothing_doubled_whatever_goes_wrong()
    {
        var faults = Fault.SegmentRetries;
        await platform.ReadyAsync(Cancel);
        // It sends each event by itself: one fault each.
        await using var proxy = await FaultProxy.StartAsync(
            platform.Url, Numbered.EachMeets(1, faults));
        var who = await SendAsync(proxy, faults.Length);
        await Numbered.AssertKeptOnceAsync(platform, ("anonymous_id", who), faults.Length);
        Numbered.AssertAllMet(proxy, faults);
    }

    private async Task<string> SendAsync(FaultProxy proxy, int count)
    {
        Needs.NpmPackages();
        await using var shop = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(shop.Page("/shop", "<!doctype html><title>Shop</title>"));
        await page.AddScriptTagAsync(new()
        {
            Path = Path.Combine(Checkout.Npm, "node_modules", "@segment", "analytics-next", "dist",
                "umd", "index.js"),
        });
        var host = proxy.Url.ToString().TrimEnd('/');
        var who = await page.EvaluateAsync<string>(
            """
            async ({ host, key, count }) => {
              const [analytics] = await window.AnalyticsNext.AnalyticsBrowser.load(
                { writeKey: key, cdnURL: host },
                { integrations: { 'Segment.io':
                  { apiHost: host.replace('http://', '') + '/v1', protocol: 'http' } } });
              const context = { consent: { categoryPreferences: { analytics: true } } };
              for (let n = 0; n < count; n++) analytics.track('Numbered', { n }, { context });
              return analytics.user().anonymousId();
            }
            """, new { host, key = platform.WriteKey, count });
        // The page stays open while the SDK retries in its own time: up to 5 s between rounds.
        await Eventually.HoldsAsync($"all {count} events get through", () => Task.FromResult(
            proxy.Requests.Where(seen => seen.Outcome == "passed")
                .SelectMany(seen => seen.MessageIds).Distinct().Count() >= count), Cancel);
        return who;
    }
}
