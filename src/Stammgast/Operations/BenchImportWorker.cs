using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Stammgast.Operations;

/// <summary>
/// A real retailer's year comes in behind a cell that serves: UCI Online Retail, 541,909 invoice
/// lines, as the demo brings it.
/// </summary>
internal static class BenchImportWorker
{
    private const string Lines = "541,909";
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan AtMost = TimeSpan.FromMinutes(10);

    /// <summary>From the ready line until nothing is left to fold, asking for a decision meanwhile.</summary>
    public static async Task<IReadOnlyList<Figure>> ImportAsync(
        BenchRun run, CancellationToken cancel)
    {
        await using var cell = await BenchCellWorker.StartAsync(
            run.Fresh("import"), cancel, new BenchCell { WithPast = true });
        var clock = Stopwatch.StartNew();
        var answered = new List<float>();
        var (folded, changedAt) = (0L, TimeSpan.Zero);
        // The import says nothing over HTTP: it is over when the fold has had nothing for a while.
        while (clock.Elapsed < AtMost && (folded == 0 || clock.Elapsed - changedAt < Quiet))
        {
            var before = clock.Elapsed;
            await AskAsync(cell, cancel);
            answered.Add((float)(clock.Elapsed - before).TotalMilliseconds);
            var report = await cell.StationsAsync(cancel);
            if (report.Folded != folded || report.LagItems > 0)
                (folded, changedAt) = (report.Folded, clock.Elapsed);
            await Task.Delay(20, cancel);
        }
        answered.Sort();
        return
        [
            Figure.AtMost($"{Lines} lines imported and folded while the shop serves",
                changedAt.TotalSeconds, "s", 60, string.Create(CultureInfo.InvariantCulture,
                $"{folded:n0} events, the stage's own among them")),
            Figure.Reported("POST /v1/experience meanwhile, p99",
                answered[Math.Min(answered.Count - 1, (int)(0.99 * answered.Count))], "ms",
                string.Create(CultureInfo.InvariantCulture,
                    $"p50 {answered[answered.Count / 2]:0.0} ms, one at a time, {answered.Count} calls")),
            Figure.Reported("resident memory after the import", cell.ResidentBytes() / 1048576.0,
                "MiB", ""),
        ];
    }

    private static async Task AskAsync(BenchCellWorker cell, CancellationToken cancel)
    {
        using var body = new StringContent(
            "{\"anonymousId\":\"bench-import\",\"events\":[],\"placements\":["
            + "{\"key\":\"home.row\",\"type\":\"items\",\"limit\":6}]}", Encoding.UTF8,
            "application/json");
        using var answer = await cell.SendAsync(
            HttpMethod.Post, "/v1/experience", cell.ServerKey, body, cancel);
    }
}
