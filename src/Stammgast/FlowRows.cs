using Stammgast.Keys;
using Stammgast.Profiles;
using Stammgast.Storage;

namespace Stammgast;

/// <summary>A folded leaf as rows: sealed under its own key, with the versions it was loaded at.</summary>
internal static class FlowRows
{
    /// <summary>Adds a leaf's state, history and look-ups to a batch. Its key must be ensured.</summary>
    public static void Add(
        WriteBatch batch, PersonKeys keys, BlindIndex index, long expected, FoldOutput output,
        byte[] encoded)
    {
        var leaf = output.State.Leaf;
        var key = new RecordKey(RecordKind.Leaf, leaf);
        batch.Records.Add(new RecordWrite(
            key, expected, keys.Seal(key, expected + 1, encoded)));
        var sequence = output.State.Pieces - output.Pieces.Count;
        foreach (var piece in output.Pieces)
        {
            sequence++;
            batch.History.Add(new HistoryPiece(
                leaf, sequence, piece.ReceivedAtMs, piece.Messages,
                keys.Seal(leaf, SealedKind.History, sequence, piece.Plain.Span)));
        }
        foreach (var identifier in output.LookUpsAdded)
            batch.LookUps.Add(new LookUpWrite(index.LookUp(identifier), leaf, Remove: false));
        foreach (var identifier in output.LookUpsRemoved)
            batch.LookUps.Add(new LookUpWrite(index.LookUp(identifier), leaf, Remove: true));
    }
}
