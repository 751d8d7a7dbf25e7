using System.Net.Sockets;
using System.Text;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Faults;

/// <summary>More at once than the process has room for.</summary>
public sealed class OverloadTests
{
    // 64 MiB for requests in hand hold 134 of them; smaller ones fill what is left.
    private static readonly int[] Hanging = [.. Enumerable.Repeat(500_000, 140)];

    private static readonly string Padding = new(' ', 20_000);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_there_is_no_room_for_gets_429_with_a_time_and_nothing_accepted_is_lost()
    {
        using var data = new DataFolder();
        await using var cell = await CellProcess.StartAsync(data.Path, Cancel);
        var held = new List<TcpClient>();
        using var holding = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var trickling = Task.CompletedTask;
        try
        {
            // Senders who announce much and then say nothing hold what they announced.
            foreach (var bytes in Hanging)
                held.Add(await HangAsync(cell, bytes));
            trickling = TrickleAsync([.. held], holding.Token);
            await Eventually.HoldsAsync("the process is full", async () =>
            {
                held.Add(await HangAsync(cell, 30_000));
                return (await SendAsync(cell, "probe")).Status != 200;
            }, Cancel);
            var count = Soak.Count(shortly: 50, whole: 1000);
            var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(
                n => SendAsync(cell, $"shut-{n}")));
            Assert.All(answers, Refused);
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => cell.PostAsync(
                "/v1/experience", cell.ServerKey, """{"userId":"u","placements":[]}""" + Padding, Cancel))),
                Refused);
        }
        finally
        {
            await holding.CancelAsync();
            await trickling;
            held.ForEach(one => one.Dispose());
        }
        await Eventually.HoldsAsync("there is room again",
            async () => (await SendAsync(cell, "open")).Status == 200, Cancel);
        await cell.FoldedAsync(Cancel);
        Assert.Equal(["open"], (await ProductsAsync(cell)).Where(one => one != "probe"));
    }

    [Fact]
    public async Task A_storm_of_senders_meets_200_429_or_503_only()
    {
        using var data = new DataFolder();
        await using var cell = await CellProcess.StartAsync(data.Path, Cancel);
        var count = Soak.Count(shortly: 1_000, whole: 20_000);
        var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(
            async n => (Name: $"storm-{n}", Answer: await SendAsync(cell, $"storm-{n}"))));
        foreach (var (_, answer) in answers)
        {
            if (answer.Status != 200)
                Refused(answer);
        }
        await cell.FoldedAsync(Cancel);
        Assert.Equal(
            answers.Where(one => one.Answer.Status == 200).Select(one => one.Name).Order(),
            (await ProductsAsync(cell)).Order());
    }

    private static void Refused(Answer answer)
    {
        Assert.True(answer.Status is 429 or 503, $"{answer.Status}: {answer.Text}");
        Assert.True(answer.RetryAfter is not null, "Retry-After is missing");
    }

    private static Task<Answer> SendAsync(CellProcess cell, string product) =>
        cell.PostAsync("/v1/track", cell.ServerKey,
            Line.View("\"userId\":\"overload\"", product, product) + Padding, Cancel);

    private static async Task<IEnumerable<string>> ProductsAsync(CellProcess cell) =>
        (await cell.EventsAsync("user_id", "overload", Cancel)).Select(e =>
            e.GetProperty("items")[0].GetProperty("productId").GetString()!);

    private static async Task<TcpClient> HangAsync(CellProcess cell, int bytes)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", cell.Url.Port, Cancel);
        var head = $"POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: {bytes}\r\n"
            + "Content-Type: application/json\r\n\r\n{";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Cancel);
        return client;
    }

    // Just fast enough that the server does not give them up.
    private static async Task TrickleAsync(TcpClient[] clients, CancellationToken stop)
    {
        var some = Encoding.ASCII.GetBytes(new string(' ', 400));
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                foreach (var client in clients)
                {
                    try
                    {
                        await client.GetStream().WriteAsync(some, stop);
                    }
                    catch (Exception gone) when (gone is IOException or InvalidOperationException)
                    {
                        // One that was refused: its connection is closed.
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Enough.
        }
    }
}
