using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Stammgast.Catalogue;
using Stammgast.Collect;
using Stammgast.Keys;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Storage;
using Stammgast.Tests.Support;
using Xunit;

namespace Stammgast.Tests.Collect;

public sealed class ImportTests : IDisposable
{
    private const string Mapping = """
        {"groupBy":"order","time":{"column":"at","format":"yyyy-MM-dd HH:mm","zone":"Europe/Berlin"},
         "anchor":{"column":"customer"},"event":{"name":"Order Completed","orderId":"order"},
         "item":{"productId":"sku","quantity":"pieces","price":"price"},
         "returns":{"column":"order","prefix":"R","reason":"too_small"},
         "catalogue":{"title":"title","currency":"EUR"},"skip":[{"column":"sku","values":["POST"]}]}
        """;

    private const string Csv = """
        order,at,customer,sku,pieces,price,title
        1,2026-03-01 10:00,anna,TEE,1,19.90,"Tee, weiß"
        1,2026-03-01 10:01,anna,SOC,2,4.90,Socken
        1,2026-03-01 10:01,anna,POST,1,4.90,Porto
        2,2026-07-01 10:00,,TEE,1,19.90,Tee
        3,2026-07-01 10:00,bert,TEE,x,19.90,Tee
        3,2026-07-01 10:00,bert,TEE,1,19.905,Tee
        3,yesterday,bert,TEE,1,19.90,Tee
        3,2026-07-01 10:00,bert,TEE,3,19.90,Tee
        R3,2026-07-02 10:00,bert,TEE,-2,19.90,Tee
        """;

    private readonly Folder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Lines_become_orders_and_returns_and_what_is_refused_is_named_by_line()
    {
        await using var cell = await Cell.OpenAsync(folder.Path);
        var done = await cell.ImportAsync(Write("past.csv", Csv), Mapping);
        Assert.Equal((10, 3, 4, 1, 2),
            (done.Lines, done.Events, done.Rejected, done.Skipped, done.Products));
        var events = await cell.EventsAsync(3);
        var order = events[0];
        Assert.Equal(("1", 2970L, EventKind.OrderCompleted), (order.OrderId, order.TotalMinor, order.Kind));
        Assert.Equal([("TEE", 1, 1990L), ("SOC", 2, 490L)],
            order.Items.Select(item => (item.ProductId, item.Quantity, item.PriceMinor)));
        Assert.Equal(DateTimeOffset.Parse("2026-03-01T09:00Z").ToUnixTimeMilliseconds(), order.AtMs);
        Assert.Equal(DateTimeOffset.Parse("2026-07-01T08:00Z").ToUnixTimeMilliseconds(), events[1].AtMs);
        var back = events[2];
        Assert.Equal((EventKind.OrderReturned, ReturnReason.TooSmall, 2),
            (back.Kind, back.Reason, back.Items[0].Quantity));
        Assert.Equal(["line,code,detail", "5,no_anchor", "6,quantity", "7,price", "8,time"],
            File.ReadLines(folder.Path + "/rejects.csv").Select(line => line.Split(",\"")[0]));
        Assert.Equal("Tee, weiß", cell.Catalogue.Current.Products
            .Single(product => product.Id == "TEE").Title);
    }

    [Fact]
    public async Task A_file_that_is_in_is_not_brought_in_again()
    {
        await using var cell = await Cell.OpenAsync(folder.Path);
        var file = Write("past.csv", Csv);
        await cell.ImportAsync(file, Mapping);
        var again = await cell.ImportAsync(file, Mapping);
        Assert.True(again.WasDone);
        Assert.Equal(3, again.Events);
    }

