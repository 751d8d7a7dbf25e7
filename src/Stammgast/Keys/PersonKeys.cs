using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Stammgast.Storage;

namespace Stammgast.Keys;

/// <summary>What is sealed besides records; the numbers are bound into seals.</summary>
public enum SealedKind : byte
{
    /// <summary>A piece of history; sequence is <see cref="HistoryPiece.Sequence"/>.</summary>
    History = 128,

    /// <summary>A due entry's body; sequence is <see cref="DueEntry.DueAtMs"/>.</summary>
    Due = 129,

    /// <summary>
    /// A ledger entry's body; sequence is <see cref="LedgerEntry.AtMs"/>, as the ledger's own
    /// number is given only by the commit.
    /// </summary>
    Ledger = 130,
}

/// <summary>
/// A person's key was destroyed after it was ensured: the erasure won. Load the leaf and fold
/// again; its version has been raised.
/// </summary>
public sealed class KeyGoneException() : Exception("The leaf's key is gone.");

/// <summary>
/// One random AES-256 key per leaf: what a person's rows are sealed with, and what erasing her
/// destroys. Associated data binds every body to cell, leaf, kind, id and sequence, so that no row
/// can stand in for another or for an older one of itself. Bodies of <see cref="LeafId.None"/>
/// belong to the cell and use keys derived from the cell's own, one per kind. Safe for all threads.
/// </summary>
public sealed class PersonKeys : IDisposable
{
    /// <summary>The key store's file under <c>keys/</c>.</summary>
    internal const string FileName = "keys.db";

    /// <summary>Unwrapped keys kept at most, unless told otherwise; about 2 KB each with their ciphers.</summary>
    public const int DefaultCapacity = 32_768;

    private const int KeyBytes = 32;
    private const int BoundBytes = 16 + 16 + 1 + 8 + 8;

    private readonly CellKeys _cell;
    private readonly KeyStore _store;
    private readonly KeyCache _cache;
    private readonly AesGcm _kek;
    private readonly Lock _kekUse = new();
    private readonly NonceSource _nonces = new();
    private readonly AesGcm?[] _cellOwned = new AesGcm?[256];
    private readonly SemaphoreSlim _changing = new(1);

    private PersonKeys(CellKeys cell, KeyStore store, int capacity)
    {
        (_cell, _store) = (cell, store);
        _cache = new KeyCache(capacity);
        _kek = new AesGcm(cell.Kek, SealedBox.TagBytes);
    }

    /// <summary>Opens the key store of a cell's data folder, making or migrating it.</summary>
    public static PersonKeys Open(
        DirectoryInfo dataDir, CellKeys cell, int capacity = DefaultCapacity) =>
        new(cell, KeyStore.Open(Path.Combine(dataDir.FullName, "keys", FileName)), capacity);

    /// <summary>
    /// Loads or makes the leaves' keys; new ones are durable when it completes. Must come before
    /// <see cref="Seal(LeafId, RecordKind, long, ReadOnlySpan{byte})"/> for leaves that may be new.
    /// Free when all are cached; else one short read each and at most one fsync.
    /// </summary>
    public ValueTask EnsureAsync(IReadOnlyList<LeafId> leaves, CancellationToken cancel)
    {
        HashSet<LeafId>? absent = null;
        for (var i = 0; i < leaves.Count; i++)
        {
            var leaf = leaves[i];
            if (leaf != LeafId.None && !_cache.Touch(leaf) && !TryLoad(leaf))
                (absent ??= []).Add(leaf);
        }
        return absent is null ? ValueTask.CompletedTask : MakeAsync(absent, cancel);
    }

    /// <summary>Seals a record's body without an id, at the version it will have.</summary>
    /// <exception cref="KeyGoneException">Not ensured, or destroyed since.</exception>
    public byte[] Seal(LeafId leaf, RecordKind kind, long sequence, ReadOnlySpan<byte> plain) =>
        Seal(new Bound(leaf, (byte)kind, 0, sequence), plain);

    /// <summary>Seals a record's body at the version it will have.</summary>
    /// <exception cref="KeyGoneException">Not ensured, or destroyed since.</exception>
    public byte[] Seal(in RecordKey key, long version, ReadOnlySpan<byte> plain) =>
        Seal(new Bound(key.Owner, (byte)key.Kind, key.Id, version), plain);

    /// <summary>Seals what is no record.</summary>
    /// <exception cref="KeyGoneException">Not ensured, or destroyed since.</exception>
    public byte[] Seal(LeafId leaf, SealedKind kind, long sequence, ReadOnlySpan<byte> plain) =>
        Seal(new Bound(leaf, (byte)kind, 0, sequence), plain);

    /// <summary>
    /// Opens a record's body without an id; <c>false</c>, with nothing written, if the key is gone
    /// or the body is damaged or was sealed for another place or version.
    /// </summary>
    public bool TryOpen(LeafId leaf, RecordKind kind, long sequence,
        ReadOnlySpan<byte> sealedBody, IBufferWriter<byte> target) =>
        TryOpen(new Bound(leaf, (byte)kind, 0, sequence), sealedBody, target);

    /// <summary>Opens a record's body; see the other form.</summary>
    public bool TryOpen(in RecordKey key, long version,
        ReadOnlySpan<byte> sealedBody, IBufferWriter<byte> target) =>
        TryOpen(new Bound(key.Owner, (byte)key.Kind, key.Id, version), sealedBody, target);

    /// <summary>Opens what is no record; see the other form.</summary>
    public bool TryOpen(LeafId leaf, SealedKind kind, long sequence,
        ReadOnlySpan<byte> sealedBody, IBufferWriter<byte> target) =>
        TryOpen(new Bound(leaf, (byte)kind, 0, sequence), sealedBody, target);

