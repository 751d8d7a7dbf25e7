using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Stammgast.EndToEnd.Faults;

/// <summary><c>stammgast import</c>, killed with kill -9 again and again and resumed.</summary>
public sealed class ImportKillTests
{
    private const int Customers = 25;

    private const string Mapping = """
        {"groupBy":"order","time":{"column":"at","format":"yyyy-MM-dd HH:mm","zone":"Europe/Berlin"},
         "anchor":{"column":"customer"},"event":{"name":"Order Completed","orderId":"order"},
         "item":{"productId":"sku","quantity":"pieces","price":"price"}}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_anywhere_and_run_again_no_line_is_lost_and_none_doubled()
    {
        using var data = new DataFolder();
        using var files = new DataFolder();
        var random = Soak.Random();
        var kills = Soak.Count(shortly: 4, whole: 80);
        var expected = Write(files.Path, random, Soak.IsOn ? 150_000 : 60_000);
        var killed = 0;
        for (var run = 0; ; run++)
        {
            using var import = Start(data.Path, files.Path);
            var said = import.StandardOutput.ReadToEndAsync(Cancel);
            var errors = import.StandardError.ReadToEndAsync(Cancel);
            if (killed < kills)
            {
                using var life = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
                // Shorter than the whole takes on a fast machine, longer than its start on a slow one.
                life.CancelAfter(random.Next(300, 1_500));
                try
                {
                    await import.WaitForExitAsync(life.Token);
                }
                catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
                {
                    import.Kill();
                    killed++;
                    await import.WaitForExitAsync(Cancel);
                    continue;
                }
            }
            await import.WaitForExitAsync(Cancel);
            Assert.True(import.ExitCode == 0, $"exit {import.ExitCode}: {await errors}");
            var done = JsonElement.Parse(await said);
            Assert.Equal(expected.Count, done.GetProperty("events").GetInt32());
            Assert.Equal(0, done.GetProperty("rejected").GetInt32());
            break;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{killed} kills hit the import");
        Assert.True(killed > 0, "no kill came before the import's end");
        await using var cell = await CellProcess.StartAsync(data.Path, Cancel);
        await cell.FoldedAsync(Cancel);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var customer = 0; customer < Customers; customer++)
        {
            foreach (var e in await cell.EventsAsync(
                "user_id", $"c{customer}", Cancel, "essential.service.operations.support"))
            {
                Assert.True(found.TryAdd(e.GetProperty("orderId").GetString()!, Items(e)),
                    $"twice: {e.GetRawText()}");
            }
        }
        Assert.Equal(expected.Count, found.Count);
        foreach (var (order, items) in expected)
            Assert.Equal(items, found[order]);
    }

    private static string Items(JsonElement e) => string.Join(' ',
        e.GetProperty("items").EnumerateArray().Select(item =>
            item.GetProperty("productId").GetString() + "x"
            + item.GetProperty("quantity").GetRawText()));

    private static Dictionary<string, string> Write(string folder, Random random, int orders)
    {
        var expected = new Dictionary<string, string>(StringComparer.Ordinal);
        var csv = new StringBuilder("order,at,customer,sku,pieces,price\n");
        var at = new DateTime(2026, 3, 1, 10, 0, 0);
        for (var order = 0; order < orders; order++)
        {
            at = at.AddMinutes(1);
            var customer = random.Next(Customers);
            var items = new List<string>();
            for (var line = random.Next(1, 4); line > 0; line--)
            {
                var (sku, pieces) = ($"P{random.Next(200)}-{line}", random.Next(1, 5));
                items.Add($"{sku}x{pieces}");
                csv.Append(CultureInfo.InvariantCulture,
                    $"o{order},{at:yyyy-MM-dd HH:mm},c{customer},{sku},{pieces},9.90\n");
            }
            expected.Add($"o{order}", string.Join(' ', items));
        }
        File.WriteAllText(Path.Combine(folder, "past.csv"), csv.ToString());
        File.WriteAllText(Path.Combine(folder, "mapping.json"), Mapping);
        return expected;
    }

    private static Process Start(string data, string files) =>
        Process.Start(CellProcess.StartInfo("import", Path.Combine(files, "past.csv"), "--mapping",
            Path.Combine(files, "mapping.json"), "--data", data, "--json"))
        ?? throw new InvalidOperationException("The import did not start.");
}
