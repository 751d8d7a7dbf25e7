using System.Text;
using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Xunit;

namespace Stammgast.Tests.Storage;

/// <summary>What the embedded log does when the disk or the process fails it.</summary>
public sealed class FileEventLogFaultTests : IDisposable
{
    private readonly Folder folder = new();
    private readonly FaultyDisk disk = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string NewestSegment => Directory.GetFiles(folder.Path, "*.seg").Order(StringComparer.Ordinal).Last();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_tail_torn_anywhere_is_cut_and_all_before_it_is_kept()
    {
        await AppendAsync(["kept-1", "kept-2"]);
        var whole = new FileInfo(NewestSegment).Length;
        var after = await CopyAfterCrashAsync(["torn"]);
        for (var length = whole; length < after.Length; length += 3)
        {
            using var torn = new Folder();
            CopyTo(torn.Path);
            await File.WriteAllBytesAsync(torn.At(Path.GetFileName(NewestSegment)),
                after[..(int)length], Cancel);
            await using var log = Open(torn.Path);
            Assert.Equal(["kept-1", "kept-2"], await ReadAllAsync(log));
            await log.AppendAsync([Item("next")], Cancel);
            Assert.Equal(["next"], await ReadAllAsync(log));
        }
    }

    [Fact]
    public async Task A_flipped_bit_is_found_and_named_wherever_it_is()
    {
        await AppendAsync(["one", "two", "three"]);
        var path = NewestSegment;
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        for (var at = 0; at < bytes.Length; at++)
        {
            var flipped = bytes.ToArray();
            flipped[at] ^= (byte)(1 << at % 8);
            await File.WriteAllBytesAsync(path, flipped, Cancel);
            var found = Assert.Throws<InvalidDataException>(() => Open(folder.Path));
            Assert.Contains(path, found.Message, StringComparison.Ordinal);
        }
        await File.WriteAllBytesAsync(path, bytes, Cancel);
        await using var log = Open(folder.Path);
        Assert.Equal(["one", "two", "three"], await ReadAllAsync(log));
    }

