using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Stammgast.EndToEnd.Support;
using Xunit;

[assembly: AssemblyFixture(typeof(Stammgast.EndToEnd.Demo.DemoProcess))]

namespace Stammgast.EndToEnd.Demo;

/// <summary>The demo as a newcomer starts it, with shop and past, in a process of its own.</summary>
public sealed class DemoProcess : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("stammgast-demo-");
    private readonly StringBuilder _output = new();
    private readonly SemaphoreSlim _starting = new(1);
    private Process? _process;
    private Task _draining = Task.CompletedTask;

    /// <summary>The ready line.</summary>
    internal JsonElement Ready { get; private set; }

    internal string Url => Ready.GetProperty("url").GetString()!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Starts it, once; waits for the ready line.</summary>
    internal async Task<DemoProcess> ReadyAsync(CancellationToken cancel)
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

    public async ValueTask DisposeAsync()
    {
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

    private async Task StartAsync()
    {
        var start = new ProcessStartInfo(Checkout.Product,
            ["demo", "--json", "--port", "0", "--data", _data.FullName])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)
            ?? throw new InvalidOperationException("The demo did not start.");
        _process.ErrorDataReceived += (_, line) => _output.AppendLine(line.Data);
        _process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var line = await _process.StandardOutput.ReadLineAsync(limit.Token)
            ?? throw new InvalidOperationException($"The demo ended: {_output}");
        Ready = JsonElement.Parse(line);
        // A full pipe would stop the demo; what else it says does not matter here.
        _draining = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }
}
