using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace Stammgast.Operations;

/// <summary>
/// kill -9 at random moments under load: every acknowledged event must be found once, and no event
/// twice, checked event by event.
/// </summary>
internal static class BenchKillWorker
{
    private const int People = 40;

    /// <summary>What a kill run found.</summary>
    /// <param name="Kills">How often the process was killed.</param>
    /// <param name="Acknowledged">Events that were answered with 200.</param>
    /// <param name="Lost">Acknowledged events that are not there.</param>
    /// <param name="Doubled">Events that are there more than once.</param>
    /// <param name="ReadyMs">From each restart to the ready line, ms.</param>
    internal sealed record Outcome(
        int Kills, long Acknowledged, long Lost, long Doubled, IReadOnlyList<double> ReadyMs);

    /// <summary>Runs a number of kills with a seed that is told, so that a run can be repeated.</summary>
    public static async Task<Outcome> RunAsync(
        BenchRun run, int kills, int seed, CancellationToken cancel)
    {
        var data = run.Fresh("kill");
        var acknowledged = new ConcurrentDictionary<string, byte>(StringComparer.Ordinal);
        var ready = new List<double>();
        var state = (ulong)seed * 2 + 1;
        var cell = await BenchCellWorker.StartAsync(data, cancel);
        try
        {
            for (var kill = 0; kill < kills; kill++)
            {
                state = state * 6364136223846793005UL + 1442695040888963407UL;
                var life = TimeSpan.FromMilliseconds(300 + (state >> 33) % 2_200);
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                var senders = Enumerable.Range(0, 4)
                    .Select(lane => SendAsync(cell, kill, lane, acknowledged, stop.Token)).ToArray();
                await Task.Delay(life, cancel);
                await cell.KillAsync();
                await stop.CancelAsync();
                await Task.WhenAll(senders);
                await cell.DisposeAsync();
                cell = await BenchCellWorker.StartAsync(data, cancel);
                ready.Add(cell.StartedIn.TotalMilliseconds);
                run.Say($"kill {kill + 1} of {kills}: {acknowledged.Count:n0} acknowledged");
            }
            await BenchLineWorker.DrainAsync(cell, cancel);
            var found = await FoundAsync(cell, cancel);
            return new Outcome(
                kills, acknowledged.Count,
                acknowledged.Keys.Count(id => !found.ContainsKey(id)),
                found.Values.Count(times => times > 1), ready);
        }
        finally
        {
            await cell.DisposeAsync();
        }
    }

    // A batch that was cut off is sent again after the restart by nobody: only what was answered counts.
    private static async Task SendAsync(
        BenchCellWorker cell, int kill, int lane, ConcurrentDictionary<string, byte> acknowledged,
        CancellationToken stop)
    {
        for (var batch = 0; !stop.IsCancellationRequested; batch++)
        {
            var ids = new List<string>();
            var body = new StringBuilder("{\"batch\":[");
            for (var i = 0; i < 10; i++)
            {
                var id = $"k{kill}-{lane}-{batch}-{i}";
                ids.Add(id);
                body.Append(i == 0 ? "" : ",").Append("{\"type\":\"track\",\"messageId\":\"")
                    .Append(id).Append("\",\"userId\":\"kill-").Append((batch * 10 + i) % People)
                    .Append("\",\"event\":\"Product Viewed\",\"properties\":{\"product_id\":\"")
                    .Append(id).Append("\"},\"context\":{\"consent\":{\"categoryPreferences\":")
                    .Append("{\"functional\":true,\"personalization\":true}}}}");
            }
            using var content = new StringContent(
                body.Append("]}").ToString(), Encoding.UTF8, "application/json");
            try
            {
                using var answer = await cell.SendAsync(
                    HttpMethod.Post, "/v1/batch", cell.ServerKey, content, stop);
            }
            catch (Exception cut) when (cut is HttpRequestException or OperationCanceledException
                or IOException)
            {
                return;
            }
            foreach (var id in ids)
                acknowledged.TryAdd(id, 0);
        }
    }

    private static async Task<Dictionary<string, int>> FoundAsync(
        BenchCellWorker cell, CancellationToken cancel)
    {
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var person = 0; person < People; person++)
        {
            using var lookup = new StringContent(
                $"{{\"type\":\"user_id\",\"value\":\"kill-{person}\"}}", Encoding.UTF8, "application/json");
            using var named = await cell.SendAsync(
                HttpMethod.Post, "/v1/profiles/lookup", cell.ServerKey, lookup, cancel);
            var id = (await ReadAsync(named, cancel)).GetProperty("profileId").GetString();
            string? next = null;
            do
            {
                var path = $"/v1/profiles/{id}/events?limit=200"
                    + (next is null ? "" : "&cursor=" + Uri.EscapeDataString(next));
                using var page = await cell.ReadPersonAsync(path, cancel);
                var list = await ReadAsync(page, cancel);
                foreach (var one in list.GetProperty("data").EnumerateArray())
                {
                    var message = one.GetProperty("items")[0].GetProperty("productId").GetString()!;
                    found[message] = found.GetValueOrDefault(message) + 1;
                }
                next = list.GetProperty("next").GetString();
            }
            while (next is not null);
        }
        return found;
    }

    private static async Task<JsonElement> ReadAsync(
        HttpResponseMessage answer, CancellationToken cancel)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        using var document = await JsonDocument.ParseAsync(stream, default, cancel);
        return document.RootElement.Clone();
    }
}
