using System.Diagnostics;
using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Xunit;

namespace Stammgast.Tests.Storage;

/// <summary>A really full disk: a small file system in memory, which only root can mount.</summary>
public sealed class SqliteStoreFullDiskTests(ITestOutputHelper output) : IDisposable
{
    private readonly Folder folder = new();
    private bool mounted;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (mounted)
            Run("umount", folder.At("disk"));
        folder.Dispose();
    }

    [Fact]
    public async Task On_a_full_disk_imports_are_refused_and_a_withdrawal_still_finds_room()
    {
        Directory.CreateDirectory(folder.At("disk"));
        mounted = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            && Run("mount", "-t", "tmpfs", "-o", "size=12m", "none", folder.At("disk"));
        if (!mounted)
        {
            output.WriteLine("not here: only root on Linux can mount a small disk");
            return;
        }
        var kept = 0;
        await using (var store = Open(folder.At("disk")))
        {
            await ReserveIsMadeAsync();
            await Assert.ThrowsAsync<OverloadedException>(async () =>
            {
                for (; kept < 1000; kept++)
                    await CommitAsync(store, kept, 100_000, Lane.Import);
            });
            Assert.InRange(kept, 10, 100);
            await CommitAsync(store, 5000, 1000, Lane.Lowering);
            await Assert.ThrowsAsync<OverloadedException>(async () =>
            {
                for (var i = 0; i < 1000; i++)
                    await CommitAsync(store, 6000 + i, 100_000, Lane.Fold);
            });
        }
        // On a larger disk everything that was promised is there.
        Directory.CreateDirectory(folder.At("larger"));
        foreach (var file in Directory.GetFiles(folder.At("disk")))
            File.Copy(file, Path.Combine(folder.At("larger"), Path.GetFileName(file)));
        await using var larger = Open(folder.At("larger"));
        foreach (var number in Enumerable.Range(0, kept).Append(5000))
            Assert.Equal(1, (await larger.LoadAsync([Key(number)], Cancel))[0].Version);
        Assert.Equal(0, (await larger.LoadAsync([Key(kept)], Cancel))[0].Version);
    }

    private static SqliteStore Open(string path) => new(path, TimeProvider.System,
        new SqliteStoreOptions { ReserveBytes = 3 << 20, RedoAge = TimeSpan.FromHours(1) });

    private static RecordKey Key(int number) =>
        new(RecordKind.Leaf, new LeafId((UInt128)(number + 1) << 64));

    private static async Task CommitAsync(IStore store, int number, int bytes, Lane lane)
    {
        var batch = new WriteBatch();
        batch.Records.Add(new(Key(number), 0, new byte[bytes]));
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(batch, lane, Cancel));
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private async Task ReserveIsMadeAsync()
    {
        var path = Path.Combine(folder.At("disk"), StoreFiles.Reserve);
        while (!File.Exists(path) || new FileInfo(path).Length < 3 << 20)
            await Task.Delay(5, Cancel);
    }
}
