using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Faults;

/// <summary>An answer, read whole.</summary>
internal sealed record Answer(int Status, string Text, string? RetryAfter)
{
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>The body of a success; anything else fails the test with what was said.</summary>
    public JsonElement Ok()
    {
        Assert.True(Status is >= 200 and < 300, $"{Status}: {Text}");
        return Json;
    }
}

/// <summary>
/// One test's own cell in its own process, over a data folder that outlives it: to be killed and
/// started again. Each start has fresh keys, as the demo makes them.
/// </summary>
internal sealed class CellProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyAtMost = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _errors;
    private readonly HttpClient _http;
    private readonly Process _process;
    private Task _draining = Task.CompletedTask;
    private bool _isDisposed;

    private CellProcess(Process process, ConcurrentQueue<string> errors, string ready)
    {
        (_process, _errors) = (process, errors);
        var line = JsonElement.Parse(ready);
        string Text(string name) => line.GetProperty(name).GetString()!;
        Url = new Uri(Text("url"));
        (WriteKey, ServerKey, AdminKey) = (Text("writeKey"), Text("serverKey"), Text("adminKey"));
        _http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(60) };
    }

    public Uri Url { get; }

    public string WriteKey { get; }

    public string ServerKey { get; }

    public string AdminKey { get; }

    /// <summary>What it said of faults.</summary>
    public string Errors => string.Join('\n', _errors);

    public static async Task<CellProcess> StartAsync(string data, CancellationToken cancel)
    {
        var process = Process.Start(StartInfo("demo", "--empty", "--json", "--port", "0", "--data", data))
            ?? throw new InvalidOperationException("The product did not start.");
        var errors = new ConcurrentQueue<string>();
        process.ErrorDataReceived += (_, line) => errors.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ReadyAtMost);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (!line.StartsWith('{'))
            {
                errors.Enqueue(line);
                continue;
            }
            var cell = new CellProcess(process, errors, line);
            cell._draining = cell.DrainAsync();
            return cell;
        }
        throw new InvalidOperationException(
            $"The product ended before it was ready: {string.Join('\n', errors)}");
    }

    /// <summary>How the product is started with a verb.</summary>
    public static ProcessStartInfo StartInfo(params IEnumerable<string> words)
    {
        var start = new ProcessStartInfo(Checkout.Product)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in words)
            start.ArgumentList.Add(word);
        return start;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string key, string? body, CancellationToken cancel,
        params IEnumerable<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var answer = await SendAsync(request, cancel);
        return new Answer((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel),
            answer.Headers.RetryAfter?.Delta?.TotalSeconds.ToString(CultureInfo.InvariantCulture));
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            return await _http.SendAsync(request, cancel);
        }
        catch (HttpRequestException cut)
        {
            throw new InvalidOperationException(
                $"{request.Method} {request.RequestUri} got no answer; the cell said: {Errors}", cut);
        }
    }

    public Task<Answer> PostAsync(
        string path, string key, string body, CancellationToken cancel,
        params IEnumerable<(string, string)> headers) =>
        SendAsync(HttpMethod.Post, path, key, body, cancel, headers);

    /// <summary>Reads a person under a purpose.</summary>
    public Task<Answer> ReadAsync(
        string path, CancellationToken cancel, string purpose = "personalize.content.profiled") =>
        SendAsync(HttpMethod.Get, path, ServerKey, null, cancel, ("X-Purpose", purpose));

    /// <summary>The profile that an identifier leads to; null: nobody.</summary>
    public async Task<string?> FindAsync(string type, string value, CancellationToken cancel)
    {
        var found = await PostAsync("/v1/profiles/lookup", ServerKey,
            $$"""{"type":"{{type}}","value":"{{value}}"}""", cancel);
        return found.Status == 404 ? null : found.Ok().GetProperty("profileId").GetString();
    }

    /// <summary>Waits until all that was accepted is folded.</summary>
    public Task FoldedAsync(CancellationToken cancel) => Eventually.HoldsAsync(
        "the fold came to the log's end",
        async () => (await SendAsync(HttpMethod.Get, "/v1/operations/stations", AdminKey, null, cancel))
            .Ok().GetProperty("lagItems").GetInt64() == 0, cancel);

    /// <summary>A person's whole timeline under a purpose; empty if nobody is known.</summary>
    public async Task<IReadOnlyList<JsonElement>> EventsAsync(
        string type, string value, CancellationToken cancel,
        string purpose = "personalize.content.profiled")
    {
        var all = new List<JsonElement>();
        if (await FindAsync(type, value, cancel) is not { } id)
            return all;
        string? next = null;
        do
        {
            var page = (await ReadAsync($"/v1/profiles/{id}/events?limit=200"
                + (next is null ? "" : "&cursor=" + Uri.EscapeDataString(next)), cancel, purpose)).Ok();
            all.AddRange(page.GetProperty("data").EnumerateArray());
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);
        return all;
    }

    /// <summary>A person's facts under a purpose, as JSON texts by key.</summary>
    public async Task<Dictionary<string, string>> FactsAsync(
        string type, string value, CancellationToken cancel,
        string purpose = "personalize.content.profiled")
    {
        var id = await FindAsync(type, value, cancel);
        return (await ReadAsync($"/v1/profiles/{id}/facts", cancel, purpose)).Ok()
            .GetProperty("data").EnumerateArray().ToDictionary(
                fact => fact.GetProperty("key").GetString()!,
                fact => fact.GetProperty("value").GetRawText(), StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (!_process.HasExited)
            await KillAsync();
        await _draining;
        _http.Dispose();
        _process.Dispose();
    }

    // A full pipe would stop the product in the middle of a line.
    private async Task DrainAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
            _errors.Enqueue(line);
    }
}

/// <summary>A folder of a test's own, deleted behind it.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("stammgast-fault-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>How long the tests of faults go on.</summary>
internal static class Soak
{
    public static bool IsOn => Environment.GetEnvironmentVariable("STAMMGAST_SOAK") is "1";

    /// <summary>The short count, or the long one of <c>./build soak</c>; told either way.</summary>
    public static int Count(int shortly, int whole)
    {
        var count = IsOn ? whole : shortly;
        TestContext.Current.TestOutputHelper?.WriteLine($"count {count} of {whole}");
        return count;
    }

    /// <summary>A seed, told.</summary>
    public static Random Random()
    {
        var seed = System.Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
