using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Xunit;

namespace Stammgast.Tests.Storage;

/// <summary>
/// Random batches against dictionaries, the store reopened and its layers turned over at random:
/// whatever the model says is what the store says.
/// </summary>
public sealed class SqliteStoreModelTests(ITestOutputHelper output) : IDisposable
{
    private const int Runs = 6, Turns = 120, Leaves = 12;

    private readonly Folder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_store_is_a_dictionary_that_lasts()
    {
        for (var run = 0; run < Runs; run++)
        {
            var seed = Random.Shared.Next();
            output.WriteLine($"seed {seed}");
            await RunAsync(new Random(seed), folder.At($"{run}"));
        }
    }

    private static SqliteStore Open(string path) => new(path, TimeProvider.System, new SqliteStoreOptions
    {
        RedoBytes = 4000,
        RedoAge = TimeSpan.FromMilliseconds(5),
        ReserveBytes = 0,
        TableLogBytes = 10_000,
    });

    private static async Task RunAsync(Random random, string path)
    {
        var model = new Model();
        var store = Open(path);
        for (var turn = 0; turn < Turns; turn++)
        {
            var batch = model.Draw(random);
            while (true)
            {
                try
                {
                    var result = await store.CommitAsync(batch, (Lane)random.Next(4), Cancel);
                    Assert.Equal(model.Apply(batch), result is CommitResult.Committed);
                    break;
                }
                catch (OverloadedException e)
                {
                    await Task.Delay(e.RetryAfter, Cancel);
                }
            }
            if (random.Next(15) == 0)
                await model.EraseAsync(store, Model.Leaf(random.Next(Leaves)));
            if (random.Next(4) == 0)
                await model.CheckAsync(store, random);
            if (random.Next(20) == 0)
            {
                await store.DisposeAsync();
                store = Open(path);
            }
        }
        await model.CheckAsync(store, random);
        await store.DisposeAsync();
    }

    private sealed class Model
    {
        private readonly Dictionary<RecordKey, (long Version, byte[] Body)> records = [];
        private readonly Dictionary<LookUpHash, HashSet<LeafId>> lookUps = [];
        private readonly Dictionary<LeafId, List<(long Sequence, byte[] Body)>> history = [];
        private readonly Dictionary<(DueKind, LeafId, ulong), (long At, byte[] Body)> due = [];
        private readonly Dictionary<CounterKey, long> counters = [];
        private readonly Dictionary<LedgerKey, List<(LeafId Leaf, byte[] Body)>> ledgers = [];

        public static LeafId Leaf(int number) => new((UInt128)(number * 7919 % 97 + 1) << 96 | 5);

        public WriteBatch Draw(Random random)
        {
            var batch = new WriteBatch();
            LeafId Any() => Leaf(random.Next(Leaves));
            byte[] Body()
            {
                var body = new byte[random.Next(random.Next(8) == 0 ? 6000 : 80)];
                random.NextBytes(body);
                return body;
            }
            var keys = new HashSet<RecordKey>();
            for (var i = random.Next(6); i > 0; i--)
            {
                var kind = (RecordKind)random.Next(1, 6);
                var key = new RecordKey(kind, random.Next(4) == 0 ? LeafId.None : Any(),
                    random.Next(2) == 0 ? 0 : (ulong)random.Next(4) << 62);
                if (!keys.Add(key))
                    continue;
                var version = records.GetValueOrDefault(key).Version;
                var expected = random.Next(10) switch
                {
                    0 => RecordWrite.AnyVersion,
                    1 when random.Next(5) == 0 => version + 1,
                    _ => version,
                };
                batch.Records.Add(new(key, expected,
                    random.Next(6) == 0 ? null : (ReadOnlyMemory<byte>)Body()));
            }
            for (var i = random.Next(3); i > 0; i--)
                batch.LookUps.Add(new(new LookUpHash((UInt128)random.Next(5) << 99), Any(), random.Next(3) == 0));
            foreach (var leaf in Enumerable.Range(0, random.Next(4)).Select(_ => Any()).Distinct())
            {
                var next = history.GetValueOrDefault(leaf)?.Count ?? 0;
                for (var i = random.Next(3); i > 0; i--)
                    batch.History.Add(new(leaf, ++next, next, new[] { (ulong)next }, Body()));
            }
            for (var i = random.Next(3); i > 0; i--)
            {
                batch.Due.Add(new(new DueEntry((DueKind)random.Next(1, 3), Any(), (ulong)random.Next(2),
                    random.Next(100), Body()), random.Next(3) == 0));
            }
            for (var i = random.Next(3); i > 0; i--)
                batch.Counters.Add(new(new CounterKey(1, (ulong)random.Next(3)), random.Next(-3, 6), 12));
            for (var i = random.Next(3); i > 0; i--)
            {
                batch.Ledgers.Add(new(new LedgerKey(LedgerKind.Consent, (byte)random.Next(2)),
                    random.Next(3) == 0 ? LeafId.None : Any(), 7, Body()));
            }
            return batch;
        }

