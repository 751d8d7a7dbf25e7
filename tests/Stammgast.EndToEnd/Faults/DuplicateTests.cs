using Xunit;

namespace Stammgast.EndToEnd.Faults;

/// <summary>One messageId counts once, however often and through whatever it comes.</summary>
public sealed class DuplicateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_that_comes_many_times_at_once_and_after_restarts_counts_once()
    {
        using var data = new DataFolder();
        var random = Soak.Random();
        var times = Soak.Count(shortly: 40, whole: 800);
        var cell = await CellProcess.StartAsync(data.Path, Cancel);
        try
        {
            await FloodAsync(cell, random, times);
            await cell.FoldedAsync(Cancel);
            await CheckAsync(cell);
            // Again while the restarted process may still deliver what it had not acknowledged.
            await FloodAsync(cell, random, times);
            await cell.KillAsync();
            await cell.DisposeAsync();
            cell = await CellProcess.StartAsync(data.Path, Cancel);
            await FloodAsync(cell, random, times);
            await cell.FoldedAsync(Cancel);
            await CheckAsync(cell);
        }
        finally
        {
            await cell.DisposeAsync();
        }
    }

    private static async Task FloodAsync(CellProcess cell, Random random, int times)
    {
        var bodies = Enumerable.Range(0, times).Select(_ => Batch(random)).ToList();
        var answers = await Task.WhenAll(bodies.Select(body =>
            cell.PostAsync("/v1/batch", cell.ServerKey, body, Cancel)));
        foreach (var answer in answers)
        {
            foreach (var e in answer.Ok().GetProperty("events").EnumerateArray())
            {
                Assert.True(e.GetProperty("fate").GetString() is "accepted" or "duplicate",
                    e.GetRawText());
            }
        }
    }

    // The same three orders, in any order and number, some twice in one request.
    private static string Batch(Random random) => Line.Batch(Enumerable
        .Range(0, random.Next(1, 6)).Select(_ => random.Next(3)).Select(order => Line.Order(
            "double-user", $"double-{order}", $"O-{order}", ("TEE-" + order, 10 * (order + 1)))));

    private static async Task CheckAsync(CellProcess cell)
    {
        var events = await cell.EventsAsync("user_id", "double-user", Cancel);
        Assert.Equal(["O-0", "O-1", "O-2"],
            events.Select(e => e.GetProperty("orderId").GetString()).Order(StringComparer.Ordinal));
        var facts = await cell.FactsAsync("user_id", "double-user", Cancel);
        Assert.Equal("3", facts["orders.count"]);
        Assert.Equal("6000", facts["orders.revenue_minor"]);
    }
}
