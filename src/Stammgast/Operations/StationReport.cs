namespace Stammgast.Operations;

/// <summary>What one station of the line spent since start.</summary>
/// <param name="Name">The station.</param>
/// <param name="Events">Events that passed it.</param>
/// <param name="CpuNs">Processor time, ns.</param>
internal sealed record StationSpent(string Name, long Events, long CpuNs);

/// <summary>How the line stands: what its stations spent, and how far the fold is behind.</summary>
/// <param name="Stations">In the order of the line.</param>
/// <param name="LagItems">Durable events that are not yet folded and committed.</param>
/// <param name="LagMs">Age of the oldest of them, ms; 0 without any.</param>
/// <param name="Folded">Events folded since start.</param>
/// <param name="Duplicates">Events that had been counted before.</param>
internal sealed record StationReport(
    IReadOnlyList<StationSpent> Stations, long LagItems, long LagMs, long Folded, long Duplicates);
