using System.Text.Json.Serialization;
using Stammgast.Catalogue;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Collect;

/// <summary>What imports write to.</summary>
internal sealed record ImportParts
{
    /// <summary>Where events become durable.</summary>
    public required IEventLog Log { get; init; }

    /// <summary>Where it is remembered how far a file came.</summary>
    public required IStore Store { get; init; }

    /// <summary>Where products met go.</summary>
    public required CatalogueWorker Catalogue { get; init; }

    /// <summary>The gate.</summary>
    public required Judge Judge { get; init; }

    /// <summary>Makes leaves and message keys.</summary>
    public required BlindIndex Index { get; init; }

    /// <summary>The cell's currency.</summary>
    public required string Currency { get; init; }

    /// <summary>The cell's clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Waits while the cell has better to do, such as a fold that lags; null: never.</summary>
    public Func<CancellationToken, ValueTask>? Pause { get; init; }
}

/// <summary>One file to bring in.</summary>
internal sealed record ImportJob
{
    /// <summary>CSV or NDJSON, plain or <c>.gz</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What its columns mean.</summary>
    public required ImportMapping Mapping { get; init; }

    /// <summary>The source that its events are of; of kind import.</summary>
    public required Source Source { get; init; }

    /// <summary>Where refused lines are named, as CSV; null: they are only counted.</summary>
    public string? RejectsPath { get; init; }

    /// <summary>Added to every instant, ms.</summary>
    public long ShiftMs { get; init; }

    /// <summary>A last word on each event; null leaves it out.</summary>
    public Func<Event, Event?>? Adjust { get; init; }
}

/// <summary>How far an import is, and how it ended.</summary>
/// <param name="Lines">Lines dealt with.</param>
/// <param name="TotalLines">Lines of the file.</param>
/// <param name="Events">Events appended, by this run and those before.</param>
/// <param name="Rejected">Lines refused.</param>
/// <param name="Skipped">Lines left out as the mapping says; of this run.</param>
/// <param name="Products">Products added to the catalogue; of this run.</param>
internal sealed record ImportProgress(
    long Lines, long TotalLines, long Events, long Rejected, long Skipped, int Products)
{
    /// <summary>Position of the last event: folded up to there, the import has its full effect.</summary>
    public LogPosition Position { get; init; }

    /// <summary>The file had been brought in before; nothing was done.</summary>
    public bool WasDone { get; init; }
}

/// <summary>How far a file came, as stored under its hash. Nothing personal.</summary>
internal sealed record ImportMark(long Lines, long Events, long Rejected, bool Complete);

/// <summary>The mark as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImportMark))]
internal sealed partial class ImportMarkJson : JsonSerializerContext;

/// <summary>A file or mapping that cannot be imported; the message says why.</summary>
internal sealed class ImportException(string why) : Exception(why);
