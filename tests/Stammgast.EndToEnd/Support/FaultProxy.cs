using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Stammgast.EndToEnd.Support;

/// <summary>A request that brought events, as the proxy saw it.</summary>
internal sealed record Seen(
    string Path, IReadOnlyList<string> MessageIds, string Body, string? Cookie, string Outcome);

/// <summary>
/// Stands between SDKs and the platform: passes everything on, but breaks requests with events as
/// its plan says. The plan goes by the request's first messageId and how often that came, so that
/// retries of one batch meet their own faults whatever the order. It also serves a test's pages,
/// so that a page and the platform share an origin, as they do in a shop.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    // Of a connection, not of the message: each side sets its own.
    private static readonly HashSet<string> PerHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Host", "Content-Length",
    };

    private readonly HttpClient? _platform;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _attempts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<Fault>> _plans =
        new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Seen> _seen = new();
    private readonly ConcurrentDictionary<string, string> _pages = new(StringComparer.Ordinal);
    private int _batches;

    private FaultProxy(Uri? platform)
    {
        if (platform is not null)
        {
            var handler = new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false };
            _platform = new HttpClient(handler) { BaseAddress = platform };
        }
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>
    /// Which faults the n-th batch (0, 1, …) meets, one after another; after them it passes.
    /// </summary>
    public Func<int, IReadOnlyList<Fault>> Plan { get; init; } = _ => [];

    /// <summary>While set, no request with events gets through: the line is cut.</summary>
    public bool Cut { get; set; }

    /// <summary>Where SDKs find it: <c>localhost</c>, which browsers take for a secure context.</summary>
    public Uri Url { get; private set; } = new("http://localhost/");

    /// <summary>All requests that brought events or asked for decisions, in order.</summary>
    public IReadOnlyList<Seen> Requests => [.. _seen];

    /// <summary>
    /// Starts in front of a platform; or, for what a browser does by itself, in front of none: then
    /// it serves the SDK's files as they are and takes every event.
    /// </summary>
    public static async Task<FaultProxy> StartAsync(
        Uri? platform, Func<int, IReadOnlyList<Fault>>? plan = null)
    {
        var proxy = plan is null
            ? new FaultProxy(platform)
            : new FaultProxy(platform) { Plan = plan };
        await proxy._app.StartAsync();
        var address = proxy._app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First();
        proxy.Url = new UriBuilder(address) { Host = "localhost" }.Uri;
        return proxy;
    }

    /// <summary>Serves a page at a path, such as <c>/shop</c>; answers its address.</summary>
    public string Page(string path, string html)
    {
        _pages[path] = html;
        return new Uri(Url, path).ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _platform?.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (_pages.TryGetValue(context.Request.Path, out var html))
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync(html);
            return;
        }
        var body = await ReadAsync(context.Request);
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await ForwardAsync(context, body);
            return;
        }
        var text = Decoded(body, context.Request.Headers.ContentEncoding);
        var ids = MessageIds(text);
        var fault = Cut && ids.Count > 0 ? Fault.ResetBefore : FaultFor(ids);
        _seen.Enqueue(new Seen(context.Request.Path, ids, text, context.Request.Headers.Cookie,
            fault?.ToString() ?? "passed"));
        if (fault is null)
        {
            await ForwardAsync(context, body);
            return;
        }
        if (fault.Forwarded && _platform is not null)
            (await SendAsync(context.Request, body)).Dispose();
        Break(context, fault);
    }

    private Fault? FaultFor(IReadOnlyList<string> ids)
    {
        if (ids.Count == 0)
            return null;
        // The plan of a batch is found at its first sight and kept for its retries.
        var first = ids[0];
        var batch = _plans.GetOrAdd(first, _ => Plan(Interlocked.Increment(ref _batches) - 1));
        var attempt = _attempts.AddOrUpdate(first, 1, (_, before) => before + 1);
        return attempt <= batch.Count ? batch[attempt - 1] : null;
    }

    private static void Break(HttpContext context, Fault fault)
    {
        if (fault.Status == 0)
        {
            context.Abort();
            return;
        }
        var response = context.Response;
        response.StatusCode = fault.Status;
        // A gateway in front of the platform would let browsers read its answers, too.
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers.AccessControlExposeHeaders = "Retry-After";
        if (fault.RetryAfterS is { } after)
            response.Headers.RetryAfter = after.ToString(CultureInfo.InvariantCulture);
    }

    private async Task ForwardAsync(HttpContext context, byte[] body)
    {
        if (_platform is null)
        {
            await StandInAsync(context);
            return;
        }
        using var answer = await SendAsync(context.Request, body);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!PerHop.Contains(name))
                context.Response.Headers[name] = values.ToArray();
        }
        await answer.Content.CopyToAsync(context.Response.Body);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequest request, byte[] body)
    {
        using var message = new HttpRequestMessage(
            new HttpMethod(request.Method), request.Path + request.QueryString.Value);
        if (body.Length > 0)
            message.Content = new ByteArrayContent(body);
        foreach (var (name, values) in request.Headers)
        {
            if (PerHop.Contains(name))
                continue;
            if (!message.Headers.TryAddWithoutValidation(name, values.ToArray()))
                message.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        }
        return await _platform!.SendAsync(message);
    }

    private static async Task StandInAsync(HttpContext context)
    {
        var file = Path.GetFileName(context.Request.Path.Value ?? "");
        if (file.EndsWith(".js", StringComparison.Ordinal))
        {
            context.Response.ContentType = "text/javascript; charset=utf-8";
            await context.Response.SendFileAsync(Path.Combine(Checkout.Root, "sdk", "js", file));
            return;
        }
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("""{"events":[],"decisions":[],"position":"1f","session":true}""");
    }

    private static async Task<byte[]> ReadAsync(HttpRequest request)
    {
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer);
        return buffer.ToArray();
    }

    private static string Decoded(byte[] body, string? encoding)
    {
        if (!string.Equals(encoding, "gzip", StringComparison.Ordinal))
            return Encoding.UTF8.GetString(body);
        using var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        return reader.ReadToEnd();
    }

    private static List<string> MessageIds(string text)
    {
        if (text.Length == 0)
            return [];
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        var events = root.TryGetProperty("batch", out var batch) ? batch.EnumerateArray().ToList()
            : root.TryGetProperty("events", out var list) ? list.EnumerateArray().ToList()
            : [root];
        return [.. events
            .Where(each => each.TryGetProperty("messageId", out _))
            .Select(each => each.GetProperty("messageId").GetString()!)];
    }
}
