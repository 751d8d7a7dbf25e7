namespace Stammgast.Profiles;

/// <summary>A leaf as committed: what the fold builds upon and views are cut from.</summary>
/// <param name="Version">The record's version; 0: there is none.</param>
/// <param name="State">Null: nothing is known of it.</param>
public readonly record struct LoadedLeaf(long Version, LeafState? State);

/// <summary>
/// Leaves in memory as encoded bytes: a sixth of the room that decoded ones take. Second-chance
/// eviction by a budget of bytes. Safe for all threads; each call holds the lock for a few hundred
/// nanoseconds.
/// </summary>
internal sealed class LeafCache(long budgetBytes)
{
    // Node, dictionary slot and array headers, measured roughly; the budget need not be exact.
    private const int OverheadBytes = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<LeafId, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _clock = [];
    private long _bytes;
    private long _forgotten;

    /// <summary>Bytes in use, about.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>
    /// Counts what was forgotten. Who reads from the store notes it before, so that what was read
    /// before a forgetting (an erasure) is not put back after it.
    /// </summary>
    public long Forgotten
    {
        get
        {
            lock (_lock)
                return _forgotten;
        }
    }

    /// <summary>Finds a leaf, decoding it outside the lock.</summary>
    public bool TryGet(LeafId leaf, out LoadedLeaf loaded)
    {
        loaded = default;
        Entry? entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(leaf, out var node))
                return false;
            entry = node.Value;
            entry.WasUsed = true;
        }
        loaded = new LoadedLeaf(entry.Version, LeafState.Decode(leaf, entry.Encoded));
        return true;
    }

    /// <summary>The message keys of a leaf's recent past, if they are known here.</summary>
    public bool TryMessages(LeafId leaf, out ReadOnlyMemory<ulong> messages)
    {
        lock (_lock)
        {
            var found = _entries.TryGetValue(leaf, out var node) ? node.Value.Messages : null;
            messages = found;
            return found is not null;
        }
    }

    /// <summary>
    /// Keeps a leaf at a version; an older one than known is ignored. Without messages, those that
    /// are known of the same leaf stay: what was counted once stays counted. With
    /// <paramref name="asOf"/>, only if nothing was forgotten since.
    /// </summary>
    public void Put(LeafId leaf, long version, byte[] encoded, ulong[]? messages, long? asOf = null)
    {
        lock (_lock)
        {
            if (asOf is { } before && before != _forgotten)
                return;
            if (_entries.TryGetValue(leaf, out var old))
            {
                if (old.Value.Version > version)
                    return;
                messages ??= old.Value.Messages;
                Remove(old);
            }
            var entry = new Entry(leaf, version, encoded, messages);
            _entries[leaf] = _clock.AddLast(entry);
            _bytes += entry.Bytes;
            Evict();
        }
    }

    /// <summary>Drops a leaf: erased, or changed by somebody else.</summary>
    public void Forget(LeafId leaf)
    {
        lock (_lock)
        {
            _forgotten++;
            if (_entries.TryGetValue(leaf, out var node))
                Remove(node);
        }
    }

    private void Evict()
    {
        while (_bytes > budgetBytes && _clock.First is { } oldest)
        {
            if (oldest.Value.WasUsed && _clock.Count > 1)
            {
                oldest.Value.WasUsed = false;
                _clock.RemoveFirst();
                _clock.AddLast(oldest);
            }
            else
                Remove(oldest);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _clock.Remove(node);
        _entries.Remove(node.Value.Leaf);
        _bytes -= node.Value.Bytes;
    }

    private sealed class Entry(LeafId leaf, long version, byte[] encoded, ulong[]? messages)
    {
        public LeafId Leaf { get; } = leaf;

        public long Version { get; } = version;

        public byte[] Encoded { get; } = encoded;

        public ulong[]? Messages { get; } = messages;

        public bool WasUsed { get; set; }

        public long Bytes => OverheadBytes + Encoded.Length + 8L * (Messages?.Length ?? 0);
    }
}
