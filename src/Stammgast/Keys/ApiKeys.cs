using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stammgast.Storage;

namespace Stammgast.Keys;

/// <summary>
/// The keys that callers show. Tokens are 32 random bytes in base 62 behind a prefix of their kind
/// (<c>wk_ tk_ sk_ ak_</c>); kept is their SHA-256 only, sealed. Such a token cannot be guessed, so
/// a fast hash is enough: slow ones protect passwords. Reads go to an immutable snapshot and
/// allocate nothing; changes are rare and serialised.
/// </summary>
public sealed class ApiKeys : IDisposable
{
    // 62^43 > 2^256: the shortest length that holds 32 bytes.
    private const int TokenChars = 3 + 43;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly IStore _store;
    private readonly PersonKeys _keys;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _changing = new(1);
    private volatile FrozenDictionary<ulong, Entry> _entries =
        FrozenDictionary<ulong, Entry>.Empty;

    private ApiKeys(IStore store, PersonKeys keys, TimeProvider time) =>
        (_store, _keys, _time) = (store, keys, time);

    /// <summary>All keys, in the order of their making.</summary>
    public IReadOnlyList<ApiKey> All =>
        [.. _entries.Values.Select(entry => entry.Key)
            .OrderBy(key => key.CreatedAtMs).ThenBy(key => key.Id, StringComparer.Ordinal)];

    /// <summary>Loads what the store holds.</summary>
    /// <exception cref="InvalidDataException">A key's record cannot be opened.</exception>
    public static async ValueTask<ApiKeys> LoadAsync(
        IStore store, PersonKeys keys, TimeProvider time, CancellationToken cancel)
    {
        var all = new ApiKeys(store, keys, time);
        var entries = new List<Entry>();
        foreach (var record in await Resources.LoadAllAsync(store, ResourceKind.ApiKey, cancel))
        {
            var plain = new ArrayBufferWriter<byte>();
            if (!keys.TryOpen(record.Key, record.Version, record.Body.Span, plain))
                throw new InvalidDataException("An API key's record cannot be opened.");
            entries.Add(Entry.Read(plain.WrittenSpan));
        }
        all._entries = entries.ToFrozenDictionary(entry => entry.Start);
        return all;
    }

    /// <summary>
    /// Whether the token is one of ours, and what it may. Found by the first 8 bytes of its hash,
    /// decided by comparing all 32 in constant time: what the time of the search tells about a hash
    /// helps nobody to find a token.
    /// </summary>
    public bool TryAuthenticate(
        ReadOnlySpan<char> token, [NotNullWhen(true)] out ApiKey? key)
    {
        key = null;
        Span<byte> hash = stackalloc byte[32];
        if (!TryHash(token, hash))
            return false;
        var start = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        if (!_entries.TryGetValue(start, out var entry)
            || !CryptographicOperations.FixedTimeEquals(hash, entry.Hash))
            return false;
        key = entry.Key;
        return true;
    }

    /// <summary>
    /// The secret with which a server key's holder signs identity tokens
    /// (<see cref="IdentityToken"/>): its token's SHA-256, so that the holder needs no second
    /// secret. Only server keys have one.
    /// </summary>
    public bool TryIdentitySecret(ReadOnlySpan<char> keyId, Span<byte> secret)
    {
        foreach (var entry in _entries.Values)
        {
            if (entry.Key.Kind != ApiKeyKind.Server || !keyId.SequenceEqual(entry.Key.Id))
                continue;
            entry.Hash.CopyTo(secret);
            return true;
        }
        return false;
    }

