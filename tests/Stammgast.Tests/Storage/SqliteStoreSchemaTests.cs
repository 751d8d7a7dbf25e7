using System.Text;
using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Tidy;
using Xunit;

namespace Stammgast.Tests.Storage;

/// <summary>Every schema that was ever released is brought forward, with what is in it.</summary>
public sealed class SqliteStoreSchemaTests : IDisposable
{
    private readonly Folder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Version_one_is_read_with_all_its_rows()
    {
        Make(StoreFiles.Store, "store-1.sql");
        Make(StoreFiles.History, "history-1.sql");
        var leaf = new LeafId(((UInt128)1 << 120) | 42);
        await using (var store = Open())
        {
            var found = await store.LoadAsync(
                [new(RecordKind.Leaf, leaf), new(RecordKind.Product, LeafId.None, 7)], Cancel);
            Assert.Equal([(3, "state"), (2, "product")],
                found.Select(record => ((int)record.Version, Text(record.Body))));
            Assert.Equal([leaf], (await store.LookUpAsync([new LookUpHash(77)], Cancel))[0]);
            var due = Assert.Single(await store.DueAsync(50, 9, Cancel));
            Assert.Equal((DueKind.Expiry, leaf, 0UL, "due"), (due.Kind, due.Leaf, due.Id, Text(due.Body)));
            Assert.Equal(12, await store.CounterAsync(new CounterKey(1, 9), Cancel));
            Assert.Single(await store.LedgerAsync(new LedgerKey((LedgerKind)2, 1), 1, 9, Cancel));
            var piece = Assert.Single(await store.HistoryAsync(leaf, long.MaxValue, 9, Cancel));
            Assert.Equal((1, 1000, "p"), ((int)piece.Sequence, (int)piece.ReceivedAtMs, Text(piece.Body)));
            Assert.Equal([7UL], piece.Messages.ToArray());
        }
        AssertNewest();
    }

    [Fact]
    public async Task Every_earlier_schema_becomes_the_newest()
    {
        for (var from = 0; from <= Schema.Store.Count; from++)
        {
            using var own = new Folder();
            using (var database = new Database(own.At(StoreFiles.Store)))
                Schema.Migrate(database, [.. Schema.Store.Take(from)]);
            await using (new SqliteStore(own.Path, TimeProvider.System, Options))
            {
            }
            using var migrated = new Database(own.At(StoreFiles.Store));
            Assert.Equal(Schema.Store.Count, migrated.Ask("PRAGMA user_version"));
        }
    }

    [Fact]
    public void A_schema_from_the_future_is_refused()
    {
        using (var database = new Database(folder.At(StoreFiles.Store)))
            database.Run($"PRAGMA user_version = {Schema.Store.Count + 1}");
        Assert.Throws<InvalidDataException>(() => Open());
    }

    [Fact]
    public void A_migration_that_fails_leaves_the_schema_before_it()
    {
        using var database = new Database(folder.At("any.db"));
        Assert.ThrowsAny<IOException>(() => Schema.Migrate(database,
            ["CREATE TABLE a(x)", "CREATE TABLE b(x); INSERT INTO nowhere VALUES (1);"]));
        Assert.Equal(1, database.Ask("PRAGMA user_version"));
        Assert.Equal(1, database.Ask("SELECT count(*) FROM sqlite_schema"));
    }

    private static SqliteStoreOptions Options => new() { ReserveBytes = 0 };

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private SqliteStore Open() => new(folder.Path, TimeProvider.System, Options);

    private void Make(string file, string script)
    {
        using var database = new Database(folder.At(file));
        database.Run(File.ReadAllText(
            Path.Combine(Repository.Root, "tests", "Stammgast.Tests", "Storage", script)));
    }

    private void AssertNewest()
    {
        using var store = new Database(folder.At(StoreFiles.Store));
        Assert.Equal(Schema.Store.Count, store.Ask("PRAGMA user_version"));
        using var history = new Database(folder.At(StoreFiles.History));
        Assert.Equal(Schema.History.Count, history.Ask("PRAGMA user_version"));
    }
}
