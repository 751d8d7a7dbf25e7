using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using Stammgast.Catalogue;
using Stammgast.Collect;
using Stammgast.Consent;
using Stammgast.Keys;
using Stammgast.Operations;
using Stammgast.Privacy;
using Stammgast.Profiles;

namespace Stammgast;

/// <summary>Gives a cell its doors: one web application with every room's routes.</summary>
internal static partial class Rooms
{
    /// <summary>The web application of an open cell, not yet started.</summary>
    public static WebApplication Build(Cell cell, Action<IServiceCollection>? more = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        LogToErrors(builder.Logging.ClearProviders());
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, cell.Options));
        builder.Services.AddOpenApi("v1");
        more?.Invoke(builder.Services);
        var app = builder.Build();
        RoomsProblems.Use(app);
        app.MapGet("/health/live", () => Results.Text("alive")).ExcludeFromDescription();
        app.MapGet("/health/ready", async (CancellationToken cancel) =>
                await FlowHealth.IsReadyAsync(
                    cell.Log, cell.Store, () => cell.Feed.Fresh, cancel)
                    ? Results.Text("ready")
                    : Problems.Unavailable(TimeSpan.FromSeconds(1)).ToResult())
            .ExcludeFromDescription();
        app.MapOpenApi("/openapi/{documentName}.json");
        if (cell.Options.Roles.HasFlag(CellRoles.Collect))
            MapCollect(app, cell);
        SdkApi.Map(app);
        MapServing(app, cell);
        return app;
    }

    private static void MapCollect(WebApplication app, Cell cell)
    {
        CollectApi.Map(app, cell.Collect, cell.Pressure);
        DeadLetterApi.Map(app, cell.DeadLetters, cell.Collect,
            KeyAccessApi.Guard(cell.ApiKeys, ApiKeyKind.Admin));
        SessionApi.Map(app, new SessionParts
        {
            Collect = cell.Collect,
            Cell = cell.CellKeys,
            Store = cell.Store,
            Sources = () => cell.Sources,
            Covers = new ConsentGate(cell.Purposes, cell.Notices).CoversSession,
            Options = new CollectOptions(),
            Time = cell.Time,
        });
    }

    /// <summary>Runs an open cell until it is told to stop; closes what it was doing first.</summary>
    public static async Task RunAsync(
        Cell cell, WebApplication app, Func<Task>? started, CancellationToken cancel)
    {
        Start(cell, app);
        await app.StartAsync(cancel);
        if (started is not null)
            await started();
        await app.WaitForShutdownAsync(cancel);
    }

    /// <summary>
    /// Starts the cell's loops. One that breaks ends the process: half a line would take events and
    /// never fold them, and nobody would see it.
    /// </summary>
    public static void Start(Cell cell, WebApplication app)
    {
        var log = cell.Logs.CreateLogger("Stammgast");
        cell.Start((loop, bug) =>
        {
            LoopBroke(log, bug, loop);
            Environment.ExitCode = 70;
            app.Lifetime.StopApplication();
        });
    }

    /// <summary>Warnings and worse, a line each, on standard error: standard output is for answers.</summary>
    public static void LogToErrors(ILoggingBuilder logging) => logging
        .AddSimpleConsole(console => console.SingleLine = true)
        .SetMinimumLevel(LogLevel.Warning)
        // A start that fails is told by the command, in one line.
        .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
        .Services.Configure<ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);

    private static void MapServing(WebApplication app, Cell cell)
    {
        var admin = KeyAccessApi.Guard(cell.ApiKeys, ApiKeyKind.Admin);
        new ConsentApi(cell.Consents, cell.ApiKeys,
            new ConsentOrderReader(cell.Purposes, cell.Notices, cell.CellKeys.Index),
            cell.Purposes, cell.Notices, cell.Time, cell.MembersAsync).Map(app);
        KeysApi.Map(app, cell.ApiKeys, Cell.SourceOf, cell.PurposesOf);
        new ProfilesApi(cell.Profiles, cell.Timeline, cell.Identity, cell.ApiKeys, cell.Purposes,
            cell.Time).Map(app);
        new PrivacyApi(cell.Erasures, cell.ApiKeys).Map(app);
        cell.Decisions.Map(app);
        CatalogueApi.Map(app, cell.Catalogue, cell.Time, admin);
        OperationsApi.Map(app, cell.ApiKeys, cell.Log, cell.Progress);
    }

    private static void Listen(KestrelServerOptions kestrel, CellOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 64 * 1024 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        if (options.Public)
            kestrel.ListenAnyIP(options.Port);
        else
            kestrel.Listen(IPAddress.Loopback, options.Port);
    }

    [LoggerMessage(1, LogLevel.Critical, "The {Loop} loop broke; the process stops.")]
    private static partial void LoopBroke(ILogger log, Exception bug, string loop);
}
