using System.Buffers;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>
/// Forgets on-site decisions after 90 days, each with its look-up. A decision's id tells its age,
/// so that only what goes is opened. One sweep an hour; two nodes sweeping do no harm.
/// </summary>
internal sealed class RetentionWorker(IStore store, PersonKeys keys, TimeProvider time)
{
    /// <summary>How long a decision is kept.</summary>
    public const int Days = 90;

    private const int Page = 512;
    private const long DayMs = 86_400_000;

    /// <summary>Sweeps each hour, until the end.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            try
            {
                await SweepAsync(cancel);
            }
            catch (OverloadedException)
            {
                // The store has no room for deletions now; the next hour tries again.
                continue;
            }
        }
    }

    /// <summary>Deletes what is older; how many.</summary>
    public async ValueTask<int> SweepAsync(CancellationToken cancel)
    {
        var before = (ulong)(time.GetUtcNow().ToUnixTimeMilliseconds() - Days * DayMs) << 22;
        var deleted = 0;
        RecordKey? after = null;
        while (true)
        {
            var page = await store.ScanAsync(RecordKind.Decision, after, Page, cancel);
            var batch = new WriteBatch();
            foreach (var record in page)
            {
                if (record.Key.Id < before)
                    Delete(batch, record);
            }
            if (!batch.IsEmpty
                && await store.CommitAsync(batch, Lane.Import, cancel) is CommitResult.Committed)
                deleted += batch.Records.Count;
            if (page.Count < Page)
                return deleted;
            after = page[^1].Key;
        }
    }

    private void Delete(WriteBatch batch, in StoredRecord record)
    {
        batch.Records.Add(new RecordWrite(record.Key, RecordWrite.AnyVersion, null));
        var plain = new ArrayBufferWriter<byte>(DecisionRecord.MaxBytes);
        if (!keys.TryOpen(record.Key, record.Version, record.Body.Span, plain))
            return;
        var lookUp = new LookUpWrite(
            ReservationWorker.LookUpOf(DecisionRecord.Decode(plain.WrittenSpan).Id),
            record.Key.Owner, Remove: true);
        if (!batch.LookUps.Contains(lookUp))
            batch.LookUps.Add(lookUp);
    }
}
