using System.Diagnostics;
using Stammgast.Kernels;
using Xunit;

namespace Stammgast.Tests.Kernels;

public sealed class KernelEdgeTests
{
    [Fact]
    public void Nothing_known_answers_nothing()
    {
        var work = new SessionKnn.Work();
        Assert.True(SessionKnn.Build([]).Query([1, 2], 5, work).IsEmpty);
        Assert.True(SessionKnn.Build([[1, 2]]).Query([], 5, work).IsEmpty);
        Assert.True(SessionKnn.Build([[1, 2]]).Query([7], 5, work).IsEmpty);
        Assert.True(new ItemToItem().Publish(3).Of(2).IsEmpty);
        Assert.True(ItemRows.Empty.Of(-1).IsEmpty);
        Assert.Empty(PersonalFrequency.Score([]));
        Assert.Equal(0, new Popularity(30).Score(5, 0));
        Assert.Equal(new Rebuy(0, null, 0), new Replenishment().Of(5, 0));
    }

    [Fact]
    public void One_item_alone_has_no_neighbour_and_no_nan()
    {
        var model = new ItemToItem(shrink: 0, minOwners: 1);
        model.Add(0, 0, 1);
        Assert.True(model.Publish(1).Of(0).IsEmpty);
        var found = SessionKnn.Build([[0], [0], [0]]).Query([0], 5, new()).ToArray();
        Assert.All(found, item => Assert.True(float.IsFinite(item.Score)));
    }

    [Fact]
    public void A_robot_with_a_hundred_thousand_clicks_weighs_as_one_session()
    {
        var robot = Enumerable.Range(0, 100_000).Select(click => click % 2).ToArray();
        var model = SessionKnn.Build(
            [robot, [0, 2], [0, 2], [0, 2], .. Enumerable.Repeat<int[]>([5, 6], 100)]);
        Assert.Equal(2, model.Query([0], 3, new()).ToArray().First(item => item.Item != 0).Item);
        var running = Enumerable.Repeat(0, 100_000).ToArray();
        Assert.Equal(2, model.Query(running, 3, new()).ToArray().First(item => item.Item != 0).Item);
    }

    [Fact]
    public void Newer_sessions_stand_in_front_of_older_ones_even_across_two_parts()
    {
        var older = SessionKnn.Build([[0, 1], [0, 1]], new() { Newest = 2, Neighbours = 2 });
        var newer = SessionKnn.Build([[0, 2], [0, 2]], older: older);
        var whole = SessionKnn.Build([[0, 1], [0, 1], [0, 2], [0, 2]],
            new() { Newest = 2, Neighbours = 2 });
        Assert.Equal(whole.Query([0], 5, new()).ToArray(), newer.Query([0], 5, new()).ToArray());
        Assert.DoesNotContain(newer.Query([0], 5, new()).ToArray(), item => item.Item == 1);
    }

    [Fact]
    public void Removed_sessions_do_not_vote()
    {
        var model = SessionKnn.Build([[3, 4], [0, 1], [0, 2]]).Without([1]);
        Assert.DoesNotContain(model.Query([0], 5, new()).ToArray(), item => item.Item == 1);
        Assert.Contains(model.Query([0], 5, new()).ToArray(), item => item.Item == 2);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Item_to_item_forgets_exactly_and_knows_no_order(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var uses = Enumerable.Range(0, 2_000).Select(_ => (Owner: random.Next(60),
            Item: random.Next(40), Weight: random.Next(1, 4))).ToArray();
        var kept = uses.Where(use => use.Owner % 3 != 0).ToArray();
        var once = new ItemToItem();
        foreach (var (owner, item, weight) in kept)
            once.Add(owner, item, weight);
        var changing = new ItemToItem();
        foreach (var (owner, item, weight) in uses)
        {
            changing.Add(owner, item, weight);
            if (random.Next(50) == 0)
                changing.Publish(40);
        }
        for (var owner = 0; owner < 60; owner += 3)
            changing.Remove(owner);
        random.Shuffle(kept);
        var shuffled = new ItemToItem();
        foreach (var (owner, item, weight) in kept)
            shuffled.Add(owner, item, weight);
        Same(once.Publish(40), shuffled.Publish(40), 40);
        Same(once.Publish(40), changing.Publish(40), 40);
    }

    [Fact]
    public void A_pair_that_one_person_alone_has_is_not_shown()
    {
        var model = new ItemToItem();
        model.Add(0, 0, 3);
        model.Add(0, 1, 3);
        Assert.True(model.Publish(2).Of(0).IsEmpty);
        model.Add(1, 0, 3);
        model.Add(1, 1, 1);
        Assert.Equal(2, model.Publish(2).Of(0)[0].Owners);
        model.Remove(1);
        Assert.True(model.Publish(2).Of(0).IsEmpty);
    }

    [Fact]
    public void The_best_of_many_are_those_that_sorting_would_give()
    {
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            var items = Enumerable.Range(0, random.Next(0, 400))
                .Select(item => new Scored(item, random.Next(20))).ToArray();
            random.Shuffle(items);
            var expected = items.OrderByDescending(item => item.Score).ThenBy(item => item.Item)
                .Take(25).ToArray();
            var count = Best.First(items, 25);
            Assert.Equal(expected, items[..count]);
        }
    }

