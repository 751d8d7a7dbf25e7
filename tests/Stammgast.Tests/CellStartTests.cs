using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Keys;
using Xunit;

namespace Stammgast.Tests;

/// <summary>What a start knows of the past, and says of what is wrong.</summary>
public sealed class CellStartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_an_earlier_process_folded_is_no_lag_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        LogPosition head;
        await using (var cell = await OpenAsync(folder))
        {
            cell.Start((_, bug) => throw bug);
            var leaf = cell.CellKeys.Index.Leaf(new Identifier(IdentifierType.UserId, "anna"));
            head = await cell.Log.AppendAsync(
                [new LogItem(leaf.Bucket, "damaged: set aside"u8.ToArray())], Cancel);
            Assert.True(await cell.Progress.WaitAsync(head, TimeSpan.FromSeconds(30), Cancel));
            // Acknowledged right after: by another thread, so it may not be seen yet.
            while (((FileEventLog)cell.Log).Acknowledged.CompareTo(head) < 0)
                await Task.Yield();
        }
        await using var later = await OpenAsync(folder);
        Assert.Equal(head, later.Progress.Folded);
    }

    [Fact]
    public async Task A_wrong_configuration_is_told_in_one_line_and_frees_the_folder()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Info.FullName, "purposes.json");
        await File.WriteAllTextAsync(file, """{"purposes":[{"key":"a"}]}""", Cancel);
        var wrong = await Assert.ThrowsAnyAsync<Exception>(async () => await OpenAsync(folder));
        Assert.Equal("purposes.json: /purposes/0/bit: is missing", wrong.Message);
        Assert.Equal(78, Commands.ExitCodeOf(wrong));
        File.Delete(file);
        await using var cell = await OpenAsync(folder);
    }

    private static ValueTask<Cell> OpenAsync(TemporaryFolder folder) => Cell.OpenAsync(
        new CellOptions { Data = folder.Info, CacheMiB = 16 },
        TimeProvider.System, Cancel);
}
