using System.Text.Json;
using Microsoft.Playwright;
using Stammgast.EndToEnd.Support;

namespace Stammgast.EndToEnd.Browser;

/// <summary>A bare shop page with our SDK on it.</summary>
internal static class ShopPage
{
    /// <summary>Its HTML; more scripts go at its end.</summary>
    public static string Html(string key, string more = "") =>
        "<!doctype html><html lang=\"de\"><head><title>Sporthaus</title>"
        + "<link rel=\"icon\" href=\"data:,\"></head><body><h1>Sporthaus</h1>"
        + $"<script src=\"/stammgast.js\" data-key=\"{key}\"></script>{more}</body></html>";

    /// <summary>Opens one at <c>/shop</c>.</summary>
    public static async Task<IPage> OpenAsync(
        IBrowserContext context, FaultProxy proxy, string key = "wk_test")
    {
        var page = await context.NewPageAsync();
        await page.GotoAsync(proxy.Page("/shop", Html(key)));
        return page;
    }

    /// <summary>Everything that the page's origin keeps in the browser.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> StoredAsync(IPage page)
    {
        var all = await page.EvaluateAsync<Dictionary<string, string>>(
            """
            async () => {
              const all = {};
              for (const area of ['localStorage', 'sessionStorage']) {
                for (const [name, value] of Object.entries(window[area])) all[name] = value;
              }
              for (const { name } of await indexedDB.databases()) all['db ' + name] = '';
              for (const name of await caches.keys()) all['cache ' + name] = '';
              if (document.cookie) all.cookie = document.cookie;
              return all;
            }
            """);
        foreach (var cookie in await page.Context.CookiesAsync())
            all["cookie " + cookie.Name] = cookie.Value;
        return all;
    }

    /// <summary>The events of all requests so far, each messageId once, in order of arrival.</summary>
    public static IReadOnlyList<JsonElement> EventsIn(FaultProxy proxy) =>
        [.. proxy.Requests
            .Where(seen => seen.Outcome == "passed")
            .SelectMany(EventsOf)
            .DistinctBy(each => each.GetProperty("messageId").GetString(), StringComparer.Ordinal)];

    private static IEnumerable<JsonElement> EventsOf(Seen seen)
    {
        using var json = JsonDocument.Parse(seen.Body);
        if (json.RootElement.TryGetProperty("batch", out var events)
            || json.RootElement.TryGetProperty("events", out events))
            return [.. events.EnumerateArray().Select(each => each.Clone())];
        return [];
    }

    /// <summary>The numbers of our numbered track events, in order of arrival.</summary>
    public static IReadOnlyList<int> NumbersIn(FaultProxy proxy) =>
        [.. EventsIn(proxy)
            .Where(each => each.GetProperty("type").GetString() == "track")
            .Select(each => each.GetProperty("properties"))
            .Where(properties => properties.TryGetProperty("n", out _))
            .Select(properties => properties.GetProperty("n").GetInt32())];

    /// <summary>What an event's stamp says of a category; null if it does not name it.</summary>
    public static bool? Stamp(JsonElement each, string category) =>
        each.GetProperty("context").TryGetProperty("consent", out var consent)
        && consent.GetProperty("categoryPreferences").TryGetProperty(category, out var value)
            ? value.GetBoolean()
            : null;
}
