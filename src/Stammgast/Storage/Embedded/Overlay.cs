namespace Stammgast.Storage.Embedded;

/// <summary>
/// Lays a layer over what was read from below it. Pure but for the layers, whose lock is held.
/// </summary>
/// <remarks>
/// What leaves it is a copy: the memory of a layer is used again.
/// </remarks>
internal static class Overlay
{
    public static void LookUp(Layer? layer, LookUpHash hash, SortedSet<LeafId> leaves)
    {
        if (layer is null)
            return;
        if (layer.Erased.Count > 0)
            leaves.ExceptWith(layer.Erased);
        if (!layer.LookUps.TryGetValue(hash, out var held))
            return;
        foreach (var change in held)
        {
            if (change.Removed)
                leaves.Remove(change.Leaf);
            else
                leaves.Add(change.Leaf);
        }
    }

    /// <summary>Adds a layer's pieces, newest first; true if nothing below it counts.</summary>
    public static bool History(
        Layer layer, LeafId leaf, long before, int limit, List<HistoryPiece> into)
    {
        foreach (var encoded in layer.PiecesOf(leaf))
        {
            if (into.Count >= limit)
                break;
            if (PieceCodec.SequenceOf(encoded.Span) >= before)
                continue;
            var at = 0;
            into.Add(PieceCodec.Read(leaf, encoded.ToArray(), ref at));
        }
        return layer.Erased.Contains(leaf);
    }

    /// <summary>A page with the layers' records of the same stretch, in order.</summary>
    public static List<StoredRecord> Scan(
        Layer newest, Layer? older, in ScanRange range, List<StoredRecord> rows)
    {
        var (kind, after, horizon, limit) = range;
        var merged = new SortedDictionary<RecordKey, StoredRecord>(
            Comparer<RecordKey>.Create(KeyOrder.Compare));
        foreach (var row in rows)
            merged[row.Key] = row;
        foreach (var layer in (Layer?[])[older, newest])
        {
            if (layer is null)
                continue;
            if (layer.Erased.Count > 0)
            {
                foreach (var key in merged.Keys.Where(k => layer.Erased.Contains(k.Owner)).ToList())
                    merged.Remove(key);
            }
            foreach (var (key, held) in layer.Records)
            {
                if (key.Kind != kind || (after is { } low && KeyOrder.Compare(key, low) <= 0)
                    || (horizon is { } high && KeyOrder.Compare(key, high) > 0))
                    continue;
                if (held.Version == 0)
                    merged.Remove(key);
                else
                    merged[key] = new StoredRecord(key, held.Version, held.Body);
            }
        }
        return [.. merged.Values.Take(limit)
            .Select(record => record with { Body = record.Body.ToArray() })];
    }

    public static IReadOnlyList<DueEntry> Due(
        Layer newest, Layer? older, long untilMs, int limit, List<DueEntry> rows)
    {
        var merged = new Dictionary<DueKey, DueEntry>();
        foreach (var row in rows)
            merged[new DueKey(row.Kind, row.Leaf, row.Id)] = row;
        foreach (var layer in (Layer?[])[older, newest])
        {
            if (layer is null)
                continue;
            if (layer.Erased.Count > 0)
            {
                foreach (var key in merged.Keys.Where(k => layer.Erased.Contains(k.Leaf)).ToList())
                    merged.Remove(key);
            }
            foreach (var (key, held) in layer.Due)
            {
                if (held.Deleted || held.AtMs > untilMs)
                    merged.Remove(key);
                else
                    merged[key] = new DueEntry(key.Kind, key.Leaf, key.Id, held.AtMs, held.Body);
            }
        }
        return [.. merged.Values.OrderBy(entry => entry.DueAtMs).ThenBy(entry => entry.Leaf)
            .ThenBy(entry => entry.Kind).ThenBy(entry => entry.Id).Take(limit)
            .Select(entry => entry with { Body = entry.Body.ToArray() })];
    }

    public static IReadOnlyList<LedgerEntry> Ledger(
        Layer newest, Layer? older, LedgerKey ledger, long from, int limit, List<LedgerEntry> rows)
    {
        var merged = new SortedDictionary<long, LedgerEntry>();
        foreach (var row in rows)
            merged[row.Sequence] = row;
        foreach (var layer in (Layer?[])[older, newest])
        {
            if (layer is null)
                continue;
            foreach (var gone in merged.Values.Where(e => layer.Erased.Contains(e.Leaf)).ToList())
                merged[gone.Sequence] = gone with { Leaf = LeafId.None, Body = default };
            if (!layer.Ledgers.TryGetValue(ledger, out var entries))
                continue;
            foreach (var entry in entries)
            {
                if (entry.Sequence >= from)
                    merged[entry.Sequence] = entry;
            }
        }
        return [.. merged.Values.Take(limit).Select(entry => entry with
        {
            BodyHash = entry.BodyHash.ToArray(),
            Hash = entry.Hash.ToArray(),
            Body = entry.Body.ToArray(),
        })];
    }
}

/// <summary>
/// A stretch of one kind: after a key, up to the last that the tables gave (null: they gave all).
/// </summary>
internal readonly record struct ScanRange(
    RecordKind Kind, RecordKey? After, RecordKey? Horizon, int Limit);
