using System.Globalization;
using Stammgast.Storage.Embedded;

namespace Stammgast.Operations;

/// <summary>
/// How many events a second become durable behind HTTP, beside what the log reaches by itself. The
/// cell takes events and folds none meanwhile: the line as a whole is measured elsewhere.
/// </summary>
internal static class BenchAcceptWorker
{
    // What is accepted and not folded stays on disk: at most some gigabytes of it.
    private const int SecondsAtMost = 20;
    private const int BatchEvents = 100;

    /// <summary>Batches and single events, each with its ratio to the raw log of the same run.</summary>
    public static async Task<IReadOnlyList<Figure>> AcceptAsync(
        BenchRun run, CancellationToken cancel)
    {
        var duration = TimeSpan.FromSeconds(Math.Min(run.Seconds, SecondsAtMost));
        run.Say("raw blocks of 100 and of 1…");
        var rawBatch = await RawAsync(run, BatchEvents, duration / 2, cancel);
        var rawSingle = await RawAsync(run, 1, duration / 2, cancel);
        run.Say("batches of 100 over HTTP…");
        var batch = await LoadAsync(run, BatchEvents, 16, duration, cancel);
        run.Say("single events over HTTP…");
        var single = await LoadAsync(run, 1, 64, duration, cancel);
        return
        [
            Figure.AtLeast("accepted and durable, HTTP, batches of 100", batch.Rate, "events/s",
                150_000, Note(batch, rawBatch)),
            Figure.AtLeast("the same as a share of raw", 100 * batch.Rate / rawBatch.EventsPerSecond,
                "%", 25, "raw: the same blocks, group commit and encryption without HTTP and checks"),
            Figure.AtLeast("accepted and durable, HTTP, single events", single.Rate, "events/s",
                15_000, Note(single, rawSingle)),
        ];
    }

    private static Task<RawFigure> RawAsync(
        BenchRun run, int events, TimeSpan duration, CancellationToken cancel) =>
        RawLimits.AppendAsync(run.Fresh("raw"), TimeProvider.System, new RawLoad
        {
            Duration = duration, BatchEvents = events, Callers = events == 1 ? 64 : 16,
        }, cancel);

    private static async Task<LoadResult> LoadAsync(
        BenchRun run, int events, int connections, TimeSpan duration, CancellationToken cancel)
    {
        await using var cell = await BenchCellWorker.StartAsync(
            run.Fresh("accept"), cancel, new BenchCell { CollectOnly = true });
        var plan = new LoadWorker.Plan
        {
            Port = cell.Url.Port, Key = cell.ServerKey, BatchEvents = events,
            Connections = connections, Duration = TimeSpan.FromSeconds(2), People = 200_000,
            Products = 50_000, At = TimeProvider.System.GetUtcNow(),
        };
        // The first seconds compile; a node runs for months.
        await LoadWorker.RunAsync(plan with { FirstMessage = 1UL << 50 }, cancel);
        return await LoadWorker.RunAsync(plan with { Duration = duration }, cancel);
    }

    private static string Note(LoadResult load, RawFigure raw) => string.Create(
        CultureInfo.InvariantCulture,
        $"raw {raw.EventsPerSecond:n0}/s, {100 * load.Rate / raw.EventsPerSecond:0} % of it; "
        + $"{LoadTemplate.EventBytes(TimeProvider.System.GetUtcNow())} bytes an event, "
        + $"p99 {load.Quantile(0.99):0.0} ms, {load.Refused} refused");
}
