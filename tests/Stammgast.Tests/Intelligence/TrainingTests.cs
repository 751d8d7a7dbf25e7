using System.Diagnostics;
using System.Globalization;
using Stammgast.Catalogue;
using Stammgast.Intelligence;
using Stammgast.Tests.Support;
using Xunit;
using static Stammgast.Tests.Intelligence.Shop;

namespace Stammgast.Tests.Intelligence;

public sealed class TrainingTests
{
    private static readonly CatalogueSnapshot Forty =
        Assortment([.. Enumerable.Range(0, 40).Select(i => Product($"P{i:D2}", "c" + i % 4))]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_same_rows_in_any_order_give_the_same_bytes(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var rows = Random(seed).ToArray();
        var once = await TrainAsync(Forty, rows, Cancel);
        new Random(seed).Shuffle(rows);
        var again = await TrainAsync(Forty, rows.Concat(rows.Take(50)), Cancel);
        Assert.Equal(once.Fingerprint(), again.Fingerprint());
        Assert.Equal(once.Card, again.Card);
    }

    [Fact]
    public async Task A_forgotten_leaf_leaves_nothing_and_comes_back_only_by_a_training_after_it()
    {
        var rows = Random(7).ToArray();
        var gone = new LeafId(4);
        var worker = Worker(Forty, rows);
        await worker.TrainAsync(Cancel);
        worker.Forget(gone);
        var left = await TrainAsync(Forty, rows.Where(row => row.Leaf != gone), Cancel);
        Assert.Equal(left.LearnedDays.ToArray(), worker.Current.LearnedDays.ToArray());
        Assert.Equal(left.Popularity, worker.Current.Popularity);
        Assert.Equal(left.Card.People, worker.Current.Card.People);
        for (var item = 0; item < 40; item++)
        {
            Assert.Equal(left.Pairs.Of(item).ToArray().OrderBy(n => n.Item),
                worker.Current.Pairs.Of(item).ToArray().OrderBy(n => n.Item));
        }
        await worker.TrainAsync(Cancel);
        Assert.Equal((await TrainAsync(Forty, rows, Cancel)).Fingerprint(), worker.Current.Fingerprint());
    }

    [Fact]
    public async Task Forgetting_while_a_training_reads_the_leaf_wins()
    {
        TrainingWorker? worker = null;
        IEnumerable<TrainingRow> Reading()
        {
            foreach (var row in Random(9))
                yield return row;
            worker!.Forget(new LeafId(4));
        }
        worker = Worker(Forty, Reading());
        await worker.TrainAsync(Cancel);
        var left = await TrainAsync(Forty, Random(9).Where(row => row.Leaf != new LeafId(4)), Cancel);
        Assert.Equal(left.Card.People, worker.Current.Card.People);
        Assert.Equal(left.Popularity, worker.Current.Popularity);
    }

    [Fact]
    public async Task More_who_say_no_than_are_remembered_stop_the_learning_and_void_a_training_that_reads()
    {
        var few = new TrainingOptions { MaxForgotten = 2 };
        TrainingWorker? worker = null;
        var mayForget = false;
        IEnumerable<TrainingRow> Reading()
        {
            foreach (var row in Random(9))
                yield return row;
            for (uint leaf = 1; mayForget && leaf < 5; leaf++)
                worker!.Forget(new LeafId(leaf));
        }
        worker = Worker(Forty, Reading(), few);
        Assert.True(await worker.TrainAsync(Cancel));
        var people = worker.Current.Card.People;
        mayForget = true;
        Assert.False(await worker.TrainAsync(Cancel));
        // The old models serve on, without those four.
        Assert.Equal(people - 4, worker.Current.Card.People);
        mayForget = false;
        Assert.True(await worker.TrainAsync(Cancel));
        Assert.Equal(people, worker.Current.Card.People);
    }

    [Fact]
    public async Task A_purchase_together_shows_soon_after_it_was_folded()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var worker = Worker(Forty, [], new TrainingOptions { PublishEvery = TimeSpan.FromMilliseconds(5) });
        var running = worker.RunAsync(stop.Token);
        await worker.Trained;
        for (var person = 0; person < 3; person++)
            worker.Observe(Row(person, Start, Behaviour.Bought, "P01", "P02"));
        worker.Observe(Row(8, Start, Behaviour.Bought, "unknown"));
        while (worker.Current.Pairs.Of(1).IsEmpty)
            await Task.Yield();
        Assert.Equal(2, worker.Current.Pairs.Of(1)[0].Item);
        Assert.Equal(3, worker.Current.Card.People);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_training_that_fails_leaves_the_models_as_they_were()
    {
        var fail = false;
        IEnumerable<TrainingRow> Rows()
        {
            foreach (var row in Random(5))
                yield return row;
            if (fail)
                throw new IOException("disk");
        }
        var worker = Worker(Forty, Rows());
        Assert.True(await worker.TrainAsync(Cancel));
        var before = worker.Current;
        fail = true;
        Assert.False(await worker.TrainAsync(Cancel));
        Assert.Same(before, worker.Current);
    }

    [Fact]
    public async Task A_robot_weighs_as_one_person_and_fills_no_memory()
    {
        var robot = Enumerable.Range(0, 100_000).Select(click =>
            Row(0, Start + click * 1000L, Behaviour.Viewed, $"P{click % 40:D2}"));
        var options = new TrainingOptions { MaxUsesPerLeaf = 20 };
        var worker = Worker(Forty, robot, options);
        await worker.TrainAsync(Cancel);
        Assert.InRange(worker.Current.Card.Uses, 1, 20);
        Assert.True(worker.Current.Pairs.Of(1).IsEmpty);
    }

    [Fact]
    public async Task Time_that_runs_backwards_harms_nothing()
    {
        var rows = Enumerable.Range(0, 200).Select(i =>
            Row(i % 5, Start - i * 3_600_000L, Behaviour.Viewed, $"P{i % 7:D2}"))
            .Append(Row(1, long.MinValue, Behaviour.Viewed, "P01"))
            .Append(Row(1, long.MaxValue, Behaviour.Viewed, "P01"));
        var models = await TrainAsync(Forty, rows, Cancel);
        Assert.All(models.Popularity, score => Assert.InRange(score, 0, 1));
    }

    [Fact]
    public async Task A_real_retailers_year_is_learned_and_answers_at_once()
    {
        var products = new Dictionary<string, Product>();
        var orders = new Dictionary<(int, long), List<string>>();
        foreach (var line in EvaluationData.Invoices().Skip(1))
        {
            var first = line.Split(',', 3);
            var last = line.Split(',')[^5..];
            if (first[0].StartsWith('C') || last[3].Length == 0)
                continue;
            products.TryAdd(first[1], Product(first[1]));
            var key = ((int)double.Parse(last[3], CultureInfo.InvariantCulture), (long)DateTime
                .Parse(last[1], CultureInfo.InvariantCulture).Subtract(DateTime.UnixEpoch).TotalMilliseconds);
            if (!orders.TryGetValue(key, out var order))
                orders.Add(key, order = []);
            order.Add(first[1]);
        }
        var catalogue = Assortment([.. products.Values]);
        var rows = orders.Select(order =>
            Row(order.Key.Item1, order.Key.Item2, Behaviour.Bought, [.. order.Value]));
        var watch = Stopwatch.StartNew();
        var models = await TrainAsync(catalogue, rows, Cancel);
        var trainedMs = watch.ElapsedMilliseconds;
        var random = new Random(1);
        var times = new List<double>();
        foreach (var (key, order) in orders.Take(500))
        {
            var ask = new Ask
            {
                Catalogue = catalogue, NowMs = key.Item2, ProductId = order[0],
                Taste = new Taste
                {
                    Recent = [.. order.Take(6).Select(id => new UsedProduct(id, key.Item2))],
                    Purchases = [.. order.Take(24).Select(id => new OwnPurchase(id, "o", key.Item2))],
                },
            };
            var from = Stopwatch.GetTimestamp();
            Assert.NotEmpty(Recommender.Candidates(models, ask).Items);
            times.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }
        times.Sort();
        EvaluationData.Say($"{models.Card} trained in {trainedMs} ms; candidates p50 {times[250]:F3} ms, p99 {times[495]:F3} ms");
        var learned = models.LearnedDays.ToArray();
        Assert.InRange(learned.Count(days => days > 0), 1, learned.Length);
    }

    private static IEnumerable<TrainingRow> Random(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 600; i++)
            yield return Row(random.Next(25), Start + random.Next(60) * Day + random.Next(100) * 60_000,
                (Behaviour)random.Next(1, 4),
                [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"P{random.Next(40):D2}")]);
    }
}
