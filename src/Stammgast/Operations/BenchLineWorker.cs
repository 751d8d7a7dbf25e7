using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Stammgast.Operations;

/// <summary>What a scenario is run with.</summary>
/// <param name="DataRoot">A folder for data folders; each scenario takes a fresh one.</param>
/// <param name="Seconds">Length of the long measurements.</param>
/// <param name="Say">Progress, a line at a time.</param>
internal sealed record BenchRun(string DataRoot, int Seconds, Action<string> Say)
{
    /// <summary>A fresh data folder.</summary>
    public string Fresh(string name)
    {
        var folder = Path.Combine(DataRoot, name);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        return folder;
    }
}

/// <summary>Scenarios that run the line on a cell in a process of its own.</summary>
internal static class BenchLineWorker
{
    private const int Products = 50_000;

    /// <summary>Events through the whole line at a steady rate, with lag, bytes and station costs.</summary>
    public static async Task<IReadOnlyList<Figure>> LineAsync(
        BenchRun run, int people, int ratePerSecond, CancellationToken cancel)
    {
        await using var cell = await BenchCellWorker.StartAsync(run.Fresh("line"), cancel);
        await ProductsAsync(cell, Products, cancel);
        var plan = Plan(cell, run.Seconds, people) with
        {
            BatchEvents = 100,
            Connections = 4,
            RatePerSecond = ratePerSecond,
        };
        await MeetAsync(run, cell, plan, cancel);
        var before = await cell.StationsAsync(cancel);
        var written = cell.WrittenBytes();
        var (result, lagMs) = await WithLagAsync(run, cell, plan, cancel);
        var drained = await DrainAsync(cell, cancel);
        var bytes = (cell.WrittenBytes() - written) / (double)result.Events;
        var rate = result.Events / (result.Elapsed + drained).TotalSeconds;
        var name = $"whole line, {people:n0} people";
        List<Figure> figures =
        [
            Figure.AtLeast(name, rate, "events/s", 25_000,
                $"{result.Events:n0} events in {result.Elapsed.TotalSeconds:0} s, "
                + $"offered {ratePerSecond:n0}/s, drained in {drained.TotalSeconds:0.0} s more"),
            Figure.AtMost(name + ": worst lag", lagMs, "ms", 1_000, "sampled each 250 ms"),
            Figure.AtMost(name + ": written", bytes, "bytes/event", 2_048, "write_bytes of the process"),
            Figure.Reported(name + ": resident", cell.ResidentBytes() / 1048576.0, "MiB", ""),
        ];
        figures.AddRange(Stations(before, await cell.StationsAsync(cancel)));
        return figures;
    }

    /// <summary>Cost per event and memory at two sizes of the population.</summary>
    public static async Task<IReadOnlyList<Figure>> SizesAsync(
        BenchRun run, CancellationToken cancel)
    {
        var small = await CostAsync(run, 10_000, cancel);
        var large = await CostAsync(run, 1_000_000, cancel);
        return
        [
            Figure.AtMost("cost per event at 1,000,000 people against 10,000",
                large.CpuUs / small.CpuUs, "×", 1.5,
                $"{large.CpuUs:0.0} against {small.CpuUs:0.0} µs of fold and commit per event"),
            Figure.AtMost("resident memory at 1,000,000 people", large.ResidentMiB, "MiB", 1_536, ""),
        ];
    }

