namespace Stammgast.Storage.Embedded;

/// <summary>A layer and the redo files that hold the same.</summary>
internal sealed record Generation(Layer Layer, List<RedoFile> Files)
{
    /// <summary>Reads that still use its bodies. Under the lock.</summary>
    public int Readers { get; set; } = 1;

    /// <summary>When its first row came; by it a quiet store is written behind, too.</summary>
    public long? BeganAt { get; set; }

    /// <summary>Someone waits for the tables (an erasure, the end): no reason to linger.</summary>
    public bool IsUrgent { get; set; }

    /// <summary>Completes when the tables hold it and its files are deleted.</summary>
    public TaskCompletionSource Retired { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// The two layers over the tables and the lock around them: the newest, into which commits go, and
/// the one being written behind. Reads copy out under the lock; nothing slow happens there.
/// </summary>
internal sealed class Layers(Generation newest)
{
    public Lock Gate { get; } = new();

    public Generation Newest { get; private set; } = newest;

    public Generation? Older { get; private set; }

    /// <summary>Both layers, newest first, as they are now. Under the lock.</summary>
    public (Layer Newest, Layer? Older) Now => (Newest.Layer, Older?.Layer);

    /// <summary>Begins a generation; the present one will be written behind. Under the lock.</summary>
    public void Rotate(Generation next)
    {
        if (Older is not null)
            throw new InvalidOperationException("The older layer is not yet written behind.");
        (Older, Newest) = (Newest, next);
    }

    /// <summary>The tables hold the older layer: whoever looks from now on, looks there.</summary>
    public void Retire(Generation older)
    {
        lock (Gate)
        {
            Older = null;
            Leave(older);
        }
    }

    /// <summary>Holds both layers while the tables are read; <see cref="Release"/> it.</summary>
    public (Generation Newest, Generation? Older) Hold()
    {
        lock (Gate)
        {
            Newest.Readers++;
            if (Older is not null)
                Older.Readers++;
            return (Newest, Older);
        }
    }

    public void Release((Generation Newest, Generation? Older) held)
    {
        lock (Gate)
        {
            Leave(held.Newest);
            if (held.Older is not null)
                Leave(held.Older);
        }
    }

    // A generation is born with one reader, itself; the last to leave frees the memory.
    private static void Leave(Generation generation)
    {
        if (--generation.Readers == 0)
            generation.Layer.Free();
    }

    /// <summary>Whether a layer answers for a record; what it says may be "none".</summary>
    public static bool TryRecord(
        (Layer Newest, Layer? Older) layers, RecordKey key, out HeldRecord held)
    {
        for (var layer = layers.Newest; layer is not null;)
        {
            if (layer.Records.TryGetValue(key, out held))
                return true;
            if (layer.Erased.Count > 0 && layer.Erased.Contains(key.Owner))
            {
                held = default;
                return true;
            }
            layer = ReferenceEquals(layer, layers.Newest) ? layers.Older : null;
        }
        held = default;
        return false;
    }
}
