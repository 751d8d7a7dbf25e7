using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stammgast.Demo;
using Xunit;

namespace Stammgast.Tests.Demo;

/// <summary>The shop on a real server, with a platform that does not answer.</summary>
public sealed class ShopTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private readonly WebApplication _app = Shop();
    private HttpClient _http = new();

    public async ValueTask InitializeAsync()
    {
        await _app.StartAsync(TestContext.Current.CancellationToken);
        var address = _app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First();
        _http.Dispose();
        _http = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new(address),
        };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/c/shoes")]
    [InlineData("/c/health")]
    [InlineData("/p/RUN-01")]
    [InlineData("/p/MAT-01")]
    [InlineData("/basket")]
    [InlineData("/account")]
    [InlineData("/glass")]
    [InlineData("/glass?panel=1")]
    [InlineData("/demo/mail")]
    public async Task Every_page_answers_with_a_strict_policy_even_while_the_platform_is_away(
        string path)
    {
        using var answer = await _http.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        var html = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(" style=", html, StringComparison.Ordinal);
        Assert.DoesNotContain(" onclick=", html, StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task The_language_follows_the_address_then_the_browser()
    {
        Assert.Contains("<html lang=\"de\">", await GetAsync("/", null), StringComparison.Ordinal);
        Assert.Contains("<html lang=\"en\">", await GetAsync("/", "en-GB,de;q=0.5"),
            StringComparison.Ordinal);
        Assert.Contains("<html lang=\"de\">", await GetAsync("/?lang=de", "en-GB"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sinks_are_empty_and_the_clock_goes_forward_only()
    {
        Assert.Equal("[]", await GetAsync("/demo/mail", null));
        Assert.Equal("[]", await GetAsync("/demo/sms", null));
        Assert.Equal(HttpStatusCode.OK, await ClockAsync("2026-11-25T08:00:00Z"));
        Assert.Equal(HttpStatusCode.Conflict, await ClockAsync("2026-11-24T08:00:00Z"));

        async Task<HttpStatusCode> ClockAsync(string to)
        {
            using var body = new StringContent(
                $$"""{"now":"{{to}}"}""", System.Text.Encoding.UTF8, "application/json");
            using var answer = await _http.PostAsync(
                "/demo/clock", body, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
    }

    [Fact]
    public void The_ready_line_has_the_names_that_others_rely_on()
    {
        var line = JsonSerializer.Serialize(
            new ReadyLine("u", "w", "t", "s", "a", "d", "m", "p", "c"), DemoJson.Default.ReadyLine);
        Assert.Equal(
            """
            {"url":"u","writeKey":"w","tillKey":"t","serverKey":"s","adminKey":"a","dataDir":"d","mailUrl":"m","smsUrl":"p","clockUrl":"c"}
            """, line);
    }

    [Fact]
    public async Task A_form_from_another_site_is_refused()
    {
        using var answer = await PostAsync(
            "/account/in", [new("user", "A-1001")], "https://elsewhere.example");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Another_host_name_is_misdirected()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = "elsewhere.example";
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Fact]
    public async Task The_sensitive_department_asks_for_no_decision()
    {
        Assert.DoesNotContain("data-slot", await GetAsync("/c/health", null),
            StringComparison.Ordinal);
        var page = await GetAsync("/p/MAT-01", null);
        Assert.DoesNotContain("data-slot", page, StringComparison.Ordinal);
        Assert.DoesNotContain("data-viewed", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sold_out_size_cannot_be_put_into_the_basket()
    {
        using var answer = await PostAsync("/basket/add",
            [new("product", "RUN-03"), new("variant", "RUN-03-45")], null);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("basket=;", cookie, StringComparison.Ordinal);
    }

    private static WebApplication Shop()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var goods = Assortment.Load();
        var shop = new ShopState(goods, People.Invent(goods, Now, seed: 7));
        var nowhere = new HttpClient { BaseAddress = new("http://127.0.0.1:1") };
        var platform = new Platform(nowhere, new("w", "t", "s", "k", "a", "import"));
        new ShopApi(shop, platform, TimeProvider.System).Map(app);
        new GlassApi(new(), platform, new(), TimeProvider.System).Map(app);
        SinksApi.Map(app, new DemoClock(TimeProvider.System, Now, speed: 1));
        return app;
    }

    private async Task<string> GetAsync(string path, string? languages, string? cookie = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (languages is not null)
            request.Headers.Add("Accept-Language", languages);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private async Task<HttpResponseMessage> PostAsync(
        string path, IEnumerable<KeyValuePair<string, string>> form, string? origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(form),
        };
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        return await _http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
