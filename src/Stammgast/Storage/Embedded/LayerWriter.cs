namespace Stammgast.Storage.Embedded;

/// <summary>Brings one layer into the tables. Owned by the write-behind thread.</summary>
internal sealed class LayerWriter(Layers layers, TableWriter tables)
{
    // About 3 ms of a transaction on a slow core: what a reader of the history may wait for.
    private const int SliceRows = 400;

    private readonly List<(long Handle, RecordKey Key)> records = [];
    private readonly List<(long Handle, LeafId Leaf)> leaves = [];
    private readonly List<long> erased = [];

    /// <summary>All of it is durable on return; on an exception some of it, harmlessly.</summary>
    public void Write(Layer layer)
    {
        if (layer.IsEmpty)
            return;
        Erase(layer);
        GiveHandles(layer);
        InSlices(records, entry => PutRecord(layer, entry.Handle, entry.Key));
        InSlices(layer.LookUps, entry =>
        {
            foreach (var held in entry.Value)
                tables.Put(entry.Key, held);
        });
        InSlices(layer.Due, entry => tables.Put(entry.Key, entry.Value));
        InSlices(layer.Counters, entry => tables.Put(entry.Key, entry.Value));
        InSlices(layer.Ledgers.Values.SelectMany(entries => entries), PutLedger);
        Sync();
        WriteHistory(layer);
    }

    // Handles must be durable before history names them: the two files have no common transaction.
    private void Sync()
    {
        tables.Store.Run("PRAGMA synchronous = FULL");
        try
        {
            tables.Store.InTransaction(() =>
                tables.Store.Run("UPDATE leaves SET leaf = leaf WHERE handle = 0"));
        }
        finally
        {
            tables.Store.Run("PRAGMA synchronous = NORMAL");
        }
    }

    private void Erase(Layer layer)
    {
        erased.Clear();
        if (layer.Erased.Count == 0)
            return;
        tables.Store.InTransaction(() =>
        {
            foreach (var leaf in layer.Erased)
            {
                var handle = tables.HandleOf(leaf);
                tables.EraseStore(handle);
                erased.Add(handle);
            }
        });
        Sync();
        tables.History.InTransaction(() =>
        {
            foreach (var handle in erased)
                tables.EraseHistory(handle);
        });
    }

    private void GiveHandles(Layer layer)
    {
        records.Clear();
        leaves.Clear();
        InSlices(layer.Records.Keys, key =>
        {
            if (!IsSuperseded(key))
                records.Add((tables.HandleOf(key.Owner), key));
        });
        InSlices(layer.LeavesWithHistory, leaf => leaves.Add((tables.HandleOf(leaf), leaf)));
        records.Sort((a, b) => a.Handle != b.Handle
            ? a.Handle.CompareTo(b.Handle)
            : a.Key.Kind.CompareTo(b.Key.Kind));
        leaves.Sort((a, b) => a.Handle.CompareTo(b.Handle));
    }

    // What the newer layer says anew is in its redo file: the older value need not be written.
    private bool IsSuperseded(RecordKey key)
    {
        lock (layers.Gate)
        {
            var newest = layers.Newest.Layer;
            return layers.Older is not null
                && (newest.Records.ContainsKey(key) || newest.Erased.Contains(key.Owner));
        }
    }

    private bool IsErasedSince(LeafId leaf)
    {
        lock (layers.Gate)
            return layers.Older is not null && layers.Newest.Layer.Erased.Contains(leaf);
    }

    private void PutRecord(Layer layer, long handle, RecordKey key) =>
        tables.Put(handle, key, layer.Records[key]);

    private void PutLedger(LedgerEntry entry) =>
        tables.Put(entry, withBody: (entry.Leaf != LeafId.None || !entry.Body.IsEmpty)
            && !IsErasedSince(entry.Leaf));

    private void WriteHistory(Layer layer)
    {
        for (var at = 0; at < leaves.Count;)
        {
            tables.History.InTransaction(() =>
            {
                // Bytes, not rows: appended pages and two fsyncs are what a slice costs here.
                for (var rows = 0; rows < SliceRows * 10 && at < leaves.Count; rows++, at++)
                    tables.Append(leaves[at].Handle, layer.PiecesOf(leaves[at].Leaf));
            });
        }
    }

    private void InSlices<T>(IEnumerable<T> items, Action<T> put)
    {
        using var next = items.GetEnumerator();
        for (var more = next.MoveNext(); more;)
        {
            tables.Store.InTransaction(() =>
            {
                for (var rows = 0; more && rows < SliceRows; rows++, more = next.MoveNext())
                    put(next.Current);
            });
        }
    }
}
