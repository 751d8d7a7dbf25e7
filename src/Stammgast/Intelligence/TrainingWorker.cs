using System.Threading.Channels;
using Stammgast.Catalogue;

namespace Stammgast.Intelligence;

/// <summary>
/// Keeps the models: trains them from consented history at start and every hour, learns between
/// from what the fold hands over, and forgets a leaf at once. Readers take <see cref="Current"/>,
/// which is swapped and never locked. Memory is bounded by <see cref="TrainingOptions"/>.
/// </summary>
/// <param name="catalogue">The catalogue as it is now; loaded before the first training.</param>
/// <param name="source">
/// All rows of consented history as of now, in any order: of events allowed for the training
/// purpose whose person still gives it. Called for each full training.
/// </param>
/// <param name="time">The clock.</param>
/// <param name="options">Bounds.</param>
/// <param name="logger">Counts only.</param>
public sealed class TrainingWorker(
    Func<CatalogueSnapshot> catalogue, Func<CancellationToken, IAsyncEnumerable<TrainingRow>> source,
    TimeProvider time, TrainingOptions options, ILogger logger)
{
    private readonly Channel<TrainingRow> rows = Channel.CreateBounded<TrainingRow>(
        new BoundedChannelOptions(options.QueueRows) { SingleReader = true });
    private readonly Lock gate = new();
    private readonly TaskCompletionSource trained = new(
        TaskCreationOptions.RunContinuationsAsynchronously);

    // All under the gate. A forgotten leaf is learned again only by a full training that began
    // after the word: an event still in flight cannot bring it back.
    private readonly Dictionary<LeafId, int> forgotten = [];

    // The training in which more said no than are remembered: until one that began later is done,
    // nothing is learned. −1: not so.
    private int crowded = -1;
    private Trainer trainer = new(options);
    private List<TrainingRow>? meanwhile;
    private int trainings;
    private long version;
    private long dropped;
    private long droppedSaid;
    private volatile ModelSet current = ModelSet.Empty;

    /// <summary>The newest models; never null, <see cref="ModelSet.Empty"/> before the first.</summary>
    public ModelSet Current => current;

    /// <summary>Completes when the first full training is done.</summary>
    public Task Trained => trained.Task;

    /// <summary>Rows that found the queue full since the start; the next full training has them.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>
    /// Hands over a row as it is folded: it shows within about a second. Any thread; never waits.
    /// </summary>
    public void Observe(in TrainingRow row)
    {
        if (!rows.Writer.TryWrite(row))
            Interlocked.Increment(ref dropped);
    }

    /// <summary>
    /// Takes a leaf out of all models, now: when it returns, <see cref="Current"/> holds nothing of
    /// it. For withdrawal, objection and erasure; any thread.
    /// </summary>
    public void Forget(LeafId leaf)
    {
        lock (gate)
        {
            if (forgotten.Count < options.MaxForgotten || forgotten.ContainsKey(leaf))
                forgotten[leaf] = trainings;
            else
                crowded = trainings;
            if (trainer.Forget(leaf, catalogue()))
                Publish();
        }
    }

    /// <summary>Learns and trains until told to stop.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var training = Task.FromResult(true);
        long? begunAt = null;
        CatalogueSnapshot? seen = null;
        while (!cancel.IsCancellationRequested)
        {
            if (training.IsCompletedSuccessfully && IsDue(begunAt, await training))
            {
                begunAt = time.GetTimestamp();
                training = Task.Run(() => TrainAsync(cancel), CancellationToken.None);
            }
            seen = Drain(seen);
            // New rows or not: a changed catalogue and a due training are looked after too.
            await Task.Delay(options.PublishEvery, time, cancel)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await training;
    }

    /// <summary>
    /// One full training from the source; the old models serve until it is done. False: it failed
    /// and they serve on.
    /// </summary>
    public async Task<bool> TrainAsync(CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        int round;
        lock (gate)
            (round, meanwhile) = (++trainings, []);
        try
        {
            var over = catalogue();
            var log = new UseLog(options.MaxUses);
            await foreach (var row in source(cancel).WithCancellation(cancel))
            {
                foreach (var id in row.ProductIds)
                {
                    if (Trainer.IsLearned(over, id, out var item))
                        log.Add(row.Leaf, row.AtMs, item, row.Kind);
                }
            }
            var fresh = Trainer.From(log, over, options);
            // The costly first rows are made before anybody has to wait for the gate.
            fresh.Publish(over, 0);
            lock (gate)
            {
                if (!TrySwap(fresh, round))
                    return false;
            }
            IntelligenceLog.Trained(logger, current.Card.People, current.Card.Uses,
                current.Card.Sessions, (long)time.GetElapsedTime(started).TotalMilliseconds);
            trained.TrySetResult();
            return true;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            trained.TrySetCanceled(cancel);
            return false;
        }
        catch (Exception why)
        {
            // Whatever it was, the old models serve on and the next round tries again.
            IntelligenceLog.Failed(logger, why);
            return false;
        }
    }

    private bool IsDue(long? begunAt, bool succeeded) =>
        begunAt is not { } at
        || time.GetElapsedTime(at) >= (succeeded ? options.TrainEvery : options.RetryAfter);

    // False: somebody said no while the history was read, and nobody knows any more who.
    private bool TrySwap(Trainer fresh, int round)
    {
        var isVoid = crowded >= round;
        foreach (var (leaf, since) in forgotten.ToArray())
        {
            if (since >= round)
                fresh.Forget(leaf, catalogue());
            else
                forgotten.Remove(leaf);
        }
        if (isVoid)
        {
            meanwhile = null;
            return false;
        }
        crowded = -1;
        // What came in while the history was read may or may not have been in it; twice is once.
        foreach (var row in meanwhile ?? [])
        {
            if (!forgotten.ContainsKey(row.Leaf))
                fresh.Add(row, catalogue());
        }
        (trainer, meanwhile) = (fresh, null);
        Publish();
        return true;
    }

    private CatalogueSnapshot Drain(CatalogueSnapshot? seen)
    {
        var now = catalogue();
        lock (gate)
        {
            var learned = false;
            while (rows.Reader.TryRead(out var row))
            {
                if (crowded >= 0 || forgotten.ContainsKey(row.Leaf))
                    continue;
                trainer.Add(row, now);
                if (meanwhile is not null && meanwhile.Count < options.QueueRows)
                    meanwhile.Add(row);
                learned = true;
            }
            if (learned || (seen is not null && seen.Version != now.Version))
                Publish();
        }
        var lost = Dropped - droppedSaid;
        if (lost > 0)
            IntelligenceLog.Dropped(logger, lost);
        droppedSaid += lost;
        return now;
    }

    private void Publish() => current = trainer.Publish(catalogue(), ++version);
}