    [Fact]
    public void Popularity_takes_away_exactly_what_it_was_given_whatever_the_order_of_days()
    {
        var popularity = new Popularity(halfLifeDays: 10);
        popularity.Add(0, 20, 4);
        popularity.Add(0, 10, 8);
        Assert.Equal(8, popularity.Score(0, 20), 9);
        popularity.Add(0, 10, -8);
        popularity.Add(0, 20, -9);
        Assert.Equal(0, popularity.Score(0, 20));
        popularity.Add(0, 30, 1);
        Assert.Equal(1, popularity.Score(0, 25));
    }

    [Fact]
    public void What_is_bought_again_monthly_is_known_by_its_month()
    {
        var model = new Replenishment();
        for (var buyer = 0; buyer < 40; buyer++)
            model.Add(0, 1, [buyer, buyer + 30, buyer + 60], +1);
        for (var buyer = 0; buyer < 40; buyer++)
            model.Add(1, 2, [buyer], +1);
        Assert.Equal(30, model.Of(0, 1).IntervalDays!.Value, 1);
        Assert.True(model.Of(0, 1).Rate > .8);
        Assert.True(model.Of(1, 2).Rate < .2);
        Assert.InRange(model.Of(99, 1).Rate, .7, 1);
        for (var buyer = 0; buyer < 40; buyer++)
            model.Add(0, 1, [buyer, buyer + 30, buyer + 60], -1);
        Assert.Null(model.Of(0, 1).IntervalDays);
    }

    [Fact]
    public void A_query_stays_short_over_a_million_sessions()
    {
        var random = new Random(3);
        var sessions = new int[1_000_000][];
        for (var s = 0; s < sessions.Length; s++)
        {
            sessions[s] = new int[random.Next(2, 9)];
            for (var i = 0; i < sessions[s].Length; i++)
                sessions[s][i] = (int)(50_000 * Math.Pow(random.NextDouble(), 3));
        }
        var model = SessionKnn.Build(sessions);
        var work = new SessionKnn.Work();
        var times = new List<double>();
        var found = 0;
        for (var q = 0; q < 2_000; q++)
        {
            var watch = Stopwatch.GetTimestamp();
            found += model.Query(sessions[random.Next(sessions.Length)], 100, work).Length;
            times.Add(Stopwatch.GetElapsedTime(watch).TotalMilliseconds);
        }
        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"p50 {times[1000]:F3} ms, p99 {times[1980]:F3} ms");
        Assert.True(found > 0);
    }

    private static void Same(ItemRows expected, ItemRows actual, int items)
    {
        for (var item = 0; item < items; item++)
        {
            // The order within a row may lag behind; what is in it may not.
            var left = expected.Of(item).ToArray().OrderBy(n => n.Item).ToArray();
            var right = actual.Of(item).ToArray().OrderBy(n => n.Item).ToArray();
            Assert.Equal(left, right);
            Assert.All(left, n => Assert.InRange(expected.Score(item, n), 0, 1));
            foreach (var n in left)
                Assert.Equal(expected.Score(item, n), actual.Score(item, n));
        }
    }
}
