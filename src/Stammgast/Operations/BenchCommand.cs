using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Stammgast.Operations;

/// <summary><c>stammgast bench</c>: the figures of docs/BENCHMARKS.md, written by the run itself.</summary>
internal static class BenchCommand
{
    private static readonly string[] Scenarios =
        ["accept", "line", "experience", "import", "sizes", "start", "kill"];

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var only = new Option<string[]>("--only")
        {
            Description = "Scenarios to run: " + string.Join(", ", Scenarios) + ". Default: all.",
            AllowMultipleArgumentsPerToken = true,
        };
        only.AcceptOnlyFromAmong(Scenarios);
        var seconds = new Option<int>("--seconds")
        {
            Description = "Length of each long measurement, s (the figures ask for 300).",
            DefaultValueFactory = _ => 300,
        };
        var kills = new Option<int>("--kills")
        {
            Description = "How often the kill scenario kills.",
            DefaultValueFactory = _ => 100,
        };
        var people = new Option<int>("--people")
        {
            Description = "People in the line and experience scenarios.",
            DefaultValueFactory = _ => 200_000,
        };
        var rate = new Option<int>("--rate")
        {
            Description = "Events a second offered to the whole line; 0: as fast as it takes them.",
            DefaultValueFactory = _ => 26_000,
        };
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "Folder for the data written; emptied afterwards.",
            DefaultValueFactory = _ => new DirectoryInfo("data/bench"),
        };
        var write = new Option<FileInfo?>("--write") { Description = "Markdown file to write." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var command = new Command("bench",
            "Measures this machine. Examples:\n"
            + "  stammgast bench --seconds 20\n"
            + "  stammgast bench --only line --people 1000000\n"
            + "Exit codes: 0 all bounds hold, 1 one does not, 2 wrong arguments.")
        {
            only, seconds, kills, people, rate, data, write, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var chosen = parsed.GetValue(only) is { Length: > 0 } some ? some : Scenarios;
            var folder = parsed.GetValue(data)!;
            var run = new BenchRun(
                folder.FullName, parsed.GetValue(seconds), line => Console.Error.WriteLine("  " + line));
            var figures = new List<Figure>();
            var asked = "stammgast bench " + string.Join(' ', parsed.Tokens.Skip(1));
            foreach (var (place, scenario) in chosen.Index())
            {
                await Console.Error.WriteLineAsync($"{scenario}…");
                figures.AddRange(scenario switch
                {
                    "accept" => await BenchAcceptWorker.AcceptAsync(run, cancel),
                    "line" => await BenchLineWorker.LineAsync(
                        run, parsed.GetValue(people), parsed.GetValue(rate), cancel),
                    "experience" => await BenchLineWorker.ExperienceAsync(
                        run, parsed.GetValue(people), cancel),
                    "import" => await BenchImportWorker.ImportAsync(run, cancel),
                    "sizes" => await BenchLineWorker.SizesAsync(run, cancel),
                    "start" => await BenchStartWorker.StartAsync(run, cancel),
                    _ => await KillAsync(run, parsed.GetValue(kills), cancel),
                });
                // After each: a run that is cut off leaves what it has measured.
                if (parsed.GetValue(write) is { } file)
                {
                    await File.WriteAllTextAsync(
                        file.FullName, Markdown(figures, asked, chosen[(place + 1)..]), cancel);
                }
            }
            if (folder.Exists)
                folder.Delete(recursive: true);
            Console.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(figures, OperationsJson.Default.ListFigure)
                : Table(figures));
            return figures.Any(figure => figure.Holds == false) ? 1 : 0;
        });
        return command;
    }

    private static async Task<IReadOnlyList<Figure>> KillAsync(
        BenchRun run, int kills, CancellationToken cancel)
    {
        var seed = (int)(TimeProvider.System.GetTimestamp() & 0xFFFFFF);
        run.Say($"seed {seed}");
        var outcome = await BenchKillWorker.RunAsync(run, kills, seed, cancel);
        var ready = outcome.ReadyMs.Order().ToList();
        var note = $"{outcome.Kills} kills, {outcome.Acknowledged:n0} acknowledged, seed {seed}";
        return
        [
            Figure.AtMost("acknowledged events lost by kill -9", outcome.Lost, "events", 0, note),
            Figure.AtMost("events applied twice after kill -9", outcome.Doubled, "events", 0, note),
            Figure.Reported("ready again after kill -9, median",
                ready.Count == 0 ? 0 : ready[ready.Count / 2], "ms", ""),
        ];
    }

    private static string Table(IReadOnlyList<Figure> figures)
    {
        var text = new StringBuilder();
        foreach (var figure in figures)
        {
            var verdict = figure.Holds switch { true => "holds", false => "NOT YET", null => "" };
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{figure.Name,-62} {figure.Value,14:n1} {figure.Unit,-12} {figure.Bound,-10} {verdict}");
            if (figure.Note.Length > 0)
                text.AppendLine(CultureInfo.InvariantCulture, $"    {figure.Note}");
        }
        return text.ToString();
    }

    private static string Markdown(
        IReadOnlyList<Figure> figures, string asked, string[] missing)
    {
        var text = new StringBuilder("# Benchmarks\n\nWritten by `")
            .Append(asked).Append("` on ")
            .Append(TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))
            .Append("; load generator and cell on the same machine: ")
            .Append(Processor()).Append(", ").Append(Environment.ProcessorCount)
            .Append(" cores, ").Append(RuntimeInformation.FrameworkDescription)
            .Append("; load average at its end ").Append(Load())
            .Append(".\nRead the ratios: machines differ, and this one is noisy. Scenarios run for the")
            .Append(" seconds of `--seconds` (the issue asks for 300 and for 100 kills), acceptance for")
            .Append(" at most 20, experience for at most 60. Where other work shares the processors")
            .Append(" (a load average beyond the cores), rates and latencies say little, processor")
            .Append(" time per event and bytes say most.\n\n")
            .Append(missing.Length == 0 ? ""
                : $"The run was cut off before the end of: {string.Join(", ", missing)}.\n\n")
            .Append("| figure | measured | bound | holds | note |\n|---|---:|---|---|---|\n");
        foreach (var figure in figures)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {figure.Name} | {figure.Value:n1} {figure.Unit} | {figure.Bound} ");
            text.Append("| ").Append(figure.Holds switch { true => "yes", false => "**not yet**", null => "" })
                .Append(" | ").Append(figure.Note).Append(" |\n");
        }
        return text.ToString();
    }

    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            ?.Split(':')[1].Trim() ?? "unknown processor";
}
