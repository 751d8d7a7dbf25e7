using System.Buffers;
using System.Buffers.Binary;
using System.Threading.Channels;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Collect;

/// <summary>What <see cref="DeadLetterWorker"/> is composed of.</summary>
internal sealed record DeadLetterParts
{
    /// <summary>Where letters lie.</summary>
    public required IStore Store { get; init; }

    /// <summary>Seals them.</summary>
    public required PersonKeys Keys { get; init; }

    /// <summary>Names the days' keys.</summary>
    public required BlindIndex Index { get; init; }

    /// <summary>How many, how long.</summary>
    public required CollectOptions Options { get; init; }

    /// <summary>The cell's clock.</summary>
    public required TimeProvider Time { get; init; }
}

/// <summary>
/// Keeps rejected events for a fortnight, each day under a key of its own that is destroyed at the
/// end, each under its leaf where one was found, so that erasing the person takes it along. One
/// loop writes; offering never waits: whoever sends rubbish faster than
/// <see cref="CollectOptions.DeadLettersPerSecond"/> is counted, not stored.
/// </summary>
internal sealed class DeadLetterWorker : IAsyncDisposable
{
    private const int WaitingAtMost = 1_000;
    private const int PageRows = 500;
    private static readonly TimeSpan Upkeep = TimeSpan.FromHours(1);

    private readonly DeadLetterParts _parts;
    private readonly Channel<(RejectedEvent Event, SourceId Source, long ReceivedAtMs)> _waiting =
        Channel.CreateBounded<(RejectedEvent, SourceId, long)>(WaitingAtMost);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _writing;
    private readonly Task _expiring;
    private long _second;
    private int _inSecond;
    private uint _count;

    /// <summary>Starts the loop.</summary>
    public DeadLetterWorker(DeadLetterParts parts)
    {
        _parts = parts;
        _writing = Task.Run(WriteAsync);
        _expiring = Task.Run(ExpireRegularlyAsync);
    }

    /// <summary>Offers a rejected event; any thread, never waits.</summary>
    public void Offer(RejectedEvent rejected, SourceId source, long receivedAtMs)
    {
        var kept = MayKeep(receivedAtMs / 1000)
            && _waiting.Writer.TryWrite((rejected, source, receivedAtMs));
        CollectCounters.Letter(kept);
    }

    /// <summary>
    /// An accepted event that cannot be folded, as a row for the commit that leaves it out.
    /// </summary>
    public ValueTask<RecordWrite> SetAsideAsync(
        Event? e, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        var nowMs = _parts.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var rejected = new RejectedEvent(
            CollectCall.Logged, payload.ToArray(), Refusal.NotFolded, "", e?.Leaf ?? LeafId.None);
        CollectCounters.Letter(kept: true);
        return SealAsync(rejected, e?.Source ?? default, nowMs, cancel);
    }

    /// <summary>
    /// Letters in the order of owner and receipt, after a letter; without their content.
    /// </summary>
    public async ValueTask<IReadOnlyList<(DeadLetterId Id, DeadLetter Letter)>> ListAsync(
        DeadLetterId? after, int limit, CancellationToken cancel)
    {
        var records = await _parts.Store.ScanAsync(
            RecordKind.DeadLetter, after is { } id ? KeyOf(id) : null, limit, cancel);
        var letters = new List<(DeadLetterId, DeadLetter)>(records.Count);
        foreach (var record in records)
        {
            var at = new DeadLetterId(record.Key.Owner, record.Key.Id);
            if (TryOpen(at, record, out var letter))
                letters.Add((at, letter));
        }
        return letters;
    }

    /// <summary>One letter, or null if there is none or its day's key is gone.</summary>
    public async ValueTask<DeadLetter?> FindAsync(DeadLetterId id, CancellationToken cancel)
    {
        var records = await _parts.Store.LoadAsync([KeyOf(id)], cancel);
        return records[0].Version > 0 && TryOpen(id, records[0], out var letter) ? letter : null;
    }

    /// <summary>Deletes a letter.</summary>
    /// <exception cref="OverloadedException">The store takes nothing now.</exception>
    public ValueTask<CommitResult> DeleteAsync(DeadLetterId id, CancellationToken cancel)
    {
        var batch = new WriteBatch();
        batch.Records.Add(new RecordWrite(KeyOf(id), RecordWrite.AnyVersion, null));
        return _parts.Store.CommitAsync(batch, Lane.Import, cancel);
    }

