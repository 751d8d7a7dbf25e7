using System.Globalization;

namespace Stammgast.Storage.Embedded;

/// <summary>What a raw run did.</summary>
/// <param name="Events">Events made durable.</param>
/// <param name="Seconds">How long that took.</param>
/// <param name="ProcessorSeconds">Processor time of the whole process meanwhile.</param>
/// <param name="WrittenBytes">Bytes that went to the disk (Linux; elsewhere 0).</param>
public sealed record RawFigure(
    long Events, double Seconds, double ProcessorSeconds, long WrittenBytes)
{
    /// <summary>Events per second.</summary>
    public double EventsPerSecond => Events / Seconds;

    /// <summary>Processor time per event, µs.</summary>
    public double ProcessorUsPerEvent => ProcessorSeconds * 1e6 / Events;

    /// <summary>Bytes written per event.</summary>
    public double BytesPerEvent => (double)WrittenBytes / Events;
}

/// <summary>
/// What log and store reach by themselves, with blocks and batches as the line makes them but
/// without HTTP, checks and folding: what a benchmark of the line is measured against.
/// </summary>
public static class RawLimits
{
    private const int RecordBytes = 300;
    private const int HistoryBytes = 250;

    /// <summary>
    /// Appends blocks of events from several callers at once while a reader follows and
    /// acknowledges; the log lies in a folder that must be empty.
    /// </summary>
    public static async Task<RawFigure> AppendAsync(
        string folder, TimeProvider time, RawLoad load, CancellationToken cancel)
    {
        await using var log = new FileEventLog(folder, time);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var following = FollowAsync(log, done.Token);
        var payload = Bytes(load.EventBytes);
        var block = new LogItem[load.BatchEvents];
        for (var i = 0; i < block.Length; i++)
            block[i] = new LogItem((byte)i, payload);
        var meter = new Meter(time);
        var counts = await Task.WhenAll(Enumerable.Range(0, load.Callers).Select(_ =>
            Task.Run(() => AppendUntilAsync(log, block, meter, load.Duration, cancel), cancel)));
        var figure = meter.Read(counts.Sum());
        await done.CancelAsync();
        await following;
        return figure;
    }

    /// <summary>
    /// Commits batches as the fold makes them: 90 % of the events to 10 % of the people, one record
    /// a person and batch, one history piece with 250 bytes an event. Writes every person once
    /// beforehand; measures until the last commit, the tables being written behind meanwhile.
    /// </summary>
    public static async Task<RawFigure> CommitAsync(
        string folder, TimeProvider time, RawLoad load, CancellationToken cancel)
    {
        var people = new People(load.People);
        await FillAsync(folder, time, people, load, cancel);
        await using var store = new SqliteStore(folder, time);
        var random = new Xorshift(7);
        var meter = new Meter(time);
        var events = 0L;
        while (meter.Elapsed < load.Duration)
        {
            await CommitAsync(store, people.BatchOf(people.Draw(random, load.BatchEvents)), cancel);
            events += load.BatchEvents;
            if (load.EventsPerSecond > 0)
            {
                var ahead = TimeSpan.FromSeconds(events / load.EventsPerSecond) - meter.Elapsed;
                if (ahead > TimeSpan.Zero)
                    await Task.Delay(ahead, time, cancel);
            }
        }
        return meter.Read(events);
    }

    // Closing brings everything into the tables, so that the run pays for its own writes only.
    private static async Task FillAsync(
        string folder, TimeProvider time, People people, RawLoad load, CancellationToken cancel)
    {
        await using var store = new SqliteStore(folder, time);
        for (var from = 0; from < load.People; from += load.BatchEvents)
        {
            var some = Math.Min(load.BatchEvents, load.People - from);
            await CommitAsync(store, people.BatchOf(Enumerable.Range(from, some)), cancel);
        }
    }

