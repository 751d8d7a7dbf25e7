using System.Text;
using Stammgast.Storage;
using Xunit;

namespace Stammgast.Tests.Storage.Contracts;

/// <summary>What every event log keeps; each implementation inherits it.</summary>
public abstract class EventLogContract
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The log, opened; again after it was disposed, it is the same log.</summary>
    protected abstract ValueTask<IEventLog> OpenAsync();

    [Fact]
    public async Task What_was_appended_is_read_in_order()
    {
        await using var log = await OpenAsync();
        await log.AppendAsync(Items(0, 3), Cancel);
        var position = await log.AppendAsync(Items(3, 2), Cancel);
        Assert.True(log.Head.CompareTo(position) >= 0);
        Assert.Equal(Names(0, 5), await ReadAsync(log, 5));
    }

    [Fact]
    public async Task Positions_ascend_over_restarts()
    {
        LogPosition first, second;
        await using (var log = await OpenAsync())
            first = await log.AppendAsync(Items(0, 1), Cancel);
        await using (var log = await OpenAsync())
        {
            Assert.Equal(first, log.Head);
            second = await log.AppendAsync(Items(1, 1), Cancel);
        }
        Assert.True(second.CompareTo(first) > 0);
    }

    [Fact]
    public async Task Unacknowledged_items_come_again_after_a_restart()
    {
        await using (var log = await OpenAsync())
        {
            await log.AppendAsync(Items(0, 10), Cancel);
            await ReadAsync(log, 10);
        }
        await using (var log = await OpenAsync())
            Assert.Equal(Names(0, 10), await ReadAsync(log, 10));
    }

    [Fact]
    public async Task Acknowledged_items_do_not_come_again_after_an_orderly_restart()
    {
        await using (var log = await OpenAsync())
        {
            await log.AppendAsync(Items(0, 10), Cancel);
            var batch = await log.ReadAsync(0, 4, Cancel);
            await log.AcknowledgeAsync(batch, Cancel);
        }
        await using (var log = await OpenAsync())
            Assert.Equal(Names(4, 6), await ReadAsync(log, 6));
    }

    [Fact]
    public async Task A_batch_holds_at_most_what_was_asked_for()
    {
        await using var log = await OpenAsync();
        await log.AppendAsync(Items(0, 10), Cancel);
        var batch = await log.ReadAsync(0, 4, Cancel);
        Assert.InRange(batch.Items.Count, 1, 4);
    }

    [Fact]
    public async Task A_reader_waits_until_there_is_something()
    {
        await using var log = await OpenAsync();
        var reading = log.ReadAsync(0, 10, Cancel).AsTask();
        Assert.False(reading.IsCompleted);
        await log.AppendAsync(Items(0, 1), Cancel);
        Assert.Equal("event-0", Name((await reading).Items[0]));
    }

    [Fact]
    public async Task A_waiting_reader_can_be_cancelled()
    {
        await using var log = await OpenAsync();
        using var cancel = new CancellationTokenSource();
        var reading = log.ReadAsync(0, 10, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task Many_appending_at_once_each_get_their_own_place()
    {
        const int callers = 16, each = 50;
        await using var log = await OpenAsync();
        var positions = await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            var own = new List<LogPosition>();
            for (var i = 0; i < each; i++)
                own.Add(await log.AppendAsync(Items(caller * each + i, 1), Cancel));
            return own;
        }));
        Assert.Equal(callers * each, positions.SelectMany(own => own).Distinct().Count());
        Assert.All(positions, own => Assert.Equal(own.Order(), own));
        var read = await ReadAsync(log, callers * each);
        Assert.Equal(Names(0, callers * each).Order(StringComparer.Ordinal),
            read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Payloads_come_back_byte_for_byte_with_their_bucket()
    {
        await using var log = await OpenAsync();
        byte[][] payloads = [[], [0], [.. Enumerable.Range(0, 40_000).Select(i => (byte)i)]];
        await log.AppendAsync([.. payloads.Select((p, i) => new LogItem((byte)(i * 100), p))],
            Cancel);
        var read = new List<LogItem>();
        while (read.Count < payloads.Length)
            read.AddRange((await log.ReadAsync(0, 10, Cancel)).Items);
        for (var i = 0; i < payloads.Length; i++)
        {
            Assert.Equal(payloads[i], read[i].Payload.ToArray());
            Assert.Equal(i * 100, read[i].Bucket);
        }
    }

    protected static LogItem[] Items(int from, int count) =>
        [.. Names(from, count).Select(name => new LogItem(7, Encoding.UTF8.GetBytes(name)))];

    protected static IEnumerable<string> Names(int from, int count) =>
        Enumerable.Range(from, count).Select(i => $"event-{i}");

    protected static string Name(LogItem item) => Encoding.UTF8.GetString(item.Payload.Span);

    protected static async Task<List<string>> ReadAsync(IEventLog log, int count)
    {
        var names = new List<string>();
        while (names.Count < count)
        {
            var batch = await log.ReadAsync(0, count - names.Count, Cancel);
            names.AddRange(batch.Items.Select(Name));
        }
        return names;
    }
}
