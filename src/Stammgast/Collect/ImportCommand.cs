using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Stammgast.Storage;

namespace Stammgast.Collect;

/// <summary>A cell opened for an import.</summary>
/// <param name="Parts">What the import writes to.</param>
/// <param name="Source">What its events are of.</param>
internal sealed record ImportCell(ImportParts Parts, Source Source)
{
    /// <summary>Waits until all up to a position has its effect.</summary>
    public required Func<LogPosition, CancellationToken, Task> Folded { get; init; }

    /// <summary>Closes the cell.</summary>
    public required Func<Task> Close { get; init; }
}

/// <summary>
/// <c>stammgast import FILE --mapping M</c>. Exit codes: 0 all in (lines may be refused: they are
/// counted and named), 65 the file cannot be read, 66 no such file, 74 input or output failed,
/// 75 the cell is full or in use, 78 the mapping is wrong, 130 stopped (run it again to go on).
/// </summary>
internal static class ImportCommand
{
    private const string Help = """
        Brings a file of the past into a cell: CSV or NDJSON, plain or .gz.

        It may be stopped or killed at any moment; run it again and it goes on where it was, without
        counting a line twice. Refused lines are named with their numbers and reasons in FILE.rejects.csv.

        Examples:
          stammgast import orders.csv --mapping orders.mapping.json
          stammgast import demo/uci-online-retail/online_retail.csv.gz \
              --mapping demo/uci-online-retail/mapping.json --data data --json

        A mapping is JSON: time {column, format, zone}, anchor {column, type}, event {name, orderId},
        item {productId, quantity, price}, groupBy, returns {column, prefix, reason},
        catalogue {title, currency}, skip [{column, values}].

        Exit codes: 0 all in (refused lines are counted and named), 65 the file cannot be read, 66 no
        such file, 74 input or output failed, 75 the cell is full or in use, 78 the mapping is wrong,
        130 stopped.
        """;

    /// <summary>The verb; <paramref name="open"/> composes a cell over a data folder.</summary>
    public static Command Make(
        Func<DirectoryInfo, CancellationToken, ValueTask<ImportCell>> open)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "CSV or NDJSON, plain or .gz." };
        var mapping = new Option<FileInfo>("--mapping")
        {
            Description = "What the columns mean, as JSON.",
            Required = true,
        };
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "The cell's data folder; no other process may serve from it meanwhile.",
            DefaultValueFactory = _ => new DirectoryInfo("data"),
        };
        var rejects = new Option<FileInfo?>("--rejects")
        {
            Description = "Where refused lines are named; FILE.rejects.csv unless said otherwise.",
        };
        var json = new Option<bool>("--json") { Description = "One line of JSON at the end, no bar." };
        var command = new Command("import", Help) { file, mapping, data, rejects, json };
        command.SetAction((parsed, cancel) => RunAsync(
            new Call(parsed.GetValue(file)!, parsed.GetValue(mapping)!, parsed.GetValue(data)!,
                parsed.GetValue(rejects)?.FullName ?? parsed.GetValue(file)!.FullName + ".rejects.csv",
                parsed.GetValue(json)), open, cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        Call call, Func<DirectoryInfo, CancellationToken, ValueTask<ImportCell>> open,
        CancellationToken cancel)
    {
        if (!call.File.Exists || !call.Mapping.Exists)
            return Fail(66, $"There is no file {(call.File.Exists ? call.Mapping : call.File)}.");
        try
        {
            var mapping = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(
                call.Mapping.FullName, cancel), ImportMappingJson.Default.ImportMapping);
            if (mapping is null)
                return Fail(78, "The mapping is empty.");
            var cell = await open(call.Data, cancel);
            try
            {
                var job = new ImportJob
                {
                    Path = call.File.FullName,
                    Mapping = mapping,
                    Source = cell.Source,
                    RejectsPath = call.Rejects,
                };
                var done = call.Json
                    ? await new ImportWorker(cell.Parts).RunAsync(job, null, cancel)
                    : await WithBarAsync(new ImportWorker(cell.Parts), job, cancel);
                await cell.Folded(done.Position, cancel);
                Say(call, done);
                return 0;
            }
            finally
            {
                await cell.Close();
            }
        }
        catch (JsonException wrong)
        {
            return Fail(78, $"The mapping is not as it must be at {wrong.Path}, line {wrong.LineNumber + 1}.");
        }
        catch (ImportException wrong)
        {
            return Fail(65, wrong.Message);
        }
        catch (OverloadedException full)
        {
            return Fail(75, full.Message);
        }
        catch (FolderInUseException taken)
        {
            return Fail(FolderInUseException.ExitCode, taken.Message);
        }
        catch (IOException failed)
        {
            return Fail(74, failed.Message);
        }
        catch (OperationCanceledException)
        {
            return Fail(130, "Stopped; run it again to go on.");
        }
    }

    private static Task<ImportProgress> WithBarAsync(
        ImportWorker worker, ImportJob job, CancellationToken cancel) =>
        AnsiConsole.Progress().AutoClear(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
                new LinesPerSecond(), new RemainingTimeColumn())
            .StartAsync(bar =>
            {
                var task = bar.AddTask(Markup.Escape(Path.GetFileName(job.Path)));
                return worker.RunAsync(job, new Now(task), cancel);
            });

    private static void Say(Call call, ImportProgress done)
    {
        if (call.Json)
        {
            using var output = Console.OpenStandardOutput();
            using (var json = new Utf8JsonWriter(output))
            {
                json.WriteStartObject();
                json.WriteNumber("lines", done.Lines);
                json.WriteNumber("events", done.Events);
                json.WriteNumber("rejected", done.Rejected);
                json.WriteNumber("skipped", done.Skipped);
                json.WriteNumber("products", done.Products);
                json.WriteBoolean("wasDone", done.WasDone);
                json.WriteString("rejects", call.Rejects);
                json.WriteEndObject();
            }
            output.Write("\n"u8);
            return;
        }
        Console.WriteLine(done.WasDone
            ? "This file had been brought in before; nothing was done."
            : $"{done.Lines} lines: {done.Events} events, {done.Products} products, "
                + $"{done.Skipped} lines left out, {done.Rejected} refused (see {call.Rejects}).");
    }

    private static int Fail(int code, string why)
    {
        Console.Error.WriteLine("stammgast import: " + why);
        return code;
    }

    private sealed record Call(
        FileInfo File, FileInfo Mapping, DirectoryInfo Data, string Rejects, bool Json);

    private sealed class Now(ProgressTask task) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value)
        {
            task.MaxValue = Math.Max(1, value.TotalLines);
            task.Value = value.Lines;
        }
    }

    /// <summary>Lines a second; Spectre's own column counts bytes.</summary>
    private sealed class LinesPerSecond : ProgressColumn
    {
        public override Spectre.Console.Rendering.IRenderable Render(
            Spectre.Console.Rendering.RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.Speed is { } speed ? $"{speed:N0} lines/s" : "", Style.Plain);
    }
}