    private static async Task<long> AppendUntilAsync(
        FileEventLog log, LogItem[] block, Meter meter, TimeSpan duration, CancellationToken cancel)
    {
        var events = 0L;
        while (meter.Elapsed < duration)
        {
            try
            {
                await log.AppendAsync(block, cancel);
                events += block.Length;
            }
            catch (OverloadedException e)
            {
                await Task.Delay(e.RetryAfter, cancel);
            }
        }
        return events;
    }

    private static async Task FollowAsync(FileEventLog log, CancellationToken cancel)
    {
        try
        {
            while (true)
                await log.AcknowledgeAsync(await log.ReadAsync(0, 2_500, cancel), cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    private static async Task CommitAsync(
        SqliteStore store, WriteBatch batch, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                if (await store.CommitAsync(batch, Lane.Fold, cancel) is CommitResult.Committed)
                    return;
                throw new InvalidOperationException("Nobody else writes these records.");
            }
            catch (OverloadedException e)
            {
                await Task.Delay(e.RetryAfter, cancel);
            }
        }
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
        return bytes;
    }

    private sealed class People(int count)
    {
        private readonly byte[] body = Bytes(RecordBytes);
        private readonly byte[] history = Bytes(HistoryBytes * Limits.PieceEvents);
        private readonly int[] versions = new int[count];
        private readonly Dictionary<int, int> drawn = [];
        private readonly WriteBatch batch = new();

        public IEnumerable<int> Draw(Xorshift random, int events)
        {
            // Every tenth person is busy, so that they do not lie together by chance.
            for (var i = 0; i < events; i++)
            {
                yield return random.Next(10) > 0
                    ? random.Next(count / 10) * 10
                    : random.Next(count);
            }
        }

        public WriteBatch BatchOf(IEnumerable<int> people)
        {
            drawn.Clear();
            foreach (var person in people)
                drawn[person] = drawn.GetValueOrDefault(person) + 1;
            batch.Clear();
            foreach (var (person, events) in drawn)
            {
                // Spread like the keyed hashes that leaf ids are.
                var spread = new UInt128(
                    (ulong)(person + 1) * 0x9E37_79B9_7F4A_7C15, (ulong)person + 1);
                var leaf = new LeafId(spread);
                var version = versions[person]++;
                batch.Records.Add(new(new(RecordKind.Leaf, leaf), version, body));
                batch.History.Add(new(leaf, version + 1, 1_780_000_000_000, new ulong[events],
                    history.AsMemory(0, HistoryBytes * Math.Min(events, Limits.PieceEvents))));
            }
            return batch;
        }
    }

    // The load must be the same every time; a seed of its own keeps it so.
    private sealed class Xorshift(ulong seed)
    {
        private ulong state = seed;

        public int Next(int below)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            return (int)((state >> 33) % (ulong)below);
        }
    }

    private sealed class Meter(TimeProvider time)
    {
        private readonly long began = time.GetTimestamp();
        private readonly double processor = Environment.CpuUsage.TotalTime.TotalSeconds;
        private readonly long written = Written();

        public TimeSpan Elapsed => time.GetElapsedTime(began);

        public RawFigure Read(long events) => new(events, Elapsed.TotalSeconds,
            Environment.CpuUsage.TotalTime.TotalSeconds - processor, Written() - written);

        private static long Written()
        {
            const string counters = "/proc/self/io", name = "write_bytes:";
            var line = File.Exists(counters)
                ? File.ReadLines(counters)
                    .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))
                : null;
            return line is null
                ? 0
                : long.Parse(line.AsSpan(name.Length), CultureInfo.InvariantCulture);
        }
    }
}

/// <summary>How hard a raw run drives.</summary>
public sealed record RawLoad
{
    /// <summary>How long.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Events in one block or batch.</summary>
    public required int BatchEvents { get; init; }

    /// <summary>Bytes of an event in the log.</summary>
    public int EventBytes { get; init; } = 500;

    /// <summary>Callers that append at once.</summary>
    public int Callers { get; init; } = 16;

    /// <summary>People in the store.</summary>
    public int People { get; init; } = 200_000;

    /// <summary>Events per second that are offered to the store; 0: as many as it takes.</summary>
    public double EventsPerSecond { get; init; }
}
