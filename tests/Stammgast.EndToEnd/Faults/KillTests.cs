using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Stammgast.EndToEnd.Faults;

/// <summary>kill -9 under load. The benchmark's own run of it, which checks event by event.</summary>
public sealed class KillTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_random_moments_under_load_it_loses_nothing_and_doubles_nothing()
    {
        using var data = new DataFolder();
        var kills = Soak.Count(shortly: 5, whole: 100).ToString(CultureInfo.InvariantCulture);
        using var bench = Process.Start(CellProcess.StartInfo(
                "bench", "--only", "kill", "--kills", kills, "--json", "--data", data.Path + "/run"))
            ?? throw new InvalidOperationException("The benchmark did not start.");
        var progress = bench.StandardError.ReadToEndAsync(Cancel);
        var figures = await bench.StandardOutput.ReadToEndAsync(Cancel);
        await bench.WaitForExitAsync(Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine(await progress + figures);
        Assert.True(bench.ExitCode == 0, figures + await progress);
        var measured = JsonElement.Parse(figures).EnumerateArray().ToDictionary(
            figure => figure.GetProperty("name").GetString()!,
            figure => figure.GetProperty("value").GetDouble());
        Assert.DoesNotContain(", 0 acknowledged", figures, StringComparison.Ordinal);
        Assert.Equal(0, measured["acknowledged events lost by kill -9"]);
        Assert.Equal(0, measured["events applied twice after kill -9"]);
    }
}