    /// <summary>
    /// Destroys a leaf's key for ever: when it completes, no file of the key store holds it and no
    /// node's memory uses it. A leaf that comes back later gets a new key.
    /// </summary>
    public async ValueTask DestroyAsync(LeafId leaf, CancellationToken cancel)
    {
        if (leaf == LeafId.None)
            throw new ArgumentException("The cell's own key is not a person's.", nameof(leaf));
        await _changing.WaitAsync(cancel);
        try
        {
            _store.Destroy(leaf);
            _cache.Evict(leaf);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Dispose();
        _store.Dispose();
        _kek.Dispose();
        foreach (var key in _cellOwned)
            key?.Dispose();
        _changing.Dispose();
    }

    private byte[] Seal(in Bound bound, ReadOnlySpan<byte> plain)
    {
        Span<byte> associated = stackalloc byte[BoundBytes];
        bound.Write(_cell.CellId, associated);
        var target = new byte[plain.Length + SealedBox.Overhead];
        if (bound.Leaf == LeafId.None)
        {
            lock (_cellOwned)
                SealedBox.Seal(CellOwned(bound.Kind), _nonces.Next(), plain, associated, target);
            return target;
        }
        while (!_cache.TrySeal(bound.Leaf, plain, associated, target))
        {
            if (!TryLoad(bound.Leaf))
                throw new KeyGoneException();
        }
        return target;
    }

    private bool TryOpen(
        in Bound bound, ReadOnlySpan<byte> sealedBody, IBufferWriter<byte> target)
    {
        var length = sealedBody.Length - SealedBox.Overhead;
        if (length < 0)
            return false;
        Span<byte> associated = stackalloc byte[BoundBytes];
        bound.Write(_cell.CellId, associated);
        var plain = length == 0 ? [] : target.GetSpan(length)[..length];
        bool? opened;
        if (bound.Leaf == LeafId.None)
        {
            lock (_cellOwned)
                opened = SealedBox.TryOpen(CellOwned(bound.Kind), sealedBody, associated, plain);
        }
        else
        {
            while ((opened = _cache.TryOpen(bound.Leaf, sealedBody, associated, plain)) is null)
            {
                if (!TryLoad(bound.Leaf))
                    return false;
            }
        }
        if (opened is true)
            target.Advance(length);
        return opened is true;
    }

    private bool TryLoad(LeafId leaf)
    {
        Span<byte> wrapped = stackalloc byte[KeyStore.WrappedBytes];
        Span<byte> key = stackalloc byte[KeyBytes];
        try
        {
            while (true)
            {
                var epoch = _cache.Epoch;
                if (!_store.TryRead(leaf, wrapped))
                    return false;
                Unwrap(leaf, wrapped, key);
                if (_cache.Add(leaf, key, epoch))
                    return true;
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private async ValueTask MakeAsync(HashSet<LeafId> absent, CancellationToken cancel)
    {
        await _changing.WaitAsync(cancel);
        try
        {
            // Somebody else may have made some of them while this one waited.
            absent.RemoveWhere(TryLoad);
            var made = new List<(LeafId Leaf, byte[] Wrapped)>(absent.Count);
            var plain = RandomNumberGenerator.GetBytes(absent.Count * KeyBytes);
            foreach (var leaf in absent)
                made.Add((leaf, Wrap(leaf, plain.AsSpan(made.Count * KeyBytes, KeyBytes))));
            _store.Add(made);
            // Nobody destroys while this is held, so the epoch cannot have moved.
            for (var i = 0; i < made.Count; i++)
                _cache.Add(made[i].Leaf, plain.AsSpan(i * KeyBytes, KeyBytes), _cache.Epoch);
            CryptographicOperations.ZeroMemory(plain);
        }
        finally
        {
            _changing.Release();
        }
    }

    private byte[] Wrap(LeafId leaf, ReadOnlySpan<byte> key)
    {
        Span<byte> associated = stackalloc byte[BoundBytes];
        new Bound(leaf, 0, 0, 0).Write(_cell.CellId, associated);
        var wrapped = new byte[KeyStore.WrappedBytes];
        Span<byte> nonce = stackalloc byte[SealedBox.NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        lock (_kekUse)
            SealedBox.Seal(_kek, nonce, key, associated, wrapped);
        return wrapped;
    }

    private void Unwrap(LeafId leaf, ReadOnlySpan<byte> wrapped, Span<byte> key)
    {
        Span<byte> associated = stackalloc byte[BoundBytes];
        new Bound(leaf, 0, 0, 0).Write(_cell.CellId, associated);
        lock (_kekUse)
        {
            if (!SealedBox.TryOpen(_kek, wrapped, associated, key))
                throw new InvalidDataException("keys/keys.db is damaged or of another keys/kek.");
        }
    }

    // One key per kind keeps each far below the 2^32 seals for which random nonces are safe.
    private AesGcm CellOwned(byte kind)
    {
        if (_cellOwned[kind] is { } key)
            return key;
        var bytes = _cell.Derive([.. "stammgast body v1 "u8, kind]);
        key = new AesGcm(bytes, SealedBox.TagBytes);
        CryptographicOperations.ZeroMemory(bytes);
        return _cellOwned[kind] = key;
    }

    /// <summary>Where a body belongs.</summary>
    private readonly record struct Bound(LeafId Leaf, byte Kind, ulong Id, long Sequence)
    {
        public void Write(UInt128 cellId, Span<byte> target)
        {
            BinaryPrimitives.WriteUInt128BigEndian(target, cellId);
            Leaf.Write(target[16..]);
            target[32] = Kind;
            BinaryPrimitives.WriteUInt64BigEndian(target[33..], Id);
            BinaryPrimitives.WriteInt64BigEndian(target[41..], Sequence);
        }
    }
}
