using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Spectre.Console;
using Stammgast.Consent;
using Stammgast.Keys;

namespace Stammgast.Demo;

/// <summary>
/// Runs the demo around a cell: 1 keys of this start, 2 the shop's pages, 3 serving, 4 goods,
/// 5 the ready line, 6 the past behind it. Uses the cell as a shop would, through its HTTP API.
/// </summary>
internal sealed class DemoWorker(
    DemoOptions options, DemoCell cell, DemoClock clock, TimeProvider real)
{
    private const int Seed = 7;
    private const string KeyName = "demo";

    /// <summary>Runs until cancelled; the process's exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var mark = DemoMark.Open(options.Data, clock.GetUtcNow());
        // 1. Keys of an earlier start open nothing any more.
        var keys = await RenewKeysAsync(cancel);
        // 2. The shop, the glass box, the sinks.
        using var http = new HttpClient();
        using var platform = new Platform(http, keys);
        var goods = Assortment.Load();
        var shop = new ShopState(goods, People.Invent(goods, mark.InventedAt, Seed));
        var past = new PastWatch();
        new ShopApi(shop, platform, clock).Map(cell.App);
        new GlassApi(cell.Watchers, platform, past, real).Map(cell.App);
        SinksApi.Map(cell.App, clock);
        // 3. Serving, at once.
        await cell.App.StartAsync(cancel);
        var url = Address();
        http.BaseAddress = new(url);
        // 4. Goods and motifs.
        var stage = new Stage(platform, shop);
        if (!options.Empty)
            await stage.SetAsync(cancel);
        // 5. Ready.
        Announce(url, keys);
        // 6. The past, as long as the demo runs or until it is in.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            cancel, cell.App.Lifetime.ApplicationStopping);
        var import = options.Empty
            ? Task.CompletedTask : BringPastAsync(stage, mark, past, stop.Token);
        var shutdown = cell.App.WaitForShutdownAsync(cancel);
        // A past that cannot be brought in ends the demo: half a stage explains nothing.
        await Task.WhenAny(shutdown, WhenFaulted(import));
        if (import.IsFaulted)
            await cell.App.StopAsync(CancellationToken.None);
        await shutdown;
        await stop.CancelAsync();
        await import;
        return 0;
    }

    private static async Task WhenFaulted(Task work)
    {
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!work.IsFaulted)
            await Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
    }

    private async Task<DemoKeys> RenewKeysAsync(CancellationToken cancel)
    {
        foreach (var old in cell.Keys.All.Where(key => key.Name == KeyName).ToList())
            await cell.Keys.RevokeAsync(old.Id, cancel);
        var server = await MakeAsync(ApiKeyKind.Server);
        return new(
            (await MakeAsync(ApiKeyKind.Write)).Token, (await MakeAsync(ApiKeyKind.Till)).Token,
            server.Token, server.Key.Id, (await MakeAsync(ApiKeyKind.Admin)).Token,
            (await MakeAsync(ApiKeyKind.Server, DefaultSources.Import)).Token);

        ValueTask<NewApiKey> MakeAsync(ApiKeyKind kind, SourceId? source = null)
        {
            var order = cell.Order(kind) with { Name = KeyName };
            return cell.Keys.CreateAsync(
                source is { } other ? order with { Source = other } : order, cancel);
        }
    }

    private string Address()
    {
        var addresses = cell.App.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()?.Addresses ?? [];
        // Cookies and tokens are bound to one name, whatever the socket is called.
        return $"http://localhost:{new Uri(addresses.First()).Port}";
    }

    private void Announce(string url, DemoKeys keys)
    {
        if (options.Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new ReadyLine(url, keys.Write, keys.Till, keys.Server, keys.Admin,
                    options.Data.FullName, $"{url}/demo/mail", $"{url}/demo/sms",
                    $"{url}/demo/clock"),
                DemoJson.Default.ReadyLine));
            Console.Out.Flush();
            return;
        }
        AnsiConsole.Write(new Panel(new Spectre.Console.Markup($"""
            [bold]Sporthaus Adler[/] serves: [link]{url}[/]
            Glass box:              [link]{url}/glass[/]

            [dim]Shop and customers are invented. Fresh keys at each start; stop with Ctrl+C.[/]
            """)).Header("Stammgast").BorderColor(Color.Green));
        // Outside the frame, so that a terminal's selection holds nothing else.
        Console.Out.WriteLine($"""

            export URL={url}
            export WRITE_KEY={keys.Write}
            export SERVER_KEY={keys.Server}
            export TILL_KEY={keys.Till}
            export ADMIN_KEY={keys.Admin}

            """);
    }

    private async Task BringPastAsync(
        Stage stage, DemoMark mark, PastWatch past, CancellationToken cancel)
    {
        if (options.Json)
            await BringAsync(past);
        else
            await AnsiConsole.Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(),
                    new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
                .StartAsync(context => BringAsync(new PastBars(context, past)));

        async Task BringAsync(IProgress<PastProgress> progress)
        {
            try
            {
                if (!mark.IsTold)
                {
                    await stage.TellAsync(progress, cancel);
                    (mark with { IsTold = true }).Save(options.Data);
                }
                if (cell.Import is { } import)
                    await import(mark.InventedAt, progress, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                // The demo ends; the next start goes on where this one stopped.
            }
        }
    }

    private sealed class PastBars(ProgressContext context, PastWatch past) : IProgress<PastProgress>
    {
        private readonly Dictionary<string, ProgressTask> _bars = [];

        public void Report(PastProgress value)
        {
            past.Report(value);
            if (!_bars.TryGetValue(value.Name, out var bar))
                _bars[value.Name] = bar = context.AddTask(value.Name, maxValue: Math.Max(1, value.Total));
            bar.Value = value.Done;
            bar.Description = value.PerSecond > 0
                ? $"{value.Name} {value.PerSecond:N0}/s" : value.Name;
            if (value.IsDone)
                bar.StopTask();
        }
    }
}
