using Stammgast.Consent;
using Stammgast.Keys;
using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Keys;
using Stammgast.Tests.Storage;
using Stammgast.Tests.Support;
using Xunit;

namespace Stammgast.Tests;

/// <summary>What a cell is to those who run it.</summary>
public sealed class CellTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_data_folder_has_one_process_and_the_second_is_told_what_to_do()
    {
        using var folder = new TemporaryFolder();
        await using (await RunningCell.OpenAsync(folder.Info, Cancel))
        {
            var options = new CellOptions { Data = folder.Info, Port = 0 };
            var taken = await Assert.ThrowsAsync<FolderInUseException>(
                async () => await Cell.OpenAsync(options, TimeProvider.System, Cancel));
            Assert.Contains(folder.Info.FullName, taken.Message, StringComparison.Ordinal);
            Assert.Contains("--data", taken.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<FolderInUseException>(
                async () => await FlowImport.OpenAsync(folder.Info, Cancel));
            Assert.Equal(75, await Commands.All[1]().Parse(
                ["--data", folder.Info.FullName, "--port", "0"]).InvokeAsync(null, Cancel));
            Assert.Equal(75, await Commands.All[0]().Parse(
                ["--data", folder.Info.FullName, "--port", "0", "--empty", "--json"]).InvokeAsync(null, Cancel));
        }
        // Closed, it is free; a file that lies there says nothing.
        Assert.True(File.Exists(Path.Combine(folder.Info.FullName, "cell.lock")));
        await using var next = await RunningCell.OpenAsync(folder.Info, Cancel);
    }

    [Fact]
    public async Task A_cell_that_could_not_be_opened_frees_its_folder()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(
            Path.Combine(folder.Info.FullName, "purposes.json"), "{", Cancel);
        var options = new CellOptions { Data = folder.Info, Port = 0 };
        await Assert.ThrowsAnyAsync<Exception>(
            async () => await Cell.OpenAsync(options, TimeProvider.System, Cancel));
        CellLock.Take(folder.Info).Dispose();
    }

    [Fact]
    public async Task A_node_that_has_not_heard_of_withdrawals_is_not_ready()
    {
        using var folder = new TemporaryFolder();
        await using var cell = await RunningCell.OpenAsync(folder.Info, Cancel, starts: false);
        Assert.Equal(200, (await cell.SendAsync(HttpMethod.Get, "/health/live", "")).Status);
        Assert.Equal(503, (await cell.SendAsync(HttpMethod.Get, "/health/ready", "")).Status);
        await cell.Cell.Feed.ReadAsync(Cancel);
        Assert.Equal(200, (await cell.SendAsync(HttpMethod.Get, "/health/ready", "")).Status);
    }

    [Fact]
    public async Task A_node_whose_log_or_store_has_failed_is_not_ready()
    {
        using var folder = new Folder();
        var disk = new FaultyDisk();
        await using var log = new FileEventLog(folder.At("log"), TimeProvider.System, new(), disk);
        await using var store = new SqliteStore(folder.At("store"), TimeProvider.System);
        Assert.True(await FlowHealth.IsReadyAsync(log, store, () => true, Cancel));
        Assert.False(await FlowHealth.IsReadyAsync(log, store, () => false, Cancel));
        disk.OnFlush = () => throw FaultyDisk.Error(FaultyDisk.BrokenDevice);
        await Assert.ThrowsAsync<StorageFailedException>(async () =>
            await log.AppendAsync([new LogItem(0, new byte[8])], Cancel));
        Assert.False(await FlowHealth.IsReadyAsync(log, store, () => true, Cancel));
    }

    [Fact]
    public async Task A_log_that_is_only_full_leaves_a_node_ready()
    {
        using var folder = new Folder();
        var small = new FileEventLogOptions { MaxDiskBytes = 1 };
        await using var log = new FileEventLog(folder.At("log"), TimeProvider.System, small);
        await using var store = new SqliteStore(folder.At("store"), TimeProvider.System);
        await Assert.ThrowsAsync<OverloadedException>(async () =>
            await log.AppendAsync([new LogItem(0, new byte[8])], Cancel));
        Assert.True(await FlowHealth.IsReadyAsync(log, store, () => true, Cancel));
    }

    [Fact]
    public async Task Every_route_that_reads_a_person_names_a_purpose_that_the_key_holds()
    {
        using var folder = new TemporaryFolder();
        await using var cell = await RunningCell.OpenAsync(folder.Info, Cancel, folds: false);
        var reads = cell.Routes.Where(route => route.StartsWith(
            "GET /v1/profiles/{id}/", StringComparison.Ordinal)).Select(route => route[4..]).ToArray();
        foreach (var known in (string[])["facts", "events", "identifiers", "consents", "audiences", "explanation"])
            Assert.Contains("/v1/profiles/{id}/" + known, reads);
        var keys = cell.Cell.ApiKeys;
        var narrow = await keys.CreateAsync(new ApiKeyOrder
        {
            Kind = ApiKeyKind.Server, Name = "narrow", Source = Cell.SourceOf(ApiKeyKind.Server),
            Purposes = PurposeSet.Of(KnownPurposes.Service),
        }, Cancel);
        string[] others = [await cell.KeyAsync(ApiKeyKind.Write, Cancel),
            await cell.KeyAsync(ApiKeyKind.Till, Cancel)];
        var leaf = cell.Cell.CellKeys.Index.Leaf(new(IdentifierType.UserId, "u-1"));
        await cell.PostAsync("/v1/identify", narrow.Token, """{"userId":"u-1"}""");
        foreach (var read in reads)
        {
            var path = read.Replace("{id}", leaf.ToString(), StringComparison.Ordinal);
            Assert.Equal(400, await StatusAsync(narrow.Token, null));
            Assert.Equal(403, await StatusAsync(narrow.Token, "curiosity"));
            Assert.Equal(403, await StatusAsync(narrow.Token, "personalize.content.profiled"));
            Assert.Contains(await StatusAsync(narrow.Token, "essential.service"), new[] { 200, 404 });
            Assert.Equal(401, await StatusAsync("", "essential.service"));
            foreach (var token in others)
                Assert.Equal(403, await StatusAsync(token, "essential.service"));

            async Task<int> StatusAsync(string token, string? purpose) =>
                (await cell.SendAsync(HttpMethod.Get, path, token, purpose: purpose)).Status;
        }
    }
}
