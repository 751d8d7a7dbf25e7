using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stammgast.Keys;

namespace Stammgast.Tests.Support;

/// <summary>
/// A whole cell as <c>stammgast serve</c> runs it, over real files and Kestrel; with the fold or
/// without. Opened over a folder that may be opened again.
/// </summary>
internal sealed class RunningCell : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private RunningCell(Cell cell, WebApplication app, Uri url)
    {
        (Cell, _app) = (cell, app);
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = url };
    }

    public Cell Cell { get; }

    /// <summary>All routes, as <c>GET /v1/…</c>.</summary>
    public IEnumerable<string> Routes => _app.Services.GetServices<EndpointDataSource>()
        .SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .SelectMany(route => (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
            .Select(method => method + " /" + route.RoutePattern.RawText!.Trim('/')))
        .Distinct();

    public static async Task<RunningCell> OpenAsync(
        DirectoryInfo data, CancellationToken cancel, bool folds = true, bool starts = true,
        int requestsMiB = 64)
    {
        var cell = await Cell.OpenAsync(
            new CellOptions
            {
                Data = data,
                Port = 0,
                Roles = folds ? CellRoles.All : CellRoles.Collect | CellRoles.Serve,
                RequestsMiB = requestsMiB,
            },
            TimeProvider.System, cancel);
        var app = Rooms.Build(cell);
        if (starts)
        {
            Rooms.Start(cell, app);
            await cell.Feed.ReadAsync(cancel);
        }
        await app.StartAsync(cancel);
        return new RunningCell(cell, app, new Uri(app.Urls.First()));
    }

    public async Task<(int Status, JsonNode Body)> SendAsync(
        HttpMethod method, string path, string token, string? body = null, string? purpose = null,
        string? cookie = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token.Length > 0)
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(token + ":")));
        if (purpose is not null)
            request.Headers.Add("X-Purpose", purpose);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode,
            text.StartsWith('{') ? JsonNode.Parse(text)! : JsonValue.Create(text)!);
    }

    public Task<(int Status, JsonNode Body)> PostAsync(string path, string token, string body) =>
        SendAsync(HttpMethod.Post, path, token, body);

    public Task<string> KeyAsync(ApiKeyKind kind, CancellationToken cancel) =>
        Cell.NewKeyAsync(kind, kind.ToString(), cancel).AsTask();

    /// <summary>Until all that was taken is state; how long it takes is no matter of the test.</summary>
    public async Task FoldedAsync(CancellationToken cancel)
    {
        while (!await Cell.Progress.WaitAsync(Cell.Log.Head, TimeSpan.FromSeconds(10), cancel))
            cancel.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await Cell.DisposeAsync();
    }
}
