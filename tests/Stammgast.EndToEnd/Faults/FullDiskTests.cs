using System.Diagnostics;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Faults;

/// <summary>A disk that fills up under the cell, and has room again.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_full_disk_events_wait_withdrawals_pass_and_nothing_accepted_is_lost()
    {
        using var disk = await SmallDisk.MountAsync("400m", Cancel);
        if (disk is null)
            return;
        var data = Path.Combine(disk.Path, "data");
        var accepted = new List<string>();
        var cell = await CellProcess.StartAsync(data, Cancel);
        try
        {
            for (var n = 0; n < 20; n++)
                Assert.Equal(200, await ViewAsync(cell, $"before-{n}", accepted));
            await cell.FoldedAsync(Cancel);
            var id = await cell.FindAsync("user_id", "full", Cancel);
            disk.Fill();
            // What has room in files that lie there already may still be taken; in the end nothing.
            var refused = 0;
            for (var n = 0; n < 3_000 && refused < 30; n++)
            {
                var answer = await SendAsync(cell, $"full-{n}", new string('x', 20_000));
                if (answer.Status == 200)
                {
                    accepted.Add($"full-{n}");
                    disk.Fill();
                    continue;
                }
                refused++;
                Assert.True(answer.Status == 503, $"{answer.Status}: {answer.Text}");
                Assert.True(answer.RetryAfter is not null, "Retry-After is missing");
            }
            Assert.Equal(30, refused);
            var put = await cell.SendAsync(HttpMethod.Put, $"/v1/profiles/{id}/consents",
                cell.ServerKey, """{"purposes":{"personalize.fit":"withdrawn"}}""", Cancel);
            Assert.True(put.Status == 200, $"a withdrawal got {put.Status}: {put.Text}\n{cell.Errors}");
            disk.Free();
            await Eventually.HoldsAsync("there is room again", async () =>
                await ViewAsync(cell, "after", accepted) == 200, Cancel);
            await cell.FoldedAsync(Cancel);
            await CheckAsync(cell, accepted);
            await cell.KillAsync();
            await cell.DisposeAsync();
            cell = await CellProcess.StartAsync(data, Cancel);
            await cell.FoldedAsync(Cancel);
            await CheckAsync(cell, accepted);
            var consents = (await cell.ReadAsync(
                $"/v1/profiles/{id}/consents", Cancel, "essential.service.operations.support")).Ok();
            Assert.Equal("withdrawn", consents.GetProperty("data").EnumerateArray()
                .Single(one => one.GetProperty("purpose").GetString() == "personalize.fit")
                .GetProperty("status").GetString());
        }
        finally
        {
            await cell.DisposeAsync();
        }
    }

    private static async Task CheckAsync(CellProcess cell, IReadOnlyList<string> accepted)
    {
        var found = (await cell.EventsAsync("user_id", "full", Cancel)).Select(e =>
            e.GetProperty("items")[0].GetProperty("productId").GetString()!).ToList();
        Assert.Equal(found.Count, found.Distinct().Count());
        Assert.Empty(accepted.Except(found));
    }

    private static async Task<int> ViewAsync(
        CellProcess cell, string product, List<string> accepted)
    {
        var answer = await SendAsync(cell, product, "");
        if (answer.Status == 200 && !accepted.Contains(product))
            accepted.Add(product);
        return answer.Status;
    }

    private static Task<Answer> SendAsync(CellProcess cell, string product, string filling) =>
        cell.PostAsync("/v1/track", cell.ServerKey, $$$"""
            {"type":"track","messageId":"{{{product}}}","userId":"full","event":"Product Viewed",
             "properties":{"product_id":"{{{product}}}","filling":"{{{filling}}}"},
             "context":{"consent":{"categoryPreferences":{{{Line.Yes}}} } } }
            """, Cancel);
}

/// <summary>A file system of its own in memory, small enough to be filled.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Mounts one; null, and says so, where this user may not (in CI it must).</summary>
    public static async Task<SmallDisk?> MountAsync(string size, CancellationToken cancel)
    {
        var path = Directory.CreateTempSubdirectory("stammgast-disk-").FullName;
        if (OperatingSystem.IsLinux()
            && await RunAsync("mount", ["-t", "tmpfs", "-o", "size=" + size, "none", path], cancel))
            return new SmallDisk(path);
        Directory.Delete(path);
        const string why = "This test needs a small tmpfs; mounting one needs root.";
        Assert.False(Environment.GetEnvironmentVariable("CI") is "true" or "1", why);
        TestContext.Current.TestOutputHelper?.WriteLine(why + " Nothing was tested.");
        return null;
    }

    /// <summary>Writes until nothing goes any more.</summary>
    public void Fill()
    {
        var block = new byte[64 * 1024];
        using var file = new FileStream(
            Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var size = block.Length; size >= 1; size /= 16)
        {
            try
            {
                while (true)
                    file.Write(block, 0, size);
            }
            catch (IOException)
            {
                // Full for this size; a smaller one may still go.
            }
        }
    }

    public void Free() => File.Delete(Filler);

    public void Dispose()
    {
        using var unmount = Process.Start("umount", ["-l", Path]);
        unmount.WaitForExit();
        Directory.Delete(Path);
    }

    private static async Task<bool> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancel)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        });
        await process!.WaitForExitAsync(cancel);
        return process.ExitCode == 0;
    }
}