    [Fact]
    public async Task A_bit_that_flips_while_the_log_runs_is_named_by_the_reader()
    {
        await using var log = new FileEventLog(
            folder.Path, TimeProvider.System, new FileEventLogOptions { CacheBytes = 0 });
        await log.AppendAsync([Item("one")], Cancel);
        var path = NewestSegment;
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite,
            FileShare.ReadWrite))
        {
            file.Position = 40;
            var bits = file.ReadByte();
            file.Position = 40;
            file.WriteByte((byte)(bits ^ 4));
        }
        var found = await Assert.ThrowsAsync<InvalidDataException>(
            () => log.ReadAsync(0, 9, Cancel).AsTask());
        Assert.Contains(path, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_segment_is_named()
    {
        await using (var log = new FileEventLog(
            folder.Path, TimeProvider.System, new FileEventLogOptions { SegmentBytes = 1 }))
        {
            for (var i = 0; i < 4; i++)
                await log.AppendAsync([Item($"{i}")], Cancel);
        }
        foreach (var segment in Directory.GetFiles(folder.Path, "*.seg"))
        {
            var bytes = await File.ReadAllBytesAsync(segment, Cancel);
            File.Delete(segment);
            Assert.Throws<InvalidDataException>(() => Open(folder.Path));
            await File.WriteAllBytesAsync(segment, bytes, Cancel);
        }
        await using var whole = Open(folder.Path);
        Assert.Equal(["0", "1", "2", "3"], await ReadAllAsync(whole));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(70)]
    public async Task A_full_disk_is_an_overload_and_keeps_nothing_by_half(int room)
    {
        await using var log = new FileEventLog(
            folder.Path, TimeProvider.System, new FileEventLogOptions(), disk);
        await log.AppendAsync([Item("before")], Cancel);
        disk.OnWrite = _ => room;
        var refused = await Assert.ThrowsAsync<OverloadedException>(
            () => log.AppendAsync([Item(new string('x', 500))], Cancel).AsTask());
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        disk.OnWrite = null;
        await log.AppendAsync([Item("after")], Cancel);
        Assert.Equal(["before", "after"], await ReadAllAsync(log));
        await log.DisposeAsync();
        await using var again = Open(folder.Path);
        Assert.Equal(["before", "after"], await ReadAllAsync(again));
    }

    [Fact]
    public async Task A_failed_flush_stops_the_log_until_it_is_opened_again()
    {
        await using (var log = new FileEventLog(
            folder.Path, TimeProvider.System, new FileEventLogOptions(), disk))
        {
            await log.AppendAsync([Item("before")], Cancel);
            disk.OnFlush = () => throw FaultyDisk.Error(FaultyDisk.BrokenDevice);
            await Assert.ThrowsAsync<StorageFailedException>(
                () => log.AppendAsync([Item("unknown")], Cancel).AsTask());
            disk.OnFlush = null; // a later flush that succeeds proves nothing
            await Assert.ThrowsAsync<StorageFailedException>(
                async () => await log.AppendAsync([Item("refused")], Cancel));
        }
        await using var again = Open(folder.Path);
        await again.AppendAsync([Item("after")], Cancel);
        var read = await ReadAllAsync(again);
        Assert.Equal("before", read[0]);
        Assert.Equal("after", read[^1]);
        Assert.DoesNotContain("refused", read);
    }

    [Fact]
    public async Task At_every_write_and_flush_a_crash_loses_nothing_acknowledged()
    {
        var acknowledged = new List<string>();
        using var copies = new Folder();
        var made = new List<(string Path, int Certain)>();
        void Crash()
        {
            lock (acknowledged)
            {
                var copy = copies.At($"{made.Count}");
                Directory.CreateDirectory(copy);
                CopyTo(copy);
                made.Add((copy, acknowledged.Count));
            }
        }
        disk.OnWrite = length =>
        {
            Crash();
            return length;
        };
        disk.OnFlush = Crash;
        await using (var log = new FileEventLog(folder.Path, TimeProvider.System,
            new FileEventLogOptions
            {
                SegmentBytes = 300,
                Epoch = TimeSpan.FromMilliseconds(20),
                Upkeep = TimeSpan.Zero,
            }, disk))
        {
            for (var i = 0; i < 40; i++)
            {
                await log.AppendAsync([Item($"{i}")], Cancel);
                lock (acknowledged)
                    acknowledged.Add($"{i}");
                if (i % 3 == 2)
                    await log.AcknowledgeAsync(await log.ReadAsync(0, 2, Cancel), Cancel);
            }
        }
        Assert.True(made.Count > 100);
        foreach (var (copy, certain) in made)
        {
            await using var log = Open(copy);
            var read = await ReadAllAsync(log);
            var first = read.Count > 0 ? int.Parse(read[0], null) : certain;
            // Only the front may be missing, as far as it was acknowledged to the log.
            Assert.InRange(first, 0, 26);
            Assert.Equal(Enumerable.Range(first, read.Count).Select(i => $"{i}"), read);
            Assert.True(first + read.Count >= certain);
        }
    }

    [Fact]
    public async Task Payloads_are_nowhere_in_the_clear_and_keys_go_with_their_acknowledgement()
    {
        const string secret = "the customer's own words";
        byte[] living;
        await using (var log = new FileEventLog(folder.Path, TimeProvider.System,
            new FileEventLogOptions { Upkeep = TimeSpan.Zero }))
        {
            await log.AppendAsync([Item(secret)], Cancel);
            living = await ReadSharedAsync(folder.At("epochs"));
            Assert.Contains(living, b => b != 0);
            foreach (var file in Directory.GetFiles(folder.Path))
            {
                Assert.False((await ReadSharedAsync(file)).AsSpan()
                    .IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0);
            }
            await log.AcknowledgeAsync(await log.ReadAsync(0, 9, Cancel), Cancel);
        }
        Assert.All(await ReadSharedAsync(folder.At("epochs")), b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task Segments_go_when_their_items_are_acknowledged()
    {
        await using var log = new FileEventLog(folder.Path, TimeProvider.System,
            new FileEventLogOptions { SegmentBytes = 200, Upkeep = TimeSpan.Zero });
        for (var i = 0; i < 20; i++)
            await log.AppendAsync([Item($"{i}")], Cancel);
        Assert.True(Directory.GetFiles(folder.Path, "*.seg").Length > 3);
        await log.AcknowledgeAsync(await log.ReadAsync(0, 20, Cancel), Cancel);
        await log.AppendAsync([Item("20")], Cancel);
        await log.AppendAsync([Item("21")], Cancel); // upkeep of the one before is done
        Assert.InRange(Directory.GetFiles(folder.Path, "*.seg").Length, 1, 2);
    }

    [Fact]
    public async Task A_log_as_large_as_it_may_be_refuses_until_it_is_read()
    {
        await using var log = new FileEventLog(folder.Path, TimeProvider.System,
            new FileEventLogOptions { SegmentBytes = 400, MaxDiskBytes = 1500, Upkeep = TimeSpan.Zero });
        var taken = 0;
        await Assert.ThrowsAsync<OverloadedException>(async () =>
        {
            for (; taken < 100; taken++)
                await log.AppendAsync([Item(new string('y', 100))], Cancel);
        });
        Assert.InRange(taken, 5, 15);
        Assert.Equal(taken, (await ReadAllAsync(log, acknowledge: true)).Count);
    }

    [Fact]
    public async Task A_reader_that_lags_beyond_the_cache_reads_the_files()
    {
        await using var log = new FileEventLog(folder.Path, TimeProvider.System,
            new FileEventLogOptions { CacheBytes = 20_000, SegmentBytes = 1000 });
        for (var i = 0; i < 200; i++)
            await log.AppendAsync([Item($"{i}"), Item($"{i}+")], Cancel);
        var read = new List<string>();
        while (read.Count < 400)
        {
            var batch = await log.ReadAsync(0, 7, Cancel);
            read.AddRange(batch.Items.Select(item => Encoding.UTF8.GetString(item.Payload.Span)));
            if (read.Count % 3 == 0)
                await log.AcknowledgeAsync(batch, Cancel);
        }
        Assert.Equal(Enumerable.Range(0, 200).SelectMany(i => new[] { $"{i}", $"{i}+" }), read);
    }

    private static FileEventLog Open(string path) => new(path, TimeProvider.System);

    private static LogItem Item(string text) => new(1, Encoding.UTF8.GetBytes(text));

    private static async Task<byte[]> ReadSharedAsync(string path)
    {
        await using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, Cancel);
        return bytes;
    }

    private static async Task<List<string>> ReadAllAsync(IEventLog log, bool acknowledge = false)
    {
        var read = new List<string>();
        // Nothing to read is told by the head: a reader would wait.
        for (var last = 0L; ;)
        {
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var reading = log.ReadAsync(0, 100, soon.Token).AsTask();
            if (!reading.IsCompleted)
            {
                await soon.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
                return read;
            }
            var batch = await reading;
            Assert.True(batch.First.Value > last);
            last = batch.Last.Value;
            read.AddRange(batch.Items.Select(item => Encoding.UTF8.GetString(item.Payload.Span)));
            if (acknowledge)
                await log.AcknowledgeAsync(batch, Cancel);
        }
    }

    private async Task AppendAsync(string[] names)
    {
        await using var log = Open(folder.Path);
        foreach (var name in names)
            await log.AppendAsync([Item(name)], Cancel);
    }

    // The newest segment as it is with these appended, in a copy: the mark knows nothing of them.
    private async Task<byte[]> CopyAfterCrashAsync(string[] names)
    {
        using var copy = new Folder();
        CopyTo(copy.Path);
        await using (var log = Open(copy.Path))
        {
            foreach (var name in names)
                await log.AppendAsync([Item(name)], Cancel);
        }
        return await File.ReadAllBytesAsync(copy.At(Path.GetFileName(NewestSegment)), Cancel);
    }

    private void CopyTo(string target)
    {
        foreach (var file in Directory.GetFiles(folder.Path))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
    }
}
