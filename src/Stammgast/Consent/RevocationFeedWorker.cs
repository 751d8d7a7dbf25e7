using System.Collections.Immutable;
using Stammgast.Storage;

namespace Stammgast.Consent;

/// <summary>
/// What this node knows of lowerings. It reads the cell's revocation ledger each 250 ms, and hears
/// of its own node's lowerings at once. Who keeps anything of a person in memory subscribes, and
/// drops it when told; who shows anything personal asks first whether the feed is
/// <see cref="Fresh"/>. A lowering may be told twice.
/// </summary>
internal sealed class RevocationFeed(IStore store, TimeProvider time, ILogger<RevocationFeed> log)
{
    /// <summary>How often the ledger is read.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    /// <summary>Not read for so long: generic content only.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(1);

    // Only RunAsync's loop (or a test) reads and writes these.
    private long _next;
    private bool _isPlaced;

    private long _readAt;
    private ImmutableArray<Action<Revocation>> _subscribers = [];

    /// <summary>Whether the ledger was read to its end within the last second. Any thread.</summary>
    public bool Fresh
    {
        get
        {
            var readAt = Volatile.Read(ref _readAt);
            return readAt != 0 && time.GetElapsedTime(readAt) < FreshFor;
        }
    }

    /// <summary>Tells of every lowering from now on; on the thread that learns of it: be quick.</summary>
    public void Subscribe(Action<Revocation> drop) =>
        ImmutableInterlocked.Update(ref _subscribers, (all, one) => all.Add(one), drop);

    /// <summary>Tells this node at once of what it has just committed. Any thread.</summary>
    public void Publish(in Revocation revocation)
    {
        foreach (var drop in _subscribers)
            drop(revocation);
    }

    /// <summary>
    /// Reads to the end. The first time it only finds the end: a node that has just started
    /// remembers nothing from before.
    /// </summary>
    public async ValueTask ReadAsync(CancellationToken cancel)
    {
        // Taken before the read: what is committed after this instant may be missing from it.
        var startedAt = time.GetTimestamp();
        if (!_isPlaced)
        {
            _next = 1 + await LedgerWorker.EndAsync(store, ConsentRows.Revocations, cancel);
            _isPlaced = true;
        }
        await foreach (var entry in LedgerWorker.EntriesAsync(
            store, ConsentRows.Revocations, _next, cancel))
        {
            Publish(Revocation.Of(entry));
            _next = entry.Sequence + 1;
        }
        Volatile.Write(ref _readAt, Math.Max(1, startedAt));
    }

    /// <summary>Reads each 250 ms until cancelled; a failed read is said and tried again.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await ReadAsync(cancel);
            }
            catch (Exception failure) when (!cancel.IsCancellationRequested)
            {
                // Not swallowed: Fresh turns false within a second, and everybody asks it.
                ConsentLog.FeedNotRead(log, failure);
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }
}
