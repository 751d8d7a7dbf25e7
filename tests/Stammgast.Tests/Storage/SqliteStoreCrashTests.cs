using System.Diagnostics;
using System.Globalization;
using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Xunit;

namespace Stammgast.Tests.Storage;

/// <summary>
/// kill -9 under load: a child process (this test assembly, told by an environment variable to
/// write) says what it was promised; after its death everything promised is there, once.
/// </summary>
public sealed class SqliteStoreCrashTests(ITestOutputHelper output) : IDisposable
{
    private const string FolderVariable = "STAMMGAST_CRASH_FOLDER";
    private const int Leaves = 40;
    private const int Rounds = 5; // `./build soak` multiplies by hand: STAMMGAST_CRASH_ROUNDS

    private readonly Folder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Killed_under_load_log_and_store_keep_what_they_promised()
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("STAMMGAST_CRASH_ROUNDS"),
            CultureInfo.InvariantCulture, out var asked) ? asked : Rounds;
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}, {rounds} rounds");
        var (promisedVersions, promisedPosition) = (new int[Leaves], 0L);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var line in await RunAndKillAsync(random.Next(20, 400)))
            {
                var parts = line.Split(' ');
                if (parts[0] == "log")
                    promisedPosition = long.Parse(parts[1], CultureInfo.InvariantCulture);
                else
                    promisedVersions[int.Parse(parts[1], null)] = int.Parse(parts[2], null);
            }
            await CheckAsync(promisedVersions, promisedPosition);
        }
        output.WriteLine($"{promisedPosition} appended, {promisedVersions.Sum()} committed");
        Assert.True(promisedPosition > 0 && promisedVersions.Sum() > 0);
    }

    /// <summary>The child: appends and commits for ever, printing each promise.</summary>
    [Fact]
    public async Task Writes_until_killed_when_told_to()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { } path)
            return;
        await using var log = new FileEventLog(Path.Combine(path, "log"), TimeProvider.System);
        await using var store = new SqliteStore(Path.Combine(path, "store"), TimeProvider.System, Small);
        await using var promises = new StreamWriter(Path.Combine(path, "promises")) { AutoFlush = true };
        for (var turn = 0; ; turn++)
        {
            var position = await log.AppendAsync([new LogItem(0, new byte[100])], Cancel);
            lock (promises)
                promises.WriteLine($"log {position.Value}");
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            {
                var number = (turn * 8 + i) % Leaves;
                var version = (int)(await store.LoadAsync([Key(number)], Cancel))[0].Version;
                var batch = new WriteBatch();
                batch.Records.Add(new(Key(number), version, new byte[300]));
                batch.History.Add(new(Leaf(number), version + 1, version, new ulong[] { (ulong)version },
                    new byte[200]));
                batch.Counters.Add(new(new CounterKey(1, (ulong)number), 1, long.MaxValue));
                batch.Ledgers.Add(new(new LedgerKey(LedgerKind.Audit, 1), LeafId.None, version, new byte[9]));
                await store.CommitAsync(batch, Lane.Fold, Cancel);
                lock (promises)
                    promises.WriteLine($"store {number} {version + 1}");
            }));
        }
    }

    // Small generations, so that write-behind, rotation and deletion are met by the kill, too.
    private static SqliteStoreOptions Small => new()
    {
        RedoBytes = 100_000,
        RedoAge = TimeSpan.FromMilliseconds(50),
        ReserveBytes = 1 << 20,
        TableLogBytes = 1 << 20,
    };

    private static LeafId Leaf(int number) => new((UInt128)(number + 1) << 90);

    private static RecordKey Key(int number) => new(RecordKind.Leaf, Leaf(number));

    private async Task<string[]> RunAndKillAsync(int afterPromises)
    {
        var path = folder.At("promises");
        File.Delete(path);
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList =
            {
                "-noLogo", "-method", $"{typeof(SqliteStoreCrashTests).FullName}.{nameof(Writes_until_killed_when_told_to)}",
            },
            Environment = { [FolderVariable] = folder.Path },
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        try
        {
            var began = Stopwatch.StartNew();
            while (Promises(path).Length < afterPromises)
            {
                Assert.False(child.HasExited, "the child ended by itself");
                Assert.True(began.Elapsed < TimeSpan.FromMinutes(2), "the child promised nothing");
                await Task.Delay(2, Cancel);
            }
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync(Cancel);
        }
        return Promises(path);
    }

    private static string[] Promises(string path)
    {
        if (!File.Exists(path))
            return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var text = reader.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task CheckAsync(int[] promisedVersions, long promisedPosition)
    {
        await using (var log = new FileEventLog(folder.At("log"), TimeProvider.System))
        {
            Assert.True(log.Head.Value >= promisedPosition);
            var items = 0L;
            while (items < log.Head.Value)
                items += (await log.ReadAsync(0, 1000, Cancel)).Items.Count;
            Assert.Equal(log.Head.Value, items);
        }
        await using var store = new SqliteStore(folder.At("store"), TimeProvider.System, Small);
        for (var number = 0; number < Leaves; number++)
        {
            var version = (int)(await store.LoadAsync([Key(number)], Cancel))[0].Version;
            // One more may have become durable before its promise could be written.
            Assert.InRange(version, promisedVersions[number], promisedVersions[number] + 1);
            promisedVersions[number] = version;
            var pieces = await store.HistoryAsync(Leaf(number), long.MaxValue, int.MaxValue, Cancel);
            Assert.Equal(Enumerable.Range(1, version).Reverse().Select(i => (long)i),
                pieces.Select(piece => piece.Sequence));
            Assert.Equal(version, await store.CounterAsync(new CounterKey(1, (ulong)number), Cancel));
        }
        var ledger = await store.LedgerAsync(new LedgerKey(LedgerKind.Audit, 1), 1, int.MaxValue, Cancel);
        Assert.Equal(promisedVersions.Sum(), ledger.Count);
        Ledgers.AssertChained(ledger);
    }
}
