using System.Diagnostics.Metrics;

namespace Stammgast;

/// <summary>
/// How far the fold has come: what read-your-own-writes waits for, and what the lag is reported
/// from. Written by the fold, read by any thread. A process begins where the last one had come to.
/// </summary>
internal sealed class FlowProgress(TimeProvider time, LogPosition folded = default)
{
    private static readonly Meter Meter = new("Stammgast.Flow");

    private static readonly Counter<long> Aside = Meter.CreateCounter<long>(
        "stammgast.fold.set_aside", "{event}", "Events that could not be folded: dead letters");

    private long _aside;
    private long _folded = folded.Value;
    private long _events;
    private long _duplicates;
    private long _behindSinceMs;
    private TaskCompletionSource _moved = NewSignal();

    /// <summary>Everything at or before it is committed in the store.</summary>
    public LogPosition Folded => new(Volatile.Read(ref _folded));

    /// <summary>Events committed since start, duplicates not counted.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Events since start that had been counted before.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates);

    /// <summary>Events since start that could not be folded and lie in the dead letters.</summary>
    public long EventsSetAside => Volatile.Read(ref _aside);

    /// <summary>Age of the oldest event that is being folded, ms; 0 when idle.</summary>
    public long BehindMs
    {
        get
        {
            var since = Volatile.Read(ref _behindSinceMs);
            return since == 0 ? 0 : Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - since);
        }
    }

    /// <summary>The fold begins with a batch whose oldest event was received at this instant.</summary>
    public void Begin(long oldestReceivedAtMs) =>
        Volatile.Write(ref _behindSinceMs, Math.Max(1, oldestReceivedAtMs));

    /// <summary>An event was set aside.</summary>
    public void SetAside()
    {
        Interlocked.Increment(ref _aside);
        Aside.Add(1);
    }

    /// <summary>A batch is committed.</summary>
    public void Done(LogPosition last, int events, int duplicates)
    {
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _duplicates, duplicates);
        Volatile.Write(ref _folded, last.Value);
        Volatile.Write(ref _behindSinceMs, 0);
        Interlocked.Exchange(ref _moved, NewSignal()).TrySetResult();
    }

    /// <summary>Waits until a position is folded, at most so long; whether it is.</summary>
    public async ValueTask<bool> WaitAsync(
        LogPosition position, TimeSpan atMost, CancellationToken cancel)
    {
        if (Folded.CompareTo(position) >= 0)
            return true;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(atMost);
        while (true)
        {
            var moved = Volatile.Read(ref _moved).Task;
            if (Folded.CompareTo(position) >= 0)
                return true;
            try
            {
                await moved.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return Folded.CompareTo(position) >= 0;
            }
        }
    }

    private static TaskCompletionSource NewSignal() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
