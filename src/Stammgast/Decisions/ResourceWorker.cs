using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>
/// One noun's resources: durable in the store, sealed with the cell's key, all of them in memory.
/// Any thread may read <see cref="All"/>; changes are rare and queue.
/// </summary>
internal sealed class ResourceWorker<T>(ResourceType<T> type, IStore store, PersonKeys keys)
    : IDisposable
{
    /// <summary>Resources of one noun; every banner decision looks at each motif.</summary>
    public const int MaxResources = 500;

    private readonly SemaphoreSlim changing = new(1, 1);
    private ImmutableArray<Versioned<T>> all = [];
    private volatile IReadOnlyList<T> values = [];

    /// <summary>What kind of thing these are.</summary>
    public ResourceType<T> Type => type;

    /// <summary>All, ordered by key.</summary>
    public ImmutableArray<Versioned<T>> All => all;

    /// <summary>The same without versions, for the decision.</summary>
    public IReadOnlyList<T> Values => values;

    /// <summary>Reads all from the store; once, before anybody asks.</summary>
    public async ValueTask LoadAsync(CancellationToken cancel)
    {
        var records = await Resources.LoadAllAsync(store, type.Kind, cancel);
        var loaded = new List<Versioned<T>>(records.Count);
        foreach (var record in records)
        {
            var plain = new ArrayBufferWriter<byte>();
            if (!keys.TryOpen(record.Key, record.Version, record.Body.Span, plain))
                throw new InvalidDataException($"A stored resource of {type.Noun} cannot be opened.");
            var value = JsonSerializer.Deserialize(plain.WrittenSpan, type.Json)
                ?? throw new InvalidDataException($"A stored resource of {type.Noun} is empty.");
            loaded.Add(new(type.KeyOf(value), record.Version, value));
        }
        Publish([.. loaded]);
    }

    /// <summary>The one of a key, with version 0 where there is none.</summary>
    public Versioned<T> Find(string key)
    {
        foreach (var one in all)
        {
            if (string.Equals(one.Key, key, StringComparison.Ordinal))
                return one;
        }
        return default;
    }

    /// <summary>
    /// Writes one durably. <paramref name="expected"/>: the version that it must have, 0: it must
    /// not exist; null: any.
    /// </summary>
    public async ValueTask<(Changed Result, Versioned<T> Now)> PutAsync(
        T value, long? expected, CancellationToken cancel)
    {
        await changing.WaitAsync(cancel);
        try
        {
            var key = type.KeyOf(value);
            var before = Find(key);
            if (expected is { } version && version != before.Version)
                return (Changed.Conflict, before);
            if (before.Version == 0 && all.Length >= MaxResources)
                return (Changed.Conflict, before);
            var now = new Versioned<T>(key, before.Version + 1, value);
            var address = Resources.Key(type.Kind, KeyHash.Of(key));
            var body = keys.Seal(address, now.Version,
                JsonSerializer.SerializeToUtf8Bytes(value, type.Json));
            if (!await CommitAsync(new RecordWrite(address, before.Version, body), cancel))
                return (Changed.Conflict, before);
            Publish(all.RemoveAll(one => one.Key == key).Add(now));
            return (Changed.Done, now);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Forgets one.</summary>
    public async ValueTask<Changed> DeleteAsync(
        string key, long? expected, CancellationToken cancel)
    {
        await changing.WaitAsync(cancel);
        try
        {
            var before = Find(key);
            if (before.Version == 0)
                return Changed.Absent;
            if (expected is { } version && version != before.Version)
                return Changed.Conflict;
            var address = Resources.Key(type.Kind, KeyHash.Of(key));
            if (!await CommitAsync(new RecordWrite(address, before.Version, null), cancel))
                return Changed.Conflict;
            Publish(all.RemoveAll(one => one.Key == key));
            return Changed.Done;
        }
        finally
        {
            changing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => changing.Dispose();

    private async ValueTask<bool> CommitAsync(RecordWrite write, CancellationToken cancel)
    {
        var batch = new WriteBatch();
        batch.Records.Add(write);
        return await store.CommitAsync(batch, Lane.Import, cancel) is CommitResult.Committed;
    }

    private void Publish(ImmutableArray<Versioned<T>> now)
    {
        now = now.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        ImmutableInterlocked.InterlockedExchange(ref all, now);
        values = [.. now.Select(one => one.Value)];
    }
}