        public bool Apply(WriteBatch batch)
        {
            if (batch.Records.Exists(write => write.Expected != RecordWrite.AnyVersion
                && write.Expected != records.GetValueOrDefault(write.Key).Version))
                return false;
            var moved = new Dictionary<CounterKey, long>(counters);
            foreach (var add in batch.Counters)
            {
                var after = moved.GetValueOrDefault(add.Key) + add.Delta;
                if (after < 0 || (after > add.Bound && add.Delta > 0))
                    return false;
                moved[add.Key] = after;
            }
            foreach (var (key, value) in moved)
                counters[key] = value;
            foreach (var write in batch.Records)
            {
                if (write.Body is { } body)
                    records[write.Key] = (records.GetValueOrDefault(write.Key).Version + 1, body.ToArray());
                else
                    records.Remove(write.Key);
            }
            foreach (var write in batch.LookUps)
            {
                var leaves = lookUps.TryGetValue(write.Hash, out var some) ? some : lookUps[write.Hash] = [];
                _ = write.Remove ? leaves.Remove(write.Leaf) : leaves.Add(write.Leaf);
            }
            foreach (var piece in batch.History)
            {
                var pieces = history.TryGetValue(piece.Leaf, out var some) ? some : history[piece.Leaf] = [];
                pieces.Add((piece.Sequence, piece.Body.ToArray()));
            }
            foreach (var write in batch.Due)
            {
                var key = (write.Entry.Kind, write.Entry.Leaf, write.Entry.Id);
                if (write.Delete)
                    due.Remove(key);
                else
                    due[key] = (write.Entry.DueAtMs, write.Entry.Body.ToArray());
            }
            foreach (var append in batch.Ledgers)
            {
                var entries = ledgers.TryGetValue(append.Ledger, out var some) ? some : ledgers[append.Ledger] = [];
                entries.Add((append.Leaf, append.Body.ToArray()));
            }
            return true;
        }

        public async Task EraseAsync(IStore store, LeafId leaf)
        {
            await store.EraseAsync(leaf, "gone"u8.ToArray(), Cancel);
            var key = new RecordKey(RecordKind.Leaf, leaf);
            var version = records.GetValueOrDefault(key).Version + 1;
            foreach (var own in records.Keys.Where(own => own.Owner == leaf).ToList())
                records.Remove(own);
            records[key] = (version, "gone"u8.ToArray());
            foreach (var leaves in lookUps.Values)
                leaves.Remove(leaf);
            history.Remove(leaf);
            foreach (var own in due.Keys.Where(own => own.Item2 == leaf).ToList())
                due.Remove(own);
            foreach (var entries in ledgers.Values)
            {
                for (var i = 0; i < entries.Count; i++)
                {
                    if (entries[i].Leaf == leaf)
                        entries[i] = (LeafId.None, []);
                }
            }
        }

        public async Task CheckAsync(IStore store, Random random)
        {
            var keys = records.Keys.Append(new RecordKey(RecordKind.Model, LeafId.None, 1)).ToList();
            foreach (var found in await store.LoadAsync(keys, Cancel))
            {
                var (version, body) = records.GetValueOrDefault(found.Key, (0, []));
                Assert.Equal(version, found.Version);
                Assert.Equal(body, found.Body.ToArray());
            }
            var kind = (RecordKind)random.Next(1, 6);
            var (scanned, after) = (new List<RecordKey>(), (RecordKey?)null);
            while (await store.ScanAsync(kind, after, random.Next(1, 9), Cancel) is { Count: > 0 } page)
            {
                Assert.All(page, record => Assert.Equal(records[record.Key].Body, record.Body.ToArray()));
                scanned.AddRange(page.Select(record => record.Key));
                after = scanned[^1];
            }
            Assert.Equal(records.Keys.Where(key => key.Kind == kind).OrderBy(key => key.Owner).ThenBy(key => key.Id), scanned);
            foreach (var (hash, leaves) in lookUps)
                Assert.Equal(leaves.Order(), (await store.LookUpAsync([hash], Cancel))[0]);
            for (var number = 0; number < Leaves; number++)
            {
                var expected = (history.GetValueOrDefault(Leaf(number)) ?? []).AsEnumerable().Reverse().ToList();
                var (before, seen) = (long.MaxValue, new List<HistoryPiece>());
                while (await store.HistoryAsync(Leaf(number), before, random.Next(1, 9), Cancel) is { Count: > 0 } page)
                {
                    seen.AddRange(page);
                    before = seen[^1].Sequence;
                }
                Assert.Equal(expected.Select(piece => piece.Sequence), seen.Select(piece => piece.Sequence));
                Assert.Equal(expected.Select(piece => piece.Body), seen.Select(piece => piece.Body.ToArray()));
            }
            var until = random.Next(100);
            var dueNow = due.Where(entry => entry.Value.At <= until).OrderBy(entry => entry.Value.At)
                .ThenBy(entry => entry.Key.Item2).ThenBy(entry => entry.Key.Item1).ThenBy(entry => entry.Key.Item3);
            Assert.Equal(dueNow.Select(entry => (entry.Key, entry.Value.At, Convert.ToHexString(entry.Value.Body))),
                (await store.DueAsync(until, 1000, Cancel)).Select(entry =>
                    ((entry.Kind, entry.Leaf, entry.Id), entry.DueAtMs, Convert.ToHexString(entry.Body.Span))));
            foreach (var (key, value) in counters)
                Assert.Equal(value, await store.CounterAsync(key, Cancel));
            foreach (var (key, entries) in ledgers)
            {
                var found = await store.LedgerAsync(key, 1, 10_000, Cancel);
                Ledgers.AssertChained(found);
                Assert.Equal(entries.Select(entry => (entry.Leaf, Convert.ToHexString(entry.Body))),
                    found.Select(entry => (entry.Leaf, Convert.ToHexString(entry.Body.Span))));
            }
        }
    }
}