    [Fact]
    public async Task Ndjson_says_the_same_with_nested_members_and_a_broken_line_is_named()
    {
        await using var cell = await Cell.OpenAsync(folder.Path);
        var ndjson = """
            {"who":{"id":"anna"},"what":"Product Viewed","ts":1770000000000,"product":{"sku":"TEE"}}
            {broken

            {"who":{"id":"anna"},"what":"Product Viewed","ts":1770000001000,"product":{"sku":7}}
            """;
        var done = await cell.ImportAsync(Write("past.ndjson", ndjson), """
            {"time":{"column":"ts","format":"ms"},"anchor":{"column":"who.id"},
             "event":{"nameColumn":"what"},"item":{"productId":"product.sku"}}
            """);
        Assert.Equal((2, 1), (done.Events, done.Rejected));
        var events = await cell.EventsAsync(2);
        Assert.Equal(["TEE", "7"], events.Select(e => e.Items[0].ProductId));
        Assert.All(events, e => Assert.Equal(EventKind.ProductViewed, e.Kind));
    }

    [Theory]
    [InlineData("""{"time":{"column":"at","zone":"Mars/Base"},"anchor":{"column":"customer"},"event":{"name":"x"}}""", "zone")]
    [InlineData("""{"time":{"column":"when"},"anchor":{"column":"customer"},"event":{"name":"x"}}""", "when")]
    [InlineData("""{"time":{"column":"at"},"anchor":{"column":"customer","type":"face"},"event":{"name":"x"}}""", "face")]
    [InlineData("""{"time":{"column":"at"},"anchor":{"column":"customer"},"event":{}}""", "event")]
    public async Task A_mapping_that_does_not_fit_is_refused_before_the_first_line(string mapping, string names)
    {
        await using var cell = await Cell.OpenAsync(folder.Path);
        var file = Write("past.csv", Csv);
        var why = await Assert.ThrowsAsync<ImportException>(() => cell.ImportAsync(file, mapping));
        Assert.Contains(names, why.Message);
    }

    [Fact]
    public void A_typing_mistake_in_a_mapping_is_refused() =>
        Assert.Throws<JsonException>(() => Cell.Read("""
            {"time":{"colum":"at"},"anchor":{"column":"customer"},"event":{"name":"x"}}
            """));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Stopped_anywhere_and_run_again_it_appends_every_event_and_names_every_refusal_once(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var csv = new StringBuilder("order,at,customer,sku,pieces,price,title\n");
        for (var order = 0; order < 4_000; order++)
        {
            for (var line = random.Next(1, 4); line > 0; line--)
                csv.Append($"{order},2026-03-01 10:00,c{random.Next(50)},P{random.Next(20)},{random.Next(0, 5)},1.00,T\n");
        }
        var file = Write("past.csv", csv.ToString());
        HashSet<ulong> expected;
        string[] refused;
        using (var other = new Folder())
        {
            await using var whole = await Cell.OpenAsync(other.Path);
            var done = await whole.ImportAsync(file, Mapping, other.Path + "/rejects.csv");
            expected = [.. (await whole.EventsAsync((int)done.Events)).Select(e => (ulong)e.Leaf.Value ^ e.Message.Value)];
            refused = File.ReadAllLines(other.Path + "/rejects.csv");
        }
        await using var cell = await Cell.OpenAsync(folder.Path);
        for (var run = 0; ; run++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var left = random.Next(1, 4);
            try
            {
                await cell.ImportAsync(file, Mapping, null, new Report(_ =>
                {
                    if (--left == 0 && run < 6)
                        stop.Cancel();
                }), stop.Token);
                break;
            }
            catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
            {
                // As a kill between a batch and the next: what was appended stays.
            }
        }
        var appended = await cell.EventsAsync((int)cell.Log.Head.Value);
        Assert.Equal(expected.Count, appended.Select(e => (ulong)e.Leaf.Value ^ e.Message.Value).Distinct().Count());
        Assert.Equal(refused, File.ReadAllLines(folder.Path + "/rejects.csv"));
    }

