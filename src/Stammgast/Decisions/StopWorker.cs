using System.Buffers;
using System.Text.Json;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>The stored form of <see cref="StopSet"/>.</summary>
internal sealed record StoredStops(bool Cell, string[] Channels, string[] Campaigns);

/// <summary>
/// The stop button. A stop holds in this process at once, whatever the store does; it is then
/// written, and other processes take it over when they read, each second. Stops made while the
/// store is down stay in memory and are written as soon as it is back. Lifting one needs the store.
/// </summary>
internal sealed class StopWorker(IStore store, PersonKeys keys, TimeProvider time)
{
    // Beside API keys and placements no noun of its own: id 0 of the campaigns' range is no hash.
    private static readonly RecordKey Address = Resources.Key(ResourceKind.Campaign, 0);

    private readonly Lock gate = new();
    private volatile StopSet unsaved = StopSet.None;
    private StopSet saved = StopSet.None;
    private volatile StopSet current = StopSet.None;

    /// <summary>What is stopped now.</summary>
    public StopSet Current => current;

    /// <summary>Stops at once, then durably; false: the store did not take it yet.</summary>
    public async ValueTask<bool> StopAsync(string scope, string key, CancellationToken cancel)
    {
        lock (gate)
        {
            unsaved = unsaved.With(scope, key, isOn: true);
            current = saved.Union(unsaved);
        }
        return await SaveAsync(cancel);
    }

    /// <summary>Lifts a stop durably; false: the store did not take it, it stays stopped.</summary>
    public async ValueTask<bool> LiftAsync(string scope, string key, CancellationToken cancel)
    {
        while (true)
        {
            var (stored, version) = await ReadAsync(cancel);
            StopSet now;
            lock (gate)
                now = stored.Union(unsaved).With(scope, key, isOn: false);
            switch (await WriteAsync(now, version, cancel))
            {
                case CommitResult.Committed:
                    lock (gate)
                    {
                        unsaved = StopSet.None;
                        saved = current = now;
                    }
                    return true;
                case CommitResult.Conflict:
                    continue;
                default:
                    return false;
            }
        }
    }

    /// <summary>Takes over what others stopped and saves what could not be; each second, for ever.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        do
        {
            try
            {
                await LoadAsync(cancel);
                if (!unsaved.IsEmpty)
                    await SaveAsync(cancel);
            }
            catch (Exception broken) when (broken is not OperationCanceledException)
            {
                // The store is down, however it says so: what is stopped stays stopped, and the next
                // second tries again.
                continue;
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    /// <summary>Reads what is stored; what is stopped here and unsaved stays.</summary>
    public async ValueTask LoadAsync(CancellationToken cancel)
    {
        var (stored, _) = await ReadAsync(cancel);
        lock (gate)
        {
            saved = stored;
            current = stored.Union(unsaved);
        }
    }

    private async ValueTask<bool> SaveAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var (stored, version) = await ReadAsync(cancel);
                StopSet mine, now;
                lock (gate)
                    (mine, now) = (unsaved, stored.Union(unsaved));
                if (await WriteAsync(now, version, cancel) is CommitResult.Conflict)
                    continue;
                lock (gate)
                {
                    saved = now;
                    // A stop that came in meanwhile is still to be saved.
                    if (ReferenceEquals(unsaved, mine))
                        unsaved = StopSet.None;
                    current = saved.Union(unsaved);
                }
                return true;
            }
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            return false;
        }
    }

    private async ValueTask<(StopSet Stored, long Version)> ReadAsync(CancellationToken cancel)
    {
        var record = (await store.LoadAsync([Address], cancel))[0];
        if (record.Version == 0)
            return (StopSet.None, 0);
        var plain = new ArrayBufferWriter<byte>();
        if (!keys.TryOpen(Address, record.Version, record.Body.Span, plain))
            throw new InvalidDataException("The stored stops cannot be opened.");
        var stored = JsonSerializer.Deserialize(plain.WrittenSpan, DecisionsJson.Default.StoredStops)
            ?? throw new InvalidDataException("The stored stops are empty.");
        return (StopSet.Of(stored.Cell, stored.Channels, stored.Campaigns), record.Version);
    }

    private async ValueTask<CommitResult> WriteAsync(
        StopSet stops, long version, CancellationToken cancel)
    {
        var stored = new StoredStops(stops.Cell, [.. stops.Channels], [.. stops.Campaigns]);
        var body = keys.Seal(Address, version + 1,
            JsonSerializer.SerializeToUtf8Bytes(stored, DecisionsJson.Default.StoredStops));
        var batch = new WriteBatch();
        batch.Records.Add(new RecordWrite(Address, version, body));
        return await store.CommitAsync(batch, Lane.Lowering, cancel);
    }
}
