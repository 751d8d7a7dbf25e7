using Microsoft.Playwright;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Demo;

/// <summary>A newcomer's walk through the demo shop, in a real browser.</summary>
public sealed class WalkTests(DemoProcess demo, ChromiumFixture chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_line_says_all_that_a_newcomer_needs()
    {
        await demo.ReadyAsync(Cancel);
        string[] names =
        [
            "url", "writeKey", "tillKey", "serverKey", "adminKey", "dataDir", "mailUrl", "smsUrl",
            "clockUrl",
        ];
        Assert.Equal(names, demo.Ready.EnumerateObject().Select(member => member.Name));
        Assert.StartsWith("http://localhost:", demo.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_refusal_nothing_that_names_the_browser_is_anywhere()
    {
        await demo.ReadyAsync(Cancel);
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(demo.Url);
        await page.GetByRole(AriaRole.Button, new() { Name = "Alle ablehnen" }).ClickAsync();
        await page.GotoAsync(demo.Url + "/p/RUN-01");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        Assert.Equal(["sg.consent"], await page.EvaluateAsync<string[]>(
            "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]"));
        Assert.Empty(await context.CookiesAsync());
    }

    [Fact]
    public async Task What_was_bought_is_no_longer_offered()
    {
        await demo.ReadyAsync(Cancel);
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        var broken = new List<string>();
        page.PageError += (_, error) => broken.Add(error);
        await page.GotoAsync(demo.Url);
        await page.GetByRole(AriaRole.Button, new() { Name = "Alle annehmen" }).ClickAsync();
        await page.GotoAsync(demo.Url + "/p/RUN-01");
        await page.WaitForSelectorAsync("html[data-decided]");
        var offered = (await page.Locator(".row [data-id]").First.GetAttributeAsync("data-id"))!;
        await page.GotoAsync(demo.Url + "/p/" + offered);
        var sizes = page.Locator("input[name=variant][type=radio]:enabled");
        if (await sizes.CountAsync() > 0)
            await sizes.First.CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "In den Warenkorb" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("bestellen") }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 }))
            .ToContainTextAsync("Danke");
        await OffersAsync(page, "/p/RUN-01", offered, expected: false);
        Assert.Empty(broken);
    }

    [Fact]
    public async Task Every_row_says_why_in_a_sentence()
    {
        await demo.ReadyAsync(Cancel);
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(demo.Url + "/c/shoes?lang=en");
        await page.GetByRole(AriaRole.Button, new() { Name = "Refuse all" }).ClickAsync();
        var why = page.Locator("[data-slot=listing] [data-why]");
        await why.Locator("summary").ClickAsync();
        await Assertions.Expect(why.Locator("[data-sentence]")).Not.ToBeEmptyAsync();
        Assert.Equal(5, await page.Locator("[data-slot=listing] [data-id]").CountAsync());
    }

    // Events are folded in their own time; at most 20 s.
    private async Task OffersAsync(IPage page, string path, string product, bool expected) =>
        await Eventually.HoldsAsync(
            $"{path} {(expected ? "offers" : "does not offer")} {product}",
            async () =>
            {
                await page.GotoAsync(demo.Url + path);
                await page.WaitForSelectorAsync("html[data-decided]");
                return await page.Locator($".row [data-id={product}]").CountAsync() > 0 == expected;
            },
            Cancel);
}
