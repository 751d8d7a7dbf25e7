using System.Text;
using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Xunit;

namespace Stammgast.Tests.Storage;

/// <summary>Erased is gone: not only from the answers, from the files.</summary>
public sealed class SqliteStoreEraseTests(ITestOutputHelper output) : IDisposable
{
    private readonly Folder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public async Task No_file_holds_a_byte_of_an_erased_leaf(int reopenings)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        const int people = 60;
        var versions = new long[people];
        var store = Open();
        for (var reopening = 0; reopening <= reopenings; reopening++)
        {
            // Bodies of many sizes, rewritten often: pages split, overflow and are freed.
            for (var turn = 0; turn < 40; turn++)
                await CommitAsync(store, random, versions);
            if (reopening < reopenings)
            {
                await store.DisposeAsync();
                store = Open();
            }
        }
        await using var open = store;
        foreach (var number in (int[])[3, 17, 42])
            await open.EraseAsync(Leaf(number), "tombstone"u8.ToArray(), Cancel);
        foreach (var number in (int[])[3, 17, 42])
            Assert.Empty(await FilesWithAsync(Marker(number)));
        Assert.NotEmpty(await FilesWithAsync(Marker(4)));
    }

    [Fact]
    public async Task An_erasure_amid_commits_spares_the_others()
    {
        await using var store = Open();
        var versions = new long[60];
        var random = new Random(5);
        for (var turn = 0; turn < 30; turn++)
        {
            await CommitAsync(store, random, versions);
            if (turn % 10 != 5)
                continue;
            var erasing = store.EraseAsync(Leaf(turn), ReadOnlyMemory<byte>.Empty, Cancel).AsTask();
            versions[turn] = long.MinValue;
            await CommitAsync(store, random, versions);
            await erasing;
        }
        for (var number = 0; number < versions.Length; number++)
        {
            var pieces = await store.HistoryAsync(Leaf(number), long.MaxValue, int.MaxValue, Cancel);
            Assert.Equal(Math.Max(versions[number], 0), pieces.Count);
        }
    }

    private static LeafId Leaf(int number) => new((UInt128)(number + 1) << 77 | (uint)number);

    private static byte[] Marker(int number) => Encoding.ASCII.GetBytes($"<<sealed of {number:d4}>>");

    private static byte[] Body(int number, Random random)
    {
        var marker = Marker(number);
        var body = new byte[random.Next(30, random.Next(10) == 0 ? 9000 : 900)];
        for (var at = 0; at < body.Length; at++)
            body[at] = marker[at % marker.Length];
        return body;
    }

    private static async Task CommitAsync(IStore store, Random random, long[] versions)
    {
        var batch = new WriteBatch();
        for (var number = 0; number < versions.Length; number++)
        {
            if (versions[number] < 0 || random.Next(3) > 0)
                continue;
            var leaf = Leaf(number);
            batch.Records.Add(new(new(RecordKind.Leaf, leaf), versions[number]++, Body(number, random)));
            batch.Records.Add(new(new(RecordKind.Decision, leaf, (ulong)random.Next(5) + 1),
                RecordWrite.AnyVersion, Body(number, random)));
            batch.History.Add(new(leaf, versions[number], 1, new ulong[] { 1 }, Body(number, random)));
            batch.Due.Add(new(new DueEntry(DueKind.Expiry, leaf, 1, 1, Body(number, random)), false));
            batch.Ledgers.Add(new(new LedgerKey(LedgerKind.Consent, 1), leaf, 1, Body(number, random)));
        }
        while (true)
        {
            try
            {
                Assert.IsType<CommitResult.Committed>(
                    await store.CommitAsync(batch, Lane.Fold, Cancel));
                return;
            }
            catch (OverloadedException e)
            {
                await Task.Delay(e.RetryAfter, Cancel);
            }
        }
    }

    private SqliteStore Open() => new(folder.Path, TimeProvider.System,
        new SqliteStoreOptions { ReserveBytes = 0, RedoBytes = 300_000 });

    private async Task<List<string>> FilesWithAsync(byte[] marker)
    {
        var found = new List<string>();
        // Journals of files in the making come and go.
        foreach (var path in Directory.GetFiles(folder.Path).Where(path => !path.EndsWith("-journal", StringComparison.Ordinal)))
        {
            await using var file = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes, Cancel);
            var at = bytes.AsSpan().IndexOf(marker);
            if (at >= 0)
                found.Add($"{Path.GetFileName(path)} at {at}");
        }
        return found;
    }
}