    /// <summary>Makes a key; durable when it completes. Its token is in the answer and nowhere else.</summary>
    public async ValueTask<NewApiKey> CreateAsync(ApiKeyOrder order, CancellationToken cancel)
    {
        var token = NewToken(order.Kind);
        var hash = new byte[32];
        TryHash(token, hash);
        await _changing.WaitAsync(cancel);
        try
        {
            var id = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)) >> 8;
            var key = new ApiKey
            {
                Id = "k_" + id.ToString("x14", CultureInfo.InvariantCulture),
                Kind = order.Kind,
                Source = order.Source,
                Purposes = order.Purposes,
                Name = order.Name,
                Origins = [.. order.Origins],
                CreatedAtMs = _time.GetUtcNow().ToUnixTimeMilliseconds(),
            };
            var entry = new Entry(key, hash);
            var address = Resources.Key(ResourceKind.ApiKey, id);
            await CommitAsync(
                new RecordWrite(address, 0, _keys.Seal(address, 1, entry.Write())), cancel);
            _entries = _entries.Values.Append(entry).ToFrozenDictionary(each => each.Start);
            return new NewApiKey(key, token);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Revokes a key; <c>false</c> if there is none of that id.</summary>
    public async ValueTask<bool> RevokeAsync(string keyId, CancellationToken cancel)
    {
        await _changing.WaitAsync(cancel);
        try
        {
            var kept = _entries.Values
                .Where(entry => !string.Equals(entry.Key.Id, keyId, StringComparison.Ordinal))
                .ToFrozenDictionary(entry => entry.Start);
            if (kept.Count == _entries.Count)
                return false;
            var id = ulong.Parse(keyId.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var address = Resources.Key(ResourceKind.ApiKey, id);
            await CommitAsync(new RecordWrite(address, RecordWrite.AnyVersion, null), cancel);
            _entries = kept;
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    private async ValueTask CommitAsync(RecordWrite write, CancellationToken cancel)
    {
        var batch = new WriteBatch();
        batch.Records.Add(write);
        var result = await _store.CommitAsync(batch, Lane.Lowering, cancel);
        if (result is not CommitResult.Committed)
            throw new InvalidOperationException("The store refused an API key's record.");
    }

    private static bool TryHash(ReadOnlySpan<char> token, Span<byte> hash)
    {
        if (token.Length != TokenChars)
            return false;
        Span<byte> ascii = stackalloc byte[TokenChars];
        if (Ascii.FromUtf16(token, ascii, out _) != OperationStatus.Done)
            return false;
        SHA256.HashData(ascii, hash);
        return true;
    }

    private static string NewToken(ApiKeyKind kind) => (kind switch
    {
        ApiKeyKind.Write => "wk_",
        ApiKeyKind.Till => "tk_",
        ApiKeyKind.Server => "sk_",
        ApiKeyKind.Admin => "ak_",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    }) + RandomNumberGenerator.GetString(Digits, TokenChars - 3);

    private sealed record Entry(ApiKey Key, byte[] Hash)
    {
        private const byte Version = 1;

        public ulong Start { get; } = BinaryPrimitives.ReadUInt64LittleEndian(Hash);

        public byte[] Write()
        {
            var bound = 128 + ByteWriter.BoundOf(Key.Id) + ByteWriter.BoundOf(Key.Name)
                + Key.Origins.Sum(ByteWriter.BoundOf);
            var buffer = new byte[bound];
            var writer = new ByteWriter(buffer);
            writer.Byte(Version);
            writer.Blob(Hash);
            writer.Text(Key.Id);
            writer.Byte((byte)Key.Kind);
            writer.Varint(Key.Source.Value);
            writer.Fixed64(Key.Purposes.Bits);
            writer.Text(Key.Name);
            writer.Varint((ulong)Key.Origins.Count);
            foreach (var origin in Key.Origins)
                writer.Text(origin);
            writer.Signed(Key.CreatedAtMs);
            return buffer[..writer.Length];
        }

        public static Entry Read(ReadOnlySpan<byte> plain)
        {
            var reader = new ByteReader(plain);
            if (reader.Byte() != Version)
                throw ByteReader.Damaged();
            var hash = reader.Blob().ToArray();
            var key = new ApiKey
            {
                Id = reader.Text(),
                Kind = (ApiKeyKind)reader.Byte(),
                Source = new SourceId(reader.Small()),
                Purposes = new PurposeSet(reader.Fixed64()),
                Name = reader.Text(),
                Origins = ReadOrigins(ref reader),
                CreatedAtMs = reader.Signed(),
            };
            reader.End();
            return hash.Length == 32 ? new Entry(key, hash) : throw ByteReader.Damaged();
        }

        private static string[] ReadOrigins(ref ByteReader reader)
        {
            var origins = new string[reader.Count(bytesEach: 1)];
            for (var i = 0; i < origins.Length; i++)
                origins[i] = reader.Text();
            return origins;
        }
    }
}
