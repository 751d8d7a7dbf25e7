using System.Text;
using Xunit;

namespace Stammgast.EndToEnd.Faults;

/// <summary>What a customer takes back or refuses, on real disks and over kill -9.</summary>
public sealed class WithdrawalTests
{
    private const string Row = """[{"key":"home.row","type":"items","limit":6}]""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_withdrawal_holds_in_the_next_call_and_after_a_kill_right_behind_its_answer()
    {
        using var data = new DataFolder();
        var rounds = Soak.Count(shortly: 3, whole: 60);
        var cell = await StartAsync(data);
        try
        {
            for (var round = 0; round < rounds; round++)
            {
                var user = $"leaver-{round}";
                await LearnAsync(cell, user);
                var id = await cell.FindAsync("user_id", user, Cancel);
                Assert.True(await IsPersonalAsync(cell, user), "personal while she agrees");
                var put = await cell.SendAsync(HttpMethod.Put, $"/v1/profiles/{id}/consents",
                    cell.ServerKey,
                    """{"purposes":{"personalize.content":"withdrawn"},"method":"portal"}""", Cancel);
                put.Ok();
                if (round % 2 == 0)
                {
                    await cell.KillAsync();
                    await cell.DisposeAsync();
                    cell = await StartAsync(data);
                }
                Assert.False(await IsPersonalAsync(cell, user), "impersonal in the next call");
                var view = (await cell.ReadAsync($"/v1/profiles/{id}/events", Cancel)).Ok();
                Assert.Equal(0, view.GetProperty("data").GetArrayLength());
                Assert.True(view.GetProperty("withheld").GetInt32() > 0);
                var consents = (await cell.ReadAsync(
                    $"/v1/profiles/{id}/consents", Cancel, "essential.service.operations.support")).Ok();
                Assert.Equal("withdrawn", consents.GetProperty("data").EnumerateArray()
                    .Single(one => one.GetProperty("purpose").GetString()
                        == "personalize.content.profiled").GetProperty("status").GetString());
            }
        }
        finally
        {
            await cell.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_browsers_privacy_signal_is_a_no_to_advertising_beside_any_yes()
    {
        using var data = new DataFolder();
        await using var cell = await StartAsync(data);
        const string advertising = "marketing.advertising.negative_targeting";
        var both = new[] { ("plain", Array.Empty<(string, string)>()), ("signal", [("Sec-GPC", "1")]) };
        foreach (var (user, headers) in both)
        {
            (await cell.PostAsync("/v1/batch", cell.ServerKey, Line.Batch(
                Line.View($"\"userId\":\"{user}\"", user + "-m", "P-1")), Cancel, headers)).Ok();
        }
        await cell.FoldedAsync(Cancel);
        Assert.Single(await cell.EventsAsync("user_id", "plain", Cancel, advertising));
        Assert.Empty(await cell.EventsAsync("user_id", "signal", Cancel, advertising));
        // It speaks of advertising, not of what she agreed to see in the shop.
        Assert.Single(await cell.EventsAsync("user_id", "signal", Cancel));
    }

    [Fact]
    public async Task Refusal_leaves_no_row_and_nothing_personal_lies_on_disk_in_the_clear()
    {
        using var data = new DataFolder();
        var cell = await StartAsync(data);
        const string refuser = "refuser-7d1c2a9e", canary = "canary-58be03f1";
        const string mail = "kanarie.vogel@example.test", product = "P-SECRET-91c4";
        try
        {
            var no = (await cell.PostAsync("/v1/batch", cell.WriteKey, Line.Batch(
                Line.View($"\"anonymousId\":\"{refuser}\"", "no-1", product, Line.No),
                Line.View($"\"anonymousId\":\"{refuser}\"", "no-2", product, Line.No)), Cancel)).Ok();
            Assert.All(no.GetProperty("events").EnumerateArray(), e =>
                Assert.Equal("rejected", e.GetProperty("fate").GetString()));
            Assert.Equal("shown", (await cell.PostAsync("/v1/experience", cell.WriteKey, $$$"""
                {"anonymousId":"{{{refuser}}}","placements":{{{Row}}},
                 "context":{"consent":{"categoryPreferences":{{{Line.No}}} } } }
                """, Cancel)).Ok().GetProperty("decisions")[0].GetProperty("outcome").GetString());
            (await cell.PostAsync("/v1/batch", cell.ServerKey, Line.Batch(
                $$$"""
                {"type":"identify","messageId":"yes-1","userId":"{{{canary}}}",
                 "traits":{"email":"{{{mail}}}","firstName":"Wellensittich"},
                 "context":{"consent":{"categoryPreferences":{{{Line.Yes}}} } } }
                """,
                Line.View($"\"userId\":\"{canary}\"", "yes-2", product)), Cancel)).Ok();
            // Before the fold has let go of the log's segments, while it works, and after.
            AssertNowhere(data.Path, refuser, canary, mail, product, "Wellensittich");
            await cell.FoldedAsync(Cancel);
            AssertNowhere(data.Path, refuser, canary, mail, product, "Wellensittich");
            Assert.Null(await cell.FindAsync("anonymous_id", refuser, Cancel));
            Assert.Equal(2, (await cell.EventsAsync("user_id", canary, Cancel)).Count);
            await cell.KillAsync();
            AssertNowhere(data.Path, refuser, canary, mail, product, "Wellensittich");
            await cell.DisposeAsync();
            cell = await StartAsync(data);
            Assert.Null(await cell.FindAsync("anonymous_id", refuser, Cancel));
            Assert.Equal(2, (await cell.EventsAsync("user_id", canary, Cancel)).Count);
            AssertNowhere(data.Path, refuser, canary, mail, product, "Wellensittich");
            foreach (var word in (string[])[refuser, canary, mail, product])
                Assert.DoesNotContain(word, cell.Errors, StringComparison.Ordinal);
        }
        finally
        {
            await cell.DisposeAsync();
        }
    }

    /// <summary>As it is, as base64 at each of the three alignments, and as hex.</summary>
    private static void AssertNowhere(string folder, params IEnumerable<string> secrets)
    {
        var needles = secrets.SelectMany(Forms).ToList();
        var read = 0L;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            // Held by the living process: nobody may open it, and there is nothing in it.
            if (Path.GetFileName(file) == "cell.lock")
            {
                Assert.Equal(0, new FileInfo(file).Length);
                continue;
            }
            byte[] bytes;
            try
            {
                bytes = File.ReadAllBytes(file);
            }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
            {
                continue;
            }
            read += bytes.Length;
            foreach (var (form, needle) in needles)
            {
                Assert.True(bytes.AsSpan().IndexOf(needle) < 0,
                    $"{Path.GetRelativePath(folder, file)} holds {form}");
            }
        }
        Assert.True(read > 1000, "there were files to scan");
    }

    private static IEnumerable<(string Form, byte[] Bytes)> Forms(string secret)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        yield return (secret, plain);
        yield return (secret + " in UTF-16", Encoding.Unicode.GetBytes(secret));
        yield return (secret + " in hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(plain)));
        yield return (secret + " in HEX", Encoding.ASCII.GetBytes(Convert.ToHexString(plain)));
        for (var shift = 0; shift < 3; shift++)
        {
            // Without the characters that its neighbours would change.
            var text = Convert.ToBase64String([.. new byte[shift], .. plain]);
            var from = shift == 0 ? 0 : shift + 1;
            var whole = (plain.Length + shift) / 3 * 4;
            yield return ($"{secret} in base64 at {shift}", Encoding.ASCII.GetBytes(text[from..whole]));
        }
    }

    private static async Task<CellProcess> StartAsync(DataFolder data)
    {
        var cell = await CellProcess.StartAsync(data.Path, Cancel);
        (await cell.SendAsync(HttpMethod.Put, "/v1/catalog/products", cell.AdminKey,
            Line.Products(8), Cancel)).Ok();
        return cell;
    }

    private static async Task LearnAsync(CellProcess cell, string user)
    {
        (await cell.PostAsync("/v1/batch", cell.ServerKey, Line.Batch(
            Line.View($"\"userId\":\"{user}\"", user + "-1", "P-1"),
            Line.View($"\"userId\":\"{user}\"", user + "-2", "P-2")), Cancel)).Ok();
        await cell.FoldedAsync(Cancel);
    }

    // Whether staff's trace says that the person was looked at.
    private static async Task<bool> IsPersonalAsync(CellProcess cell, string user)
    {
        var answer = (await cell.PostAsync("/v1/experience", cell.ServerKey,
            $$"""{"userId":"{{user}}","placements":{{Row}}}""", Cancel)).Ok();
        var id = answer.GetProperty("decisions")[0].GetProperty("decisionId").GetString();
        var trace = await cell.SendAsync(
            HttpMethod.Get, $"/v1/decisions/{id}", cell.AdminKey, null, Cancel);
        return trace.Ok().GetProperty("personal").GetBoolean();
    }
}
