using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(Stammgast.EndToEnd.Support.ChromiumFixture))]

namespace Stammgast.EndToEnd.Support;

/// <summary>One real Chromium for all tests; each test gets a context of its own.</summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private readonly SemaphoreSlim _starting = new(1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A fresh browser profile: no storage, no cookies.</summary>
    internal async Task<IBrowserContext> NewContextAsync(bool privacySignal = false)
    {
        var browser = await BrowserAsync();
        var context = await browser.NewContextAsync(new() { Locale = "de-DE" });
        context.SetDefaultTimeout(15_000);
        // Chromium has no switch for the signal; extensions set it just so.
        if (privacySignal)
        {
            await context.AddInitScriptAsync(
                "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl',"
                + " { get: () => true });");
            await context.SetExtraHTTPHeadersAsync([new("Sec-GPC", "1")]);
        }
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        _starting.Dispose();
    }

    private async Task<IBrowser> BrowserAsync()
    {
        var path = Needs.Chromium();
        await _starting.WaitAsync();
        try
        {
            _playwright ??= await Playwright.CreateAsync();
            return _browser ??= await _playwright.Chromium.LaunchAsync(
                new() { ExecutablePath = path, Args = Arguments });
        }
        finally
        {
            _starting.Release();
        }
    }
}
