using System.Security.Cryptography;

namespace Stammgast.Keys;

/// <summary>
/// Unwrapped person keys, as many as fit a bound; the one used longest ago gives way (second
/// chance) and is wiped. Keys are used under their shard's lock only, so that none is wiped while
/// somebody seals with it, and because a cipher object carries state. 64 shards; a seal takes
/// microseconds, so a lock is hardly ever met.
/// </summary>
internal sealed class KeyCache : IDisposable
{
    private const int ShardCount = 64;
    private readonly Shard[] _shards = new Shard[ShardCount];
    private long _epoch;

    public KeyCache(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, ShardCount);
        for (var i = 0; i < ShardCount; i++)
            _shards[i] = new Shard(capacity / ShardCount);
    }

    /// <summary>Rises with every eviction by order; see <see cref="Add"/>.</summary>
    public long Epoch => Interlocked.Read(ref _epoch);

    /// <summary>Whether the key is here; counts as a use.</summary>
    public bool Touch(LeafId leaf)
    {
        var shard = ShardOf(leaf);
        lock (shard)
            return shard.Find(leaf) is not null;
    }

    /// <summary>
    /// Adds a key that was read at <paramref name="epoch"/>; <c>false</c> if some key was destroyed
    /// since, when this one may be a ghost and has to be read again.
    /// </summary>
    public bool Add(LeafId leaf, ReadOnlySpan<byte> key, long epoch)
    {
        var shard = ShardOf(leaf);
        lock (shard)
        {
            if (Epoch != epoch)
                return false;
            if (shard.Find(leaf) is null)
                shard.Add(leaf, new AesGcm(key, SealedBox.TagBytes));
            return true;
        }
    }

    /// <summary>Wipes a key. The epoch rises first: whoever read the key before adds it no more.</summary>
    public void Evict(LeafId leaf)
    {
        Interlocked.Increment(ref _epoch);
        var shard = ShardOf(leaf);
        lock (shard)
            shard.Remove(leaf);
    }

    /// <summary>Seals; <c>false</c> if the key is not here.</summary>
    public bool TrySeal(
        LeafId leaf, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> bound, Span<byte> target)
    {
        var shard = ShardOf(leaf);
        lock (shard)
        {
            if (shard.Find(leaf) is not { } aes)
                return false;
            SealedBox.Seal(aes, shard.Nonces.Next(), plain, bound, target);
            return true;
        }
    }

    /// <summary>Opens; <c>null</c> if the key is not here, <c>false</c> if the seal is not whole.</summary>
    public bool? TryOpen(
        LeafId leaf, ReadOnlySpan<byte> sealedBody, ReadOnlySpan<byte> bound, Span<byte> target)
    {
        var shard = ShardOf(leaf);
        lock (shard)
        {
            return shard.Find(leaf) is { } aes
                ? SealedBox.TryOpen(aes, sealedBody, bound, target)
                : null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shard in _shards)
        {
            lock (shard)
                shard.Clear();
        }
    }

    // Not the high bits: those are the bucket, and one worker's batch has few buckets.
    private Shard ShardOf(LeafId leaf) => _shards[(int)((uint)leaf.Value % ShardCount)];

    private sealed class Shard(int capacity)
    {
        private readonly Dictionary<LeafId, int> _places = [];
        private readonly List<Entry> _ring = [];
        private int _hand;

        public NonceSource Nonces { get; } = new();

        public AesGcm? Find(LeafId leaf)
        {
            if (!_places.TryGetValue(leaf, out var place))
                return null;
            _ring[place].Used = true;
            return _ring[place].Key;
        }

        public void Add(LeafId leaf, AesGcm key)
        {
            if (_ring.Count < capacity)
            {
                _places.Add(leaf, _ring.Count);
                _ring.Add(new Entry { Leaf = leaf, Key = key });
                return;
            }
            while (_ring[_hand].Used)
            {
                _ring[_hand].Used = false;
                _hand = (_hand + 1) % capacity;
            }
            var leaving = _ring[_hand];
            _places.Remove(leaving.Leaf);
            leaving.Key.Dispose();
            leaving.Leaf = leaf;
            leaving.Key = key;
            _places.Add(leaf, _hand);
            _hand = (_hand + 1) % capacity;
        }

        public void Remove(LeafId leaf)
        {
            if (!_places.Remove(leaf, out var place))
                return;
            _ring[place].Key.Dispose();
            var last = _ring[^1];
            _ring.RemoveAt(_ring.Count - 1);
            _hand = 0;
            if (place == _ring.Count)
                return;
            _ring[place] = last;
            _places[last.Leaf] = place;
        }

        public void Clear()
        {
            foreach (var entry in _ring)
                entry.Key.Dispose();
            _ring.Clear();
            _places.Clear();
        }
    }

    private sealed class Entry
    {
        public required LeafId Leaf { get; set; }

        public required AesGcm Key { get; set; }

        public bool Used { get; set; }
    }
}
