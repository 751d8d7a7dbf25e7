using Stammgast.Demo;
using Stammgast.Keys;

namespace Stammgast;

/// <summary>Puts the demo around a cell.</summary>
internal static class RoomsDemo
{
    /// <summary>Runs the demo until it is told to stop; the process's exit code.</summary>
    public static async Task<int> RunAsync(DemoOptions options, CancellationToken cancel)
    {
        var clock = new DemoClock(
            TimeProvider.System, options.Now ?? TimeProvider.System.GetUtcNow(), options.Speed);
        await using var cell = await Cell.OpenAsync(
            new CellOptions { Data = options.Data, Port = options.Port }, clock, cancel);
        await using var app = Rooms.Build(cell);
        Rooms.Start(cell, app);
        var demo = new DemoWorker(
            options,
            new DemoCell
            {
                App = app,
                Keys = cell.ApiKeys,
                Watchers = cell.Watchers,
                Order = kind => new ApiKeyOrder
                {
                    Kind = kind,
                    Name = "demo",
                    Source = Cell.SourceOf(kind),
                    Purposes = cell.PurposesOf(kind),
                },
                Import = new PastImportWorker(FlowImport.PartsOf(cell), FlowImport.SourceOf(cell),
                    TimeProvider.System).RunAsync,
            },
            clock, TimeProvider.System);
        var code = await demo.RunAsync(cancel);
        return code == 0 ? Environment.ExitCode : code;
    }
}
