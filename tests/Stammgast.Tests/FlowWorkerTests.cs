using System.Buffers;
using System.Text;
using Stammgast.Collect;
using Stammgast.Profiles;
using Stammgast.Storage;
using Stammgast.Tests.Keys;
using Stammgast.Tests.Profiles;
using Xunit;

namespace Stammgast.Tests;

/// <summary>The spine over a real cell: no event may stop it.</summary>
public sealed class FlowWorkerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static long NowMs => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public async Task An_event_that_cannot_be_folded_is_set_aside_and_the_others_are_counted()
    {
        using var folder = new TemporaryFolder();
        var broken = new TaskCompletionSource<Exception>();
        await using (var cell = await OpenAsync(folder, broken))
        {
            var good = Enumerable.Range(1, 20).Select(n => Of(cell, (ulong)n, "good")).ToList();
            var poison = (int[])[0, 3, 4, 11, 19];
            foreach (var at in poison)
                good[at] = good[at] with
                {
                    Type = EventType.Identify,
                    Kind = EventKind.Identify,
                    Body = "{\"traits\":"u8.ToArray()
                };
            var items = good.Select(Item).ToList();
            items.Insert(7, new LogItem(good[0].Leaf.Bucket, "\x01 nothing"u8.ToArray()));
            items.Add(new LogItem(0, Array.Empty<byte>()));
            items.Add(Item(Of(cell, 100, "other")));
            await FoldedAsync(cell, items, broken);
            Assert.Equal(7, cell.Progress.EventsSetAside);
            Assert.Equal(16, cell.Progress.Events);
            var letters = await cell.DeadLetters.ListAsync(null, 50, Cancel);
            Assert.Equal(7, letters.Count);
            Assert.All(letters, one => Assert.Equal(Refusal.NotFolded, one.Letter.Code));
            Assert.Equal(5, letters.Count(one => one.Id.Owner == good[0].Leaf));
            Assert.Equal(
                poison.Select(at => Convert.ToHexString(Item(good[at]).Payload.Span)).Order(),
                letters.Where(one => one.Id.Owner == good[0].Leaf)
                    .Select(one => Convert.ToHexString(one.Letter.Body.Span)).Order());
        }
        // Nothing of the batch comes again.
        await using var later = await OpenAsync(folder, broken);
        await FoldedAsync(later, [Item(Of(later, 101, "other"))], broken);
        Assert.Equal((0, 1), (later.Progress.EventsSetAside, later.Progress.Events));
    }

    [Fact]
    public async Task A_letter_of_the_log_can_be_replayed_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var broken = new TaskCompletionSource<Exception>();
        await using var cell = await OpenAsync(folder, broken);
        var letter = await cell.DeadLetters.SetAsideAsync(
            Of(cell, 1, "good"), Item(Of(cell, 1, "good")).Payload, Cancel);
        var write = new WriteBatch();
        write.Records.Add(letter);
        await cell.Store.CommitAsync(write, Lane.Fold, Cancel);
        var (id, _) = Assert.Single(await cell.DeadLetters.ListAsync(null, 50, Cancel));
        var kept = await cell.DeadLetters.FindAsync(id, Cancel);
        for (var times = 0; times < 2; times++)
        {
            var answer = Assert.IsType<Collected.Accepted>(
                await cell.Collect.ReplayLoggedAsync(kept!.Body, kept.ReceivedAtMs));
            Assert.True(await cell.Progress.WaitAsync(
                answer.Position, TimeSpan.FromSeconds(20), Cancel));
        }
        Assert.Equal((1, 1), (cell.Progress.Events, cell.Progress.Duplicates));
        Assert.False(broken.Task.IsCompleted);
    }

    private static async Task<Cell> OpenAsync(
        TemporaryFolder folder, TaskCompletionSource<Exception> broken)
    {
        var cell = await Cell.OpenAsync(
            new CellOptions { Data = folder.Info, CacheMiB = 16 }, TimeProvider.System, Cancel);
        cell.Start((_, bug) => broken.TrySetResult(bug));
        return cell;
    }

    private static Event Of(Cell cell, ulong message, string device)
    {
        var id = Events.Device(device);
        return Events.One(EventKind.ProductViewed, NowMs, id) with
        {
            Leaf = cell.CellKeys.Index.Leaf(id),
            Message = new MessageKey(message),
            Body = Encoding.UTF8.GetBytes("{\"properties\":{}}"),
        };
    }

    private static LogItem Item(Event e)
    {
        var bytes = new ArrayBufferWriter<byte>();
        EventCodec.Write(e, bytes);
        return new LogItem(e.Leaf.Bucket, bytes.WrittenMemory);
    }

    private static async Task FoldedAsync(
        Cell cell, IReadOnlyList<LogItem> items, TaskCompletionSource<Exception> broken)
    {
        var last = await cell.Log.AppendAsync(items, Cancel);
        var folded = cell.Progress.WaitAsync(last, TimeSpan.FromSeconds(20), Cancel).AsTask();
        if (await Task.WhenAny(folded, broken.Task) == broken.Task)
            Assert.Fail($"The fold broke: {await broken.Task}");
        Assert.True(await folded, "The fold did not come so far within 20 s.");
    }
}
