using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Browser;

/// <summary>What our browser SDK stores and sends, and when, in a real Chromium.</summary>
public sealed class ConsentTests(ChromiumFixture chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Before_a_choice_nothing_is_stored_or_sent()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(context, proxy);
        await page.EvaluateAsync(
            """
            async () => {
              Stammgast.page();
              Stammgast.track('Product Viewed', { product_id: 'RUN-01' });
              Stammgast.identify('user-1', { email: 'anna@example.com' });
              Stammgast.reset();
              await Stammgast.flush();
            }
            """);
        Assert.Empty(await ShopPage.StoredAsync(page));
        await page.GotoAsync(proxy.Page("/other", ShopPage.Html("wk_test")));
        Assert.Empty(await ShopPage.StoredAsync(page));
        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public async Task Without_consent_a_decision_is_asked_for_without_an_identifier()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(context, proxy);
        await page.EvaluateAsync(
            "() => Stammgast.experience([{ key: 'home.banner', type: 'banner' }])");
        Assert.Empty(await ShopPage.StoredAsync(page));
        var seen = Assert.Single(proxy.Requests);
        Assert.Equal("/v1/experience", seen.Path);
        Assert.DoesNotContain("anonymousId", seen.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("userId", seen.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("timezone", seen.Body, StringComparison.Ordinal);
        Assert.Null(seen.Cookie);
        Assert.Empty(seen.MessageIds);
    }

    [Fact]
    public async Task A_refusal_is_one_entry_without_an_identifier()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        var entries = new List<string>();
        for (var visitor = 0; visitor < 2; visitor++)
        {
            await using var context = await chromium.NewContextAsync();
            var page = await ShopPage.OpenAsync(context, proxy);
            await page.EvaluateAsync(
                "() => Stammgast.setConsent({ personalization: false, analytics: false })");
            await page.ReloadAsync();
            Assert.True(await page.EvaluateAsync<bool>("() => Stammgast.consent().asked"));
            Assert.Null(await page.EvaluateAsync<string?>("() => Stammgast.track('A')"));
            var (name, entry) = Assert.Single(await ShopPage.StoredAsync(page));
            Assert.Equal("sg.consent", name);
            entries.Add(entry);
        }
        // Equal for two strangers: so it tells nobody apart.
        Assert.Equal(entries[0], entries[1]);
        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public async Task After_a_yes_every_event_carries_what_was_chosen()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(context, proxy);
        await page.EvaluateAsync(
            """
            async () => {
              Stammgast.setConsent({ analytics: true, personalization: false });
              Stammgast.page('Home');
              Stammgast.track('Numbered', { n: 1 });
              Stammgast.identify('user-1', {}, { identityToken: 'k_1.2.3' });
              await Stammgast.flush();
            }
            """);
        await Eventually.HoldsAsync("four events arrive",
            () => Task.FromResult(ShopPage.EventsIn(proxy).Count == 4), Cancel);
        var events = ShopPage.EventsIn(proxy);
        Assert.All(events, each =>
        {
            Assert.True(ShopPage.Stamp(each, "analytics"));
            Assert.False(ShopPage.Stamp(each, "personalization"));
            Assert.Null(ShopPage.Stamp(each, "advertising"));
        });
        Assert.Equal("Segment Consent Preference Updated",
            events[0].GetProperty("event").GetString());
        Assert.Single(events.Select(e => e.GetProperty("anonymousId").GetString()).Distinct());
        var bodies = string.Concat(proxy.Requests.Select(seen => seen.Body));
        Assert.DoesNotContain("Mozilla", bodies, StringComparison.Ordinal);
        Assert.Contains("\"identityToken\":\"k_1.2.3\"", bodies, StringComparison.Ordinal);
        // The token lives an hour and opens nothing to whoever reads storage later.
        var stored = await ShopPage.StoredAsync(page);
        Assert.DoesNotContain(stored.Values, value => value.Contains("k_1.2.3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_withdrawal_is_delivered_and_leaves_only_the_refusal()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(context, proxy);
        await page.EvaluateAsync(
            """
            async () => {
              Stammgast.setConsent({ analytics: true });
              await Stammgast.flush();
            }
            """);
        await Eventually.HoldsAsync("the grant arrives",
            () => Task.FromResult(ShopPage.EventsIn(proxy).Count == 1), Cancel);
        // What waits unsent when the no comes is not sent any more.
        await context.SetOfflineAsync(true);
        await page.EvaluateAsync("() => { Stammgast.track('Numbered', { n: 1 }); "
            + "Stammgast.setConsent({ analytics: false }); }");
        await context.SetOfflineAsync(false);
        await Eventually.HoldsAsync("the withdrawal arrives and storage is empty", async () =>
            ShopPage.EventsIn(proxy).Count == 2
            && (await ShopPage.StoredAsync(page)).Keys.SequenceEqual(["sg.consent"]), Cancel);
        var events = ShopPage.EventsIn(proxy);
        Assert.False(ShopPage.Stamp(events[1], "analytics"));
        Assert.Equal(events[0].GetProperty("anonymousId").GetString(),
            events[1].GetProperty("anonymousId").GetString());
        Assert.Empty(ShopPage.NumbersIn(proxy));
        Assert.Null(await page.EvaluateAsync<string?>("() => Stammgast.track('Numbered')"));
    }

    [Fact]
    public async Task Less_consent_narrows_what_still_waits()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(context, proxy);
        await page.EvaluateAsync(
            "() => Stammgast.setConsent({ analytics: true, personalization: true })");
        await context.SetOfflineAsync(true);
        await page.EvaluateAsync("() => { Stammgast.track('Numbered', { n: 7 });"
            + " Stammgast.setConsent({ personalization: false }); }");
        await context.SetOfflineAsync(false);
        await Eventually.HoldsAsync("the event arrives",
            () => Task.FromResult(ShopPage.NumbersIn(proxy).Count == 1), Cancel);
        var numbered = ShopPage.EventsIn(proxy).Single(
            each => each.GetProperty("event").GetString() == "Numbered");
        Assert.True(ShopPage.Stamp(numbered, "analytics"));
        Assert.False(ShopPage.Stamp(numbered, "personalization"));
    }

    [Fact]
    public async Task The_privacy_signal_takes_back_what_was_granted_before_it()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(context, proxy);
        await page.EvaluateAsync(
            "() => Stammgast.setConsent({ analytics: true, advertising: true })");
        await context.AddInitScriptAsync("Object.defineProperty(Navigator.prototype,"
            + " 'globalPrivacyControl', { get: () => true });");
        await page.ReloadAsync();
        await Eventually.HoldsAsync("only the refusal is left", async () =>
            (await ShopPage.StoredAsync(page)).Keys.SequenceEqual(["sg.consent"]), Cancel);
        var last = ShopPage.EventsIn(proxy)[^1];
        Assert.False(ShopPage.Stamp(last, "analytics"));
        Assert.False(ShopPage.Stamp(last, "advertising"));
    }

    [Fact]
    public async Task Under_the_privacy_signal_a_choice_counts_but_advertising_stays_off()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync(privacySignal: true);
        var page = await ShopPage.OpenAsync(context, proxy);
        await page.EvaluateAsync(
            "() => Stammgast.setConsent({ analytics: true, advertising: true })");
        await page.ReloadAsync();
        await page.EvaluateAsync("() => { Stammgast.track('Numbered', { n: 1 }); }");
        await Eventually.HoldsAsync("the event arrives",
            () => Task.FromResult(ShopPage.NumbersIn(proxy).Count == 1), Cancel);
        Assert.All(ShopPage.EventsIn(proxy), each =>
        {
            Assert.True(ShopPage.Stamp(each, "analytics"));
            Assert.False(ShopPage.Stamp(each, "advertising"));
        });
    }

    [Fact]
    public async Task Another_notice_asks_again()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await ShopPage.OpenAsync(context, proxy);
        await page.EvaluateAsync("() => Stammgast.setConsent({ analytics: false })");
        var html = ShopPage.Html("wk_test").Replace(
            "data-key", "data-notice=\"2\" data-key", StringComparison.Ordinal);
        await page.GotoAsync(proxy.Page("/new-notice", html));
        Assert.False(await page.EvaluateAsync<bool>("() => Stammgast.consent().asked"));
        Assert.Empty(await ShopPage.StoredAsync(page));
    }
}
