using System.Runtime.CompilerServices;
using Stammgast.Consent;
using Stammgast.Intelligence;
using Stammgast.Keys;
using Stammgast.Profiles;
using Stammgast.Storage;

namespace Stammgast;

/// <summary>
/// Hands consented history to the models: each leaf whose person gives the purpose now, each event
/// whose verdict allows it.
/// </summary>
internal static class FlowTraining
{
    /// <summary>What models are trained for, and so what must be given.</summary>
    public const string Purpose = "personalize.content.profiling";

    private const int PageLeaves = 512;
    private const int PagePieces = 64;

    /// <summary>All rows there are now, leaf by leaf.</summary>
    public static async IAsyncEnumerable<TrainingRow> RowsAsync(
        IStore store, ProfileReaderWorker profiles, Purposes purposes,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var purpose = purposes.Get(Purpose);
        RecordKey? after = null;
        while (true)
        {
            var page = await store.ScanAsync(RecordKind.Leaf, after, PageLeaves, cancel);
            foreach (var record in page)
            {
                var leaf = record.Key.Owner;
                if (!await MayLearnAsync(profiles, leaf, purpose, cancel))
                    continue;
                await foreach (var row in RowsOfAsync(store, profiles, leaf, purpose, cancel))
                    yield return row;
            }
            if (page.Count < PageLeaves)
                yield break;
            after = page[^1].Key;
        }
    }

    // An erasure between two reads leaves nothing to open: nothing is learned then.
    private static async ValueTask<bool> MayLearnAsync(
        ProfileReaderWorker profiles, LeafId leaf, Purpose purpose, CancellationToken cancel)
    {
        try
        {
            return await profiles.LoadAsync(leaf, cancel) is { } person
                && person.MayServe(leaf, purpose);
        }
        catch (KeyGoneException)
        {
            return false;
        }
    }

    private static async IAsyncEnumerable<TrainingRow> RowsOfAsync(
        IStore store, ProfileReaderWorker profiles, LeafId leaf, Purpose purpose,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var before = long.MaxValue;
        while (true)
        {
            var pieces = await store.HistoryAsync(leaf, before, PagePieces, cancel);
            foreach (var piece in pieces)
            {
                foreach (var e in profiles.Open(piece))
                {
                    if (TrainingRow.TryFrom(e, purpose, out var row))
                        yield return row;
                }
            }
            if (pieces.Count < PagePieces)
                yield break;
            before = pieces[^1].Sequence;
        }
    }
}
