using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Operations;

/// <summary>What operators ask a running node. Admin key; names and counts only.</summary>
internal static class OperationsApi
{
    /// <summary>Adds the routes.</summary>
    public static void Map(
        IEndpointRouteBuilder app, ApiKeys keys, IEventLog log, FlowProgress progress) =>
        app.MapGet("/v1/operations/stations", () =>
                Results.Json(Report(log, progress), OperationsJson.Default.StationReport))
            .Behind(KeyAccessApi.Guard(keys, ApiKeyKind.Admin))
            .WithTags("Operations")
            .WithSummary("What each station of the line has cost, and how far the fold is behind.");

    private static StationReport Report(IEventLog log, FlowProgress progress) => new(
        [.. Station.All.Select(station =>
            new StationSpent(station.Name, station.Spent.Events, station.Spent.CpuNs))],
        Math.Max(0, log.Head.Value - progress.Folded.Value), progress.BehindMs,
        progress.Events, progress.Duplicates);
}
