using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Stammgast.Operations;

/// <summary>What a cell to be measured is started as.</summary>
internal sealed record BenchCell
{
    /// <summary>Whether it takes events only, and folds none.</summary>
    public bool CollectOnly { get; init; }

    /// <summary>Whether it brings in the demo's past.</summary>
    public bool WithPast { get; init; }
}

/// <summary>A cell in a process of its own, to be measured and killed.</summary>
internal sealed class BenchCellWorker : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http;

    private BenchCellWorker(Process process, JsonElement ready, TimeSpan startedIn)
    {
        _process = process;
        Url = new Uri(Text(ready, "url"));
        WriteKey = Text(ready, "writeKey");
        ServerKey = Text(ready, "serverKey");
        AdminKey = Text(ready, "adminKey");
        StartedIn = startedIn;
        _http = new HttpClient { BaseAddress = Url };
    }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; }

    /// <summary>A key for events of browsers.</summary>
    public string WriteKey { get; }

    /// <summary>A key for events of record and profile reads.</summary>
    public string ServerKey { get; }

    /// <summary>A key for configuration and reports.</summary>
    public string AdminKey { get; }

    /// <summary>From process start to the ready line.</summary>
    public TimeSpan StartedIn { get; }

    /// <summary>
    /// Starts this same binary as a cell on a data folder, empty unless told otherwise, and waits
    /// until it is ready.
    /// </summary>
    public static async Task<BenchCellWorker> StartAsync(
        string data, CancellationToken cancel, BenchCell? kind = null)
    {
        var clock = Stopwatch.StartNew();
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in (string[])["demo", "--json", "--port", "0", "--data", data])
            start.ArgumentList.Add(word);
        if (kind is not { WithPast: true })
            start.ArgumentList.Add("--empty");
        if (kind is { CollectOnly: true })
            start.Environment[CellOptions.RolesVariable] = nameof(CellRoles.Collect);
        var process = Process.Start(start)
            ?? throw new InvalidOperationException("The cell's process did not start.");
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) =>
        {
            errors.AppendLine(line.Data);
            // A cell that ends under load must not take its reason with it.
            if (line.Data is { Length: > 0 } said)
                Console.Error.WriteLine("  cell: " + said);
        };
        process.BeginErrorReadLine();
        var ready = await process.StandardOutput.ReadLineAsync(cancel)
            ?? throw new InvalidOperationException("The cell ended before it was ready: " + errors);
        return new BenchCellWorker(
            process, JsonDocument.Parse(ready).RootElement.Clone(), clock.Elapsed);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Resident memory, bytes.</summary>
    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    /// <summary>Bytes that the process caused to be written to disk since its start.</summary>
    public long WrittenBytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/io")
            .First(text => text.StartsWith("write_bytes:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(13), CultureInfo.InvariantCulture);
    }

    /// <summary>What the stations spent and how far the fold lags.</summary>
    public async Task<StationReport> StationsAsync(CancellationToken cancel)
    {
        using var answer = await SendAsync(
            HttpMethod.Get, "/v1/operations/stations", AdminKey, null, cancel);
        return await answer.Content.ReadFromJsonAsync(
            OperationsJson.Default.StationReport, cancel)
            ?? throw new InvalidOperationException("The report was empty.");
    }

    /// <summary>Reads a person under the purpose of recommending.</summary>
    public Task<HttpResponseMessage> ReadPersonAsync(string path, CancellationToken cancel) =>
        SendAsync(HttpMethod.Get, path, ServerKey, null, cancel, "personalize.content.profiled");

    /// <summary>One call with a key; throws unless the answer is a success.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string key, HttpContent? body, CancellationToken cancel,
        string? purpose = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (purpose is not null)
            request.Headers.Add("X-Purpose", purpose);
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
        var answer = await _http.SendAsync(request, cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"{method} {path} answered {(int)answer.StatusCode}: "
                + await answer.Content.ReadAsStringAsync(cancel));
        }
        return answer;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private static string Text(JsonElement ready, string member) =>
        ready.GetProperty(member).GetString()
        ?? throw new InvalidOperationException($"The ready line has no {member}.");
}
