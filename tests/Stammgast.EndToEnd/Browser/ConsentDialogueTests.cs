using Microsoft.Playwright;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Browser;

/// <summary>The optional consent dialogue: refusing is as easy as accepting, for everybody.</summary>
public sealed class ConsentDialogueTests(ChromiumFixture chromium)
{
    [Fact]
    public async Task Refusing_and_accepting_are_one_click_each_and_look_alike()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, proxy);
        var refuse = page.GetByRole(AriaRole.Button, new() { Name = "Alle ablehnen" });
        var accept = page.GetByRole(AriaRole.Button, new() { Name = "Alle annehmen" });
        var left = await refuse.BoundingBoxAsync();
        var right = await accept.BoundingBoxAsync();
        Assert.Equal(left!.Width, right!.Width, 1.0);
        Assert.Equal(left.Height, right.Height, 1.0);
        const string look = "element => { const s = getComputedStyle(element);"
            + " return s.color + s.backgroundColor + s.font + s.border; }";
        Assert.Equal(await refuse.EvaluateAsync<string>(look),
            await accept.EvaluateAsync<string>(look));
        Assert.Equal(0, await page.Locator("input:checked").CountAsync());
        await refuse.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        Assert.Equal(["sg.consent"], (await ShopPage.StoredAsync(page)).Keys);
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public async Task The_keyboard_reaches_everything_and_does_not_leave()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, proxy);
        const string focused = "() => { const e = document.activeElement.shadowRoot?.activeElement;"
            + " return e ? e.name || e.textContent : 'outside'; }";
        var stops = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            stops.Add(await page.EvaluateAsync<string>(focused));
            await page.Keyboard.PressAsync("Tab");
        }
        Assert.DoesNotContain("outside", stops);
        // Three buttons, five categories, the notice; the tenth stop is the first again.
        Assert.Equal(9, stops.Distinct().Count());
        Assert.Equal("Alle ablehnen", stops[0]);
        Assert.Equal(stops[0], stops[9]);
        await page.GetByLabel("Persönliche Auswahl").FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await page.GetByRole(AriaRole.Button, new() { Name = "Auswahl bestätigen" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal("personalization", await page.EvaluateAsync<string>(
            "() => Object.entries(Stammgast.consent().preferences)"
            + ".filter(([, yes]) => yes).map(([name]) => name).join()"));
    }

    [Fact]
    public async Task Escape_is_no_answer()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, proxy);
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        Assert.Empty(await ShopPage.StoredAsync(page));
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData("de", "Ihre Einwilligung")]
    [InlineData("en", "Your consent")]
    public async Task It_speaks_the_pages_language_and_fits_a_narrow_screen(
        string lang, string title)
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, proxy, lang, widthPx: 360);
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = title }))
            .ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<bool>(
            "() => document.documentElement.scrollWidth <= 360"));
        foreach (var element in await page.Locator("dialog button, dialog label").AllAsync())
        {
            var box = await element.BoundingBoxAsync();
            Assert.True(box!.X >= 0 && box.X + box.Width <= 360, $"{box.X} + {box.Width}");
        }
    }

    [Fact]
    public async Task Under_the_privacy_signal_advertising_cannot_be_chosen()
    {
        await using var proxy = await FaultProxy.StartAsync(null);
        await using var context = await chromium.NewContextAsync(privacySignal: true);
        var page = await OpenAsync(context, proxy);
        await Assertions.Expect(page.Locator("input[name=advertising]")).ToBeDisabledAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Alle annehmen" }).ClickAsync();
        Assert.False(await page.EvaluateAsync<bool>(
            "() => Stammgast.consent().preferences.advertising"));
        Assert.True(await page.EvaluateAsync<bool>(
            "() => Stammgast.consent().preferences.analytics"));
    }

    private static async Task<IPage> OpenAsync(
        IBrowserContext context, FaultProxy proxy, string lang = "de", int widthPx = 1_000)
    {
        var page = await context.NewPageAsync();
        await page.SetViewportSizeAsync(widthPx, 700);
        var html = ShopPage.Html("wk_test",
            "<script src=\"/consent.js\" data-notice-url=\"/datenschutz\"></script>");
        await page.GotoAsync(proxy.Page("/shop",
            html.Replace("lang=\"de\"", $"lang=\"{lang}\"", StringComparison.Ordinal)));
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        return page;
    }
}