    /// <summary>Experience calls beside background load, and how soon an event shows.</summary>
    public static async Task<IReadOnlyList<Figure>> ExperienceAsync(
        BenchRun run, int people, CancellationToken cancel)
    {
        await using var cell = await BenchCellWorker.StartAsync(run.Fresh("experience"), cancel);
        await ProductsAsync(cell, Products, cancel);
        var plan = Plan(cell, Math.Min(run.Seconds, 60), people);
        await MeetAsync(run, cell, plan, cancel);
        run.Say("1,000 experience calls a second…");
        var calls = await LoadWorker.RunAsync(plan with
        {
            Experience = true,
            Connections = 16,
            RatePerSecond = 1_000,
            FirstMessage = 1UL << 50
        }, cancel);
        run.Say("event to effect beside 2,000 events a second…");
        var background = LoadWorker.RunAsync(plan with
        {
            Connections = 2,
            BatchEvents = 10,
            RatePerSecond = 2_000,
            FirstMessage = 1UL << 51
        }, cancel);
        var effects = await EffectsAsync(cell, TimeSpan.FromSeconds(10), cancel);
        await background;
        return
        [
            Figure.AtMost("POST /v1/experience p99 at 1,000/s", calls.Quantile(0.99), "ms", 10,
                $"p50 {calls.Quantile(0.5):0.0} ms, {calls.Rate:0}/s answered, {people:n0} people"),
            Figure.AtMost("event to its effect in a decision, p99 at 2,000 events/s",
                Quantile(effects, 0.99), "ms", 50,
                $"p50 {Quantile(effects, 0.5):0.0} ms over {effects.Count} probes"),
        ];
    }

    /// <summary>Products <c>P-00000</c> … in one category each of twenty, in stock.</summary>
    public static async Task ProductsAsync(
        BenchCellWorker cell, int count, CancellationToken cancel)
    {
        const int Page = 1_000;
        for (var from = 0; from < count; from += Page)
        {
            var lines = new StringBuilder();
            for (var i = from; i < Math.Min(count, from + Page); i++)
            {
                lines.Append(CultureInfo.InvariantCulture,
                    $"{{\"id\":\"P-{i:d5}\",\"title\":\"Artikel {i}\",\"category\":\"c{i % 20}.s\",");
                lines.Append(CultureInfo.InvariantCulture,
                    $"\"price\":\"{10 + i % 90}.95\",\"currency\":\"EUR\",\"variants\":[");
                lines.Append(CultureInfo.InvariantCulture,
                    $"{{\"id\":\"P-{i:d5}-M\",\"size\":\"M\",\"stock\":25}}]}}\n");
            }
            using var body = new StringContent(
                lines.ToString(), Encoding.UTF8, "application/x-ndjson");
            using var answer = await cell.SendAsync(
                HttpMethod.Put, "/v1/catalog/products", cell.AdminKey, body, cancel);
        }
    }

    /// <summary>Waits until the fold has caught up; how long that took.</summary>
    public static async Task<TimeSpan> DrainAsync(BenchCellWorker cell, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while ((await cell.StationsAsync(cancel)).LagItems > 0)
            await Task.Delay(20, cancel);
        return clock.Elapsed;
    }

    private static LoadWorker.Plan Plan(BenchCellWorker cell, int seconds, int people) => new()
    {
        Port = cell.Url.Port,
        Key = cell.ServerKey,
        BatchEvents = 1,
        Connections = 8,
        Duration = TimeSpan.FromSeconds(seconds),
        People = people,
        Products = Products,
        At = TimeProvider.System.GetUtcNow(),
    };

    private static async Task<(LoadResult Result, long LagMs)> WithLagAsync(
        BenchRun run, BenchCellWorker cell, LoadWorker.Plan plan, CancellationToken cancel)
    {
        var load = LoadWorker.RunAsync(plan, cancel);
        var worst = 0L;
        var said = TimeSpan.FromSeconds(10);
        var clock = Stopwatch.StartNew();
        while (!load.IsCompleted)
        {
            await Task.WhenAny(load, Task.Delay(250, cancel));
            var report = await cell.StationsAsync(cancel);
            worst = Math.Max(worst, report.LagMs);
            if (clock.Elapsed < said)
                continue;
            said = clock.Elapsed + TimeSpan.FromSeconds(10);
            run.Say($"{report.Folded:n0} folded, lag {report.LagMs} ms");
        }
        return (await load, worst);
    }

    private static async Task<(double CpuUs, double ResidentMiB)> CostAsync(
        BenchRun run, int people, CancellationToken cancel)
    {
        run.Say($"cost at {people:n0} people…");
        await using var cell = await BenchCellWorker.StartAsync(run.Fresh("sizes"), cancel);
        var plan = Plan(cell, run.Seconds, people) with { BatchEvents = 100, Connections = 4 };
        await MeetAsync(run, cell, plan, cancel);
        var before = await cell.StationsAsync(cancel);
        await LoadWorker.RunAsync(plan with { RatePerSecond = 10_000, FirstMessage = 1UL << 50 }, cancel);
        await DrainAsync(cell, cancel);
        var after = await cell.StationsAsync(cancel);
        var cpuNs = Cpu(after) - Cpu(before);
        return (cpuNs / 1_000.0 / (after.Folded - before.Folded),
            cell.ResidentBytes() / 1048576.0);

        static long Cpu(StationReport report) =>
            report.Stations.Where(station => station.Name is "fold" or "commit")
                .Sum(station => station.CpuNs);
    }