    [Fact]
    public async Task A_real_retailers_past_comes_in_whole()
    {
        await using var cell = await Cell.OpenAsync(folder.Path);
        var past = Path.Combine(Tidy.Repository.Root, "demo", "uci-online-retail");
        var watch = Stopwatch.StartNew();
        var done = await cell.ImportAsync(Path.Combine(past, "online_retail.csv.gz"),
            File.ReadAllText(Path.Combine(past, "mapping.json")));
        EvaluationData.Say($"{done} in {watch.ElapsedMilliseconds} ms");
        Assert.Equal(541_910, done.Lines);
        var events = await cell.EventsAsync((int)done.Events);
        Assert.All(events, e => Assert.All(e.Items, item => Assert.True(item.Quantity > 0)));
        var (revenue, lines) = Revenue();
        Assert.Equal(revenue, events.Where(e => e.Kind == EventKind.OrderCompleted).Sum(e => e.TotalMinor));
        Assert.True(lines > 0);
        Assert.InRange(events.Select(e => e.Leaf).Distinct().Count(), 4_340, 4_372);
        Assert.Contains(events, e => e.Kind == EventKind.OrderReturned);
    }

    private static (long Minor, int Lines) Revenue()
    {
        string[] none = ["POST", "DOT", "M", "D", "S", "B", "C2", "CRUK", "PADS", "BANK CHARGES", "AMAZONFEE"];
        var (sum, lines) = (0L, 0);
        foreach (var line in EvaluationData.Invoices().Skip(1))
        {
            var first = line.Split(',', 3);
            var last = line.Split(',')[^5..];
            if (first[0].StartsWith('C') || last[3].Length == 0 || none.Contains(first[1].ToUpperInvariant())
                || int.Parse(last[0]) <= 0)
                continue;
            sum += (long)decimal.Round(decimal.Parse(last[2]) * 100) * int.Parse(last[0]);
            lines++;
        }
        return (sum, lines);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    private sealed class Report(Action<ImportProgress> act) : IProgress<ImportProgress>
    {
        void IProgress<ImportProgress>.Report(ImportProgress value) => act(value);
    }

    private sealed class Cell(string path, FileEventLog log, SqliteStore store) : IAsyncDisposable
    {
        public FileEventLog Log => log;

        public CatalogueWorker Catalogue { get; } = new(store, TimeProvider.System);

        public static async Task<Cell> OpenAsync(string path)
        {
            var cell = new Cell(path, new FileEventLog(path + "/log", TimeProvider.System),
                new SqliteStore(path + "/store", TimeProvider.System));
            await cell.Catalogue.LoadAsync(Cancel);
            return cell;
        }

        public static ImportMapping Read(string json) =>
            JsonSerializer.Deserialize(json, ImportMappingJson.Default.ImportMapping)!;

        public Task<ImportProgress> ImportAsync(
            string file, string mapping, string? rejects = null,
            IProgress<ImportProgress>? progress = null, CancellationToken? cancel = null) =>
            new ImportWorker(new ImportParts
            {
                Log = log,
                Store = store,
                Catalogue = Catalogue,
                Judge = (Source _, in StampInput _, EventKind _) =>
                    new GateVerdict(new PurposeSet(1), default, true, null),
                Index = new BlindIndex(new byte[32]),
                Currency = "EUR",
                Time = TimeProvider.System,
            }).RunAsync(new ImportJob
            {
                Path = file,
                Mapping = Read(mapping),
                Source = new Source
                {
                    Id = new SourceId(9), Name = "past", Kind = SourceKind.Import,
                    Ceiling = Provenance.Observed,
                },
                RejectsPath = rejects ?? path + "/rejects.csv",
            }, progress, cancel ?? Cancel);

        public async Task<List<Event>> EventsAsync(int count)
        {
            var events = new List<Event>();
            while (events.Count < count)
            {
                var batch = await log.ReadAsync(0, 1_000, Cancel);
                events.AddRange(batch.Items.Select(item => EventCodec.Read(item.Payload)));
                await log.AcknowledgeAsync(batch, Cancel);
            }
            return events;
        }

        public async ValueTask DisposeAsync()
        {
            Catalogue.Dispose();
            await log.DisposeAsync();
            await store.DisposeAsync();
        }
    }
}
