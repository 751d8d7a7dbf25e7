using Stammgast.Collect;
using Stammgast.Consent;

namespace Stammgast;

/// <summary>Hands files of the past to a cell, its own process's or one opened for it alone.</summary>
internal static class FlowImport
{
    private const int LagMs = 2_000;
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    /// <summary>What an import into a running cell writes to; it waits where the fold lags.</summary>
    public static ImportParts PartsOf(Cell cell) => new()
    {
        Log = cell.Log,
        Store = cell.Store,
        Catalogue = cell.Catalogue,
        Judge = new ConsentGate(cell.Purposes, cell.Notices).Judge,
        Index = cell.CellKeys.Index,
        Currency = cell.Options.Currency,
        Time = cell.Time,
        Pause = async cancel =>
        {
            while (cell.Progress.BehindMs > LagMs)
                await Task.Delay(Breath, TimeProvider.System, cancel);
        },
    };

    /// <summary>The source of files of the past.</summary>
    public static Source SourceOf(Cell cell) =>
        cell.Sources.TryGet(DefaultSources.Import, out var source)
            ? source : throw new InvalidOperationException("The cell has no source for imports.");

    /// <summary>Opens a folder for <c>stammgast import</c>.</summary>
    /// <exception cref="FolderInUseException">Another process has it.</exception>
    public static async ValueTask<ImportCell> OpenAsync(DirectoryInfo data, CancellationToken cancel)
    {
        var cell = await Cell.OpenAsync(
            new CellOptions { Data = data, Port = 0 }, TimeProvider.System, cancel);
        var broken = new TaskCompletionSource();
        cell.Start((loop, bug) => broken.TrySetException(
            new InvalidOperationException($"The cell's {loop} ended.", bug)));
        return new ImportCell(PartsOf(cell), SourceOf(cell))
        {
            Folded = async (position, stop) =>
            {
                while (cell.Progress.Folded.CompareTo(position) < 0)
                    await await Task.WhenAny(Task.Delay(Breath, stop), broken.Task);
            },
            Close = async () => await cell.DisposeAsync(),
        };
    }
}
