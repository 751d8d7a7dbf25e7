namespace Stammgast.Operations;

/// <summary>How soon a cell accepts and serves, after a stop and after kill -9 with many people.</summary>
internal static class BenchStartWorker
{
    private const int People = 1_000_000;

    /// <summary>Fills a cell with a million people, kills it under load and starts it again.</summary>
    public static async Task<IReadOnlyList<Figure>> StartAsync(
        BenchRun run, CancellationToken cancel)
    {
        var data = run.Fresh("start");
        TimeSpan first;
        await using (var cell = await BenchCellWorker.StartAsync(data, cancel))
        {
            first = cell.StartedIn;
            await BenchLineWorker.MeetAsync(run, cell, new LoadWorker.Plan
            {
                Port = cell.Url.Port, Key = cell.ServerKey, BatchEvents = 100, Connections = 4,
                Duration = TimeSpan.FromSeconds(5), People = People, Products = 1_000,
                At = TimeProvider.System.GetUtcNow(),
            }, cancel);
            await cell.KillAsync();
        }
        await using var again = await BenchCellWorker.StartAsync(data, cancel);
        return
        [
            Figure.Reported("start of an empty cell to its ready line", first.TotalMilliseconds, "ms", ""),
            Figure.AtMost($"start after kill -9 with {People:n0} people",
                again.StartedIn.TotalMilliseconds, "ms", 5_000, "to the ready line, serving"),
        ];
    }
}
