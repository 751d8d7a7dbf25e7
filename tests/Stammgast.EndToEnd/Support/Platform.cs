using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

[assembly: AssemblyFixture(typeof(Stammgast.EndToEnd.Support.Platform))]

namespace Stammgast.EndToEnd.Support;

/// <summary>
/// One cell of the real product in its own process, started as a newcomer does: <c>demo --empty
/// --json</c>, when the first test asks for it. Shared by all, which use ids of their own.
/// </summary>
public sealed class Platform : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("stammgast-e2e-");
    private readonly StringBuilder _output = new();
    private readonly HttpClient _client = new();
    private readonly SemaphoreSlim _starting = new(1);
    private Process? _process;
    private Task _draining = Task.CompletedTask;

    internal Uri Url { get; private set; } = new("http://localhost/");

    internal string WriteKey { get; private set; } = "";

    internal string ServerKey { get; private set; } = "";

    internal string AdminKey { get; private set; } = "";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Starts it, once; waits until it is ready.</summary>
    internal async Task<Platform> ReadyAsync(CancellationToken cancel)
    {
        await _starting.WaitAsync(cancel);
        try
        {
            if (_process is null)
                await StartAsync();
            return this;
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task StartAsync()
    {
        var start = new ProcessStartInfo(Checkout.Product)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _data.FullName,
        };
        foreach (var argument in (string[])
            ["demo", "--empty", "--json", "--port", "0", "--data", _data.FullName])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)
            ?? throw new InvalidOperationException("The product did not start.");
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            Note(line);
            if (line.StartsWith('{'))
            {
                Ready(line);
                _draining = DrainAsync(_process.StandardOutput);
                return;
            }
        }
        throw new InvalidOperationException($"The product ended before it was ready: {_output}");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            await _draining;
        }
        _process?.Dispose();
        _starting.Dispose();
        _data.Delete(recursive: true);
    }

    /// <summary>The opaque id that an identifier leads to; null if nobody has it.</summary>
    internal async Task<string?> LookUpAsync(string type, string value, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Post, "/v1/profiles/lookup");
        request.Content = JsonContent.Create(new { type, value });
        using var answer = await _client.SendAsync(request, cancel);
        if (answer.StatusCode == System.Net.HttpStatusCode.NotFound)
            return null;
        answer.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
        return json.RootElement.GetProperty("profileId").GetString();
    }

    /// <summary>
    /// All events that are kept of somebody, as the profile's timeline lists them; empty while
    /// nobody is known by the identifier.
    /// </summary>
    internal async Task<IReadOnlyList<JsonElement>> EventsOfAsync(
        string type, string value, string purpose, CancellationToken cancel)
    {
        var profileId = await LookUpAsync(type, value, cancel);
        var all = new List<JsonElement>();
        if (profileId is null)
            return all;
        string? cursor = null;
        do
        {
            var page = cursor is null ? "" : "?cursor=" + Uri.EscapeDataString(cursor);
            using var request = Request(HttpMethod.Get, $"/v1/profiles/{profileId}/events{page}");
            request.Headers.Add("X-Purpose", purpose);
            using var answer = await _client.SendAsync(request, cancel);
            var text = await answer.Content.ReadAsStringAsync(cancel);
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {text}");
            using var json = JsonDocument.Parse(text);
            all.AddRange(json.RootElement.GetProperty("data").EnumerateArray()
                .Select(each => each.Clone()));
            cursor = json.RootElement.TryGetProperty("next", out var next)
                ? next.GetString() : null;
        }
        while (cursor is not null);
        return all;
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(Url, path));
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(ServerKey + ":")));
        return request;
    }

    private void Ready(string line)
    {
        using var json = JsonDocument.Parse(line);
        string Text(string name) => json.RootElement.GetProperty(name).GetString()!;
        Url = new Uri(Text("url"));
        WriteKey = Text("writeKey");
        ServerKey = Text("serverKey");
        AdminKey = Text("adminKey");
    }

    // A full pipe would stop the product in the middle of a line.
    private async Task DrainAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
            Note(line);
    }

    private void Note(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