    /// <summary>Meets everybody once, then runs warm; the load as such comes after.</summary>
    public static async Task MeetAsync(
        BenchRun run, BenchCellWorker cell, LoadWorker.Plan plan, CancellationToken cancel)
    {
        run.Say($"meeting {plan.People:n0} people…");
        await LoadWorker.RunAsync(
            plan with
            {
                EachOnce = true,
                RatePerSecond = 0,
                BatchEvents = 100,
                Connections = 4,
                FirstMessage = 3UL << 50
            }, cancel);
        await LoadWorker.RunAsync(
            plan with
            {
                Duration = TimeSpan.FromSeconds(3),
                RatePerSecond = 10_000,
                BatchEvents = 100,
                Connections = 4,
                FirstMessage = 5UL << 50
            }, cancel);
        await DrainAsync(cell, cancel);
    }

    private static IEnumerable<Figure> Stations(StationReport before, StationReport after)
    {
        var budgets = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["collect"] = 8, ["fold"] = 15, ["commit"] = 10,
        };
        return from pair in after.Stations.Zip(before.Stations)
               let events = pair.First.Events - pair.Second.Events
               where events > 0 && budgets.ContainsKey(pair.First.Name)
               select Figure.AtMost($"processor time of {pair.First.Name}",
                   (pair.First.CpuNs - pair.Second.CpuNs) / 1_000.0 / events, "µs/event",
                   budgets[pair.First.Name], "");
    }

    // Views a product as somebody new, then asks until that product shows in the timeline's facts.
    private static async Task<List<double>> EffectsAsync(
        BenchCellWorker cell, TimeSpan duration, CancellationToken cancel)
    {
        var delays = new List<double>();
        var clock = Stopwatch.StartNew();
        for (var probe = 0; clock.Elapsed < duration; probe++)
        {
            var person = $"probe-{probe}";
            var started = clock.Elapsed;
            using (var viewed = Json(
                "{\"type\":\"track\",\"userId\":\"" + person + "\",\"event\":\"Product Viewed\","
                + "\"properties\":{\"product_id\":\"P-00007\"},\"context\":{\"consent\":"
                + "{\"categoryPreferences\":{\"functional\":true,\"personalization\":true}}}}"))
            using (await cell.SendAsync(HttpMethod.Post, "/v1/track", cell.ServerKey, viewed, cancel))
            {
            }
            while (true)
            {
                using var asked = Json(
                    "{\"userId\":\"" + person + "\",\"context\":{\"consent\":{\"categoryPreferences\":"
                    + "{\"functional\":true,\"personalization\":true}}},\"events\":[],\"placements\":["
                    + "{\"key\":\"pdp.row\",\"type\":\"items\",\"limit\":6}]}");
                using var answer = await cell.SendAsync(
                    HttpMethod.Post, "/v1/experience", cell.ServerKey, asked, cancel);
                var text = await answer.Content.ReadAsStringAsync(cancel);
                // Only what she looked at can have made it so; popular or contextual is no effect.
                if (text.Contains("\"session\"", StringComparison.Ordinal)
                    || text.Contains("\"item_to_item\"", StringComparison.Ordinal)
                    || clock.Elapsed - started > TimeSpan.FromSeconds(2))
                    break;
            }
            delays.Add((clock.Elapsed - started).TotalMilliseconds);
        }
        return delays;
    }

    private static StringContent Json(string text) =>
        new(text, Encoding.UTF8, "application/json");

    private static double Quantile(List<double> values, double q)
    {
        if (values.Count == 0)
            return 0;
        values.Sort();
        return values[Math.Min(values.Count - 1, (int)(q * values.Count))];
    }
}
