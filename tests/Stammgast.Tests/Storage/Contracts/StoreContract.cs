using System.Text;
using Stammgast.Storage;
using Xunit;

namespace Stammgast.Tests.Storage.Contracts;

/// <summary>What every store keeps; each implementation inherits it.</summary>
public abstract class StoreContract
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The store, opened; again after it was disposed, it is the same store.</summary>
    protected abstract ValueTask<IStore> OpenAsync();

    [Fact]
    public async Task A_record_is_read_as_it_was_committed()
    {
        var key = new RecordKey(RecordKind.Leaf, Leaf(1));
        await using (var store = await OpenAsync())
        {
            await CommitAsync(store, b => b.Records.Add(new(key, 0, Bytes("one"))));
            Assert.Equal((1, "one"), await LoadAsync(store, key));
        }
        await using (var store = await OpenAsync())
            Assert.Equal((1, "one"), await LoadAsync(store, key));
    }

    [Fact]
    public async Task What_is_not_there_has_version_zero()
    {
        await using var store = await OpenAsync();
        var keys = new[] { new RecordKey(RecordKind.Leaf, Leaf(1)), new(RecordKind.Product, LeafId.None, 9) };
        var found = await store.LoadAsync(keys, Cancel);
        Assert.Equal(keys, found.Select(record => record.Key));
        Assert.All(found, record => Assert.True(record is { Version: 0, Body.IsEmpty: true }));
    }

    [Fact]
    public async Task A_wrong_expected_version_refuses_the_whole_batch()
    {
        await using var store = await OpenAsync();
        var (a, b) = (new RecordKey(RecordKind.Leaf, Leaf(1)), new RecordKey(RecordKind.Leaf, Leaf(2)));
        await CommitAsync(store, batch => batch.Records.Add(new(a, 0, Bytes("a1"))));
        var refused = new WriteBatch();
        refused.Records.Add(new(b, 0, Bytes("b1")));
        refused.Records.Add(new(a, 0, Bytes("a2")));
        var result = await store.CommitAsync(refused, Lane.Fold, Cancel);
        Assert.Equal([a], Assert.IsType<CommitResult.Conflict>(result).Keys);
        Assert.Equal((1, "a1"), await LoadAsync(store, a));
        Assert.Equal((0, ""), await LoadAsync(store, b));
    }

    [Fact]
    public async Task Two_racing_for_a_version_cannot_both_win()
    {
        await using var store = await OpenAsync();
        var key = new RecordKey(RecordKind.Person, Leaf(3));
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
        {
            var batch = new WriteBatch();
            batch.Records.Add(new(key, 0, Bytes($"writer {i}")));
            return store.CommitAsync(batch, Lane.Decision, Cancel).AsTask();
        }));
        Assert.Single(results, result => result is CommitResult.Committed);
        Assert.Equal(19, results.Count(result => result is CommitResult.Conflict));
    }

    [Fact]
    public async Task Any_version_is_written_over_and_counts_on()
    {
        await using var store = await OpenAsync();
        var key = new RecordKey(RecordKind.Resource, LeafId.None, 4);
        for (var i = 1; i <= 3; i++)
        {
            var body = Bytes($"{i}");
            await CommitAsync(store,
                b => b.Records.Add(new(key, RecordWrite.AnyVersion, body)));
        }
        Assert.Equal((3, "3"), await LoadAsync(store, key));
    }

    [Fact]
    public async Task A_deleted_record_is_gone()
    {
        var key = new RecordKey(RecordKind.Decision, Leaf(3), ulong.MaxValue);
        await using (var store = await OpenAsync())
        {
            await CommitAsync(store, b => b.Records.Add(new(key, 0, Bytes("x"))));
            await CommitAsync(store, b => b.Records.Add(new(key, 1, null)));
            Assert.Equal((0, ""), await LoadAsync(store, key));
        }
        await using (var store = await OpenAsync())
            Assert.Equal((0, ""), await LoadAsync(store, key));
    }

    [Fact]
    public async Task A_look_up_names_every_leaf_that_was_added_and_not_removed()
    {
        var hash = new LookUpHash(UInt128.MaxValue / 3);
        await using (var store = await OpenAsync())
        {
            await CommitAsync(store, b =>
            {
                for (var i = 1; i <= 4; i++)
                    b.LookUps.Add(new(hash, Leaf(i), Remove: false));
            });
            await CommitAsync(store, b => b.LookUps.Add(new(hash, Leaf(2), Remove: true)));
        }
        await using (var store = await OpenAsync())
        {
            await CommitAsync(store, b => b.LookUps.Add(new(hash, Leaf(4), Remove: true)));
            await CommitAsync(store, b => b.LookUps.Add(new(hash, Leaf(1), Remove: false)));
            var found = await store.LookUpAsync([hash, new LookUpHash(1)], Cancel);
            Assert.Equal([Leaf(1), Leaf(3)], found[0].Order());
            Assert.Empty(found[1]);
        }
    }

    [Fact]
    public async Task History_is_read_newest_first_in_pages_over_restarts()
    {
        const int pieces = 30;
        for (var i = 1; i <= pieces; i++)
        {
            // A restart every few pieces: some lie in tables, some not yet.
            await using var store = await OpenAsync();
            for (; i <= pieces; i++)
            {
                await CommitAsync(store, b => b.History.Add(Piece(Leaf(5), i)));
                if (i % 7 == 0)
                    break;
            }
        }
        await using var reader = await OpenAsync();
        var (before, seen) = (long.MaxValue, new List<long>());
        while (await reader.HistoryAsync(Leaf(5), before, 4, Cancel) is { Count: > 0 } page)
        {
            Assert.All(page, piece =>
            {
                Assert.Equal($"piece {piece.Sequence}", Text(piece.Body));
                Assert.Equal([(ulong)piece.Sequence, ulong.MaxValue], piece.Messages.ToArray());
                Assert.Equal(1000 + piece.Sequence, piece.ReceivedAtMs);
                Assert.Equal(Leaf(5), piece.Leaf);
            });
            seen.AddRange(page.Select(piece => piece.Sequence));
            before = seen[^1];
        }
        Assert.Equal(Enumerable.Range(1, pieces).Reverse().Select(i => (long)i), seen);
        Assert.Empty(await reader.HistoryAsync(Leaf(6), long.MaxValue, 4, Cancel));
    }

    [Fact]
    public async Task Due_entries_come_earliest_first_until_they_are_deleted()
    {
        await using var store = await OpenAsync();
        await CommitAsync(store, b =>
        {
            foreach (var at in new[] { 50, 10, 30, 99 })
                b.Due.Add(new(new DueEntry(DueKind.Release, Leaf(at), 1, at, Bytes($"{at}")), false));
        });
        Assert.Equal([10, 30, 50], await DueAsync(store, 60));
        await CommitAsync(store, b =>
        {
            b.Due.Add(new(new DueEntry(DueKind.Release, Leaf(10), 1, 0, default), true));
            b.Due.Add(new(new DueEntry(DueKind.Release, Leaf(50), 1, 20, Bytes("20")), false));
        });
        Assert.Equal([20, 30], await DueAsync(store, 60));
        Assert.Single(await store.DueAsync(60, 1, Cancel));
    }

    [Fact]
    public async Task A_counter_never_leaves_its_bounds()
    {
        await using var store = await OpenAsync();
        var key = new CounterKey(1, 42);
        var results = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ =>
        {
            var batch = new WriteBatch();
            batch.Counters.Add(new(key, 3, 10));
            return store.CommitAsync(batch, Lane.Decision, Cancel).AsTask();
        }));
        Assert.Equal(3, results.Count(result => result is CommitResult.Committed));
        Assert.Equal(9, await store.CounterAsync(key, Cancel));
        var refused = new WriteBatch();
        refused.Records.Add(new(new(RecordKind.Leaf, Leaf(1)), 0, Bytes("not kept")));
        refused.Counters.Add(new(key, -10, 10));
        Assert.Equal(key, Assert.IsType<CommitResult.BoundReached>(
            await store.CommitAsync(refused, Lane.Decision, Cancel)).Key);
        Assert.Equal((0, ""), await LoadAsync(store, new(RecordKind.Leaf, Leaf(1))));
        Assert.Equal(9, await store.CounterAsync(key, Cancel));
    }

    [Fact]
    public async Task A_ledger_is_a_chain_over_restarts()
    {
        var ledger = new LedgerKey(LedgerKind.Consent, 3);
        for (var i = 1; i <= 9; i++)
        {
            await using var store = await OpenAsync();
            for (; i % 4 != 0 && i <= 9; i++)
                await CommitAsync(store, b => b.Ledgers.Add(new(ledger, Leaf(i), i, Bytes($"entry {i}"))));
            await CommitAsync(store, b => b.Ledgers.Add(new(ledger, LeafId.None, i, Bytes($"entry {i}"))));
        }
        await using var reader = await OpenAsync();
        var entries = await reader.LedgerAsync(ledger, 1, 100, Cancel);
        Assert.Equal(Enumerable.Range(1, entries.Count).Select(i => (long)i), entries.Select(e => e.Sequence));
        Ledgers.AssertChained(entries);
        Assert.Equal(entries.Skip(3).Take(2).Select(e => e.Sequence),
            (await reader.LedgerAsync(ledger, 4, 2, Cancel)).Select(e => e.Sequence));
        Assert.All(entries, e => Assert.Equal($"entry {e.AtMs}", Text(e.Body)));
        Assert.Empty(await reader.LedgerAsync(ledger with { Bucket = 4 }, 1, 100, Cancel));
    }

    [Fact]
    public async Task A_scan_meets_every_record_of_its_kind_once_in_order()
    {
        var expected = new List<RecordKey>();
        for (var round = 0; round < 3; round++)
        {
            await using var store = await OpenAsync();
            await CommitAsync(store, b =>
            {
                for (var i = 0; i < 20; i++)
                {
                    var owner = i % 3 == 0 ? LeafId.None : Leaf(i * 977 % 64);
                    var key = new RecordKey(RecordKind.Decision, owner, (ulong)(i * 3 + round) << 58);
                    if (!expected.Contains(key))
                    {
                        expected.Add(key);
                        b.Records.Add(new(key, RecordWrite.AnyVersion, Bytes("d")));
                    }
                }
                b.Records.Add(new(new(RecordKind.Product, LeafId.None, (ulong)round), RecordWrite.AnyVersion, Bytes("p")));
            });
            var gone = expected[5 + round];
            expected.Remove(gone);
            await CommitAsync(store, b => b.Records.Add(new(gone, RecordWrite.AnyVersion, null)));
            var (after, seen) = ((RecordKey?)null, new List<RecordKey>());
            while (await store.ScanAsync(RecordKind.Decision, after, 3, Cancel) is { Count: > 0 } page)
            {
                seen.AddRange(page.Select(record => record.Key));
                after = seen[^1];
            }
            Assert.Equal(expected.OrderBy(key => key.Owner).ThenBy(key => key.Id), seen);
        }
    }

    [Fact]
    public async Task An_erased_leaf_leaves_a_tombstone_and_nothing_else()
    {
        var (leaf, other) = (Leaf(8), Leaf(9));
        var hash = new LookUpHash(77);
        await using (var store = await OpenAsync())
            await CommitAsync(store, b => FillPerson(b, leaf, hash, 1));
        await using (var store = await OpenAsync())
        {
            await CommitAsync(store, b =>
            {
                b.History.Add(Piece(leaf, 2));
                FillPerson(b, other, hash, 1);
            });
            await store.EraseAsync(leaf, Bytes("tombstone"), Cancel);
            await AssertErasedAsync(store, leaf, other, hash);
            var late = new WriteBatch();
            late.Records.Add(new(new(RecordKind.Leaf, leaf), 1, Bytes("a fold in flight")));
            Assert.IsType<CommitResult.Conflict>(await store.CommitAsync(late, Lane.Fold, Cancel));
        }
        await using (var store = await OpenAsync())
        {
            await AssertErasedAsync(store, leaf, other, hash);
            await CommitAsync(store, b => b.History.Add(Piece(leaf, 1)));
            Assert.Single(await store.HistoryAsync(leaf, long.MaxValue, 9, Cancel));
        }
    }

    protected static LeafId Leaf(int number) => new((UInt128)(uint)number << 100 | (uint)number);

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    protected static HistoryPiece Piece(LeafId leaf, long sequence) => new(leaf, sequence,
        1000 + sequence, new[] { (ulong)sequence, ulong.MaxValue }, Bytes($"piece {sequence}"));

    protected static async Task CommitAsync(IStore store, Action<WriteBatch> fill)
    {
        var batch = new WriteBatch();
        fill(batch);
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(batch, Lane.Fold, Cancel));
    }

    protected static async Task<(long, string)> LoadAsync(IStore store, RecordKey key)
    {
        var found = (await store.LoadAsync([key], Cancel))[0];
        return (found.Version, Text(found.Body));
    }

    protected static void FillPerson(WriteBatch batch, LeafId leaf, LookUpHash hash, long sequence)
    {
        batch.Records.Add(new(new(RecordKind.Leaf, leaf), 0, Bytes("state")));
        batch.Records.Add(new(new(RecordKind.Person, leaf), 0, Bytes("person")));
        batch.Records.Add(new(new(RecordKind.Decision, leaf, 5), 0, Bytes("decision")));
        batch.LookUps.Add(new(hash, leaf, Remove: false));
        batch.History.Add(Piece(leaf, sequence));
        batch.Due.Add(new(new DueEntry(DueKind.Expiry, leaf, 0, 5, Bytes("due")), false));
        batch.Ledgers.Add(new(new LedgerKey(LedgerKind.Consent, 1), leaf, 5, Bytes("evidence")));
    }

    private static async Task<IEnumerable<int>> DueAsync(IStore store, long untilMs) =>
        (await store.DueAsync(untilMs, 10, Cancel)).Select(entry =>
        {
            Assert.Equal($"{entry.DueAtMs}", Text(entry.Body));
            return (int)entry.DueAtMs;
        });

    private static async Task AssertErasedAsync(
        IStore store, LeafId leaf, LeafId other, LookUpHash hash)
    {
        Assert.Equal((2, "tombstone"), await LoadAsync(store, new(RecordKind.Leaf, leaf)));
        Assert.Equal((0, ""), await LoadAsync(store, new(RecordKind.Person, leaf)));
        Assert.Equal((0, ""), await LoadAsync(store, new(RecordKind.Decision, leaf, 5)));
        Assert.Equal((1, "state"), await LoadAsync(store, new(RecordKind.Leaf, other)));
        Assert.Empty(await store.HistoryAsync(leaf, long.MaxValue, 9, Cancel));
        Assert.Single(await store.HistoryAsync(other, long.MaxValue, 9, Cancel));
        Assert.Equal([other], (await store.LookUpAsync([hash], Cancel))[0]);
        Assert.Equal([other], (await store.DueAsync(99, 9, Cancel)).Select(entry => entry.Leaf));
        var entries = await store.LedgerAsync(new(LedgerKind.Consent, 1), 1, 9, Cancel);
        Assert.Equal([LeafId.None, other], entries.Select(entry => entry.Leaf));
        Assert.Equal(["", "evidence"], entries.Select(entry => Text(entry.Body)));
        Ledgers.AssertChained(entries);
    }
}