    /// <summary>Deletes what is too old and destroys the keys of its days.</summary>
    public async ValueTask ExpireAsync(CancellationToken cancel)
    {
        var nowMs = _parts.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var last = nowMs / 86_400_000 - _parts.Options.DeadLetterDays;
        var days = new HashSet<long> { last - 1 };
        RecordKey? after = null;
        for (var more = true; more;)
        {
            var page = await _parts.Store.ScanAsync(RecordKind.DeadLetter, after, PageRows, cancel);
            var batch = new WriteBatch();
            foreach (var record in page)
            {
                var id = new DeadLetterId(record.Key.Owner, record.Key.Id);
                after = record.Key;
                if (id.Day >= last)
                    continue;
                days.Add(id.Day);
                batch.Records.Add(new RecordWrite(record.Key, RecordWrite.AnyVersion, null));
            }
            if (!batch.IsEmpty)
                await _parts.Store.CommitAsync(batch, Lane.Import, cancel);
            more = page.Count == PageRows;
        }
        foreach (var day in days)
            await _parts.Keys.DestroyAsync(DayLeaf(day), cancel);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _writing;
        await _expiring;
        _stopping.Dispose();
    }

    // Torn between two threads the bound is off by a letter or two, which does not matter.
    private bool MayKeep(long second)
    {
        if (Interlocked.Exchange(ref _second, second) != second)
            Volatile.Write(ref _inSecond, 0);
        return Interlocked.Increment(ref _inSecond) <= _parts.Options.DeadLettersPerSecond;
    }

    // Writes all that waits even while stopping.
    private async Task WriteAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var batch = new WriteBatch();
            while (batch.Records.Count < PageRows && _waiting.Reader.TryRead(out var next))
                batch.Records.Add(await SealAsync(
                    next.Event, next.Source, next.ReceivedAtMs, CancellationToken.None));
            try
            {
                await _parts.Store.CommitAsync(batch, Lane.Import, CancellationToken.None);
            }
            catch (OverloadedException)
            {
                // Letters yield to everything else; that they were rejected has been answered.
                foreach (var _ in batch.Records)
                    CollectCounters.Letter(kept: false);
            }
        }
    }

    private async ValueTask<RecordWrite> SealAsync(
        RejectedEvent rejected, SourceId source, long receivedAtMs, CancellationToken cancel)
    {
        var id = DeadLetterId.At(rejected.Leaf, receivedAtMs, Interlocked.Increment(ref _count));
        var letter = new DeadLetter
        {
            Source = source,
            ReceivedAtMs = receivedAtMs,
            Call = rejected.Call,
            Code = rejected.Code,
            Field = rejected.Field,
            Body = rejected.Body,
        };
        await _parts.Keys.EnsureAsync([DayLeaf(id.Day)], cancel);
        return new RecordWrite(
            KeyOf(id), 0, _parts.Keys.Seal(SealOf(id), 1, letter.Write()));
    }

    private async Task ExpireRegularlyAsync()
    {
        using var timer = new PeriodicTimer(Upkeep, _parts.Time);
        try
        {
            do
            {
                await ExpireOnceAsync();
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopping is how this loop ends.
        }
    }

    private async ValueTask ExpireOnceAsync()
    {
        try
        {
            await ExpireAsync(_stopping.Token);
        }
        catch (OverloadedException)
        {
            // The next hour will do: days are counted from the letters that still lie there.
        }
    }

    private bool TryOpen(DeadLetterId id, in StoredRecord record, out DeadLetter letter)
    {
        var plain = new ArrayBufferWriter<byte>();
        var opened = _parts.Keys.TryOpen(SealOf(id), record.Version, record.Body.Span, plain);
        letter = opened ? DeadLetter.Read(plain.WrittenSpan) : null!;
        return opened;
    }

    private static RecordKey KeyOf(DeadLetterId id) =>
        new(RecordKind.DeadLetter, id.Owner, id.Order);

    // Sealed under its day instead of its owner: a letter must not outlive its fortnight.
    private RecordKey SealOf(DeadLetterId id) =>
        new(RecordKind.DeadLetter, DayLeaf(id.Day), id.Order);

    private LeafId DayLeaf(long day)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, day);
        return new LeafId(_parts.Index.Hash("dead letters of a day"u8, value));
    }
}
