using Stammgast.Catalogue;
using Stammgast.Decisions;
using Stammgast.Keys;
using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Keys;
using Xunit;
using static Stammgast.Tests.Decisions.Shelf;

namespace Stammgast.Tests.Decisions;

/// <summary>Invariant 8 on the real store.</summary>
public sealed class ReservationTests : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CellKeys cell;
    private readonly PersonKeys keys;
    private readonly SqliteStore store;
    private readonly ReservationWorker reservations;
    private readonly FixedClock clock = new(Now);
    private long ids;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ReservationTests()
    {
        cell = CellKeys.Open(folder.Info);
        keys = PersonKeys.Open(folder.Info, cell);
        store = new SqliteStore(Path.Combine(folder.Info.FullName, "store"), TimeProvider.System);
        reservations = new ReservationWorker(store, keys);
    }

    [Fact]
    public async Task A_burst_of_parallel_decisions_never_exceeds_a_cap()
    {
        for (var round = 0; round < 6; round++)
        {
            var device = Leaf(1_000 + round);
            var user = Leaf(2_000 + round);
            var shown = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
            {
                var owner = new Owner(user, i % 2 == 0 ? device : user, [user, device]);
                var decisions = await reservations.DecideAsync(
                    owner, [], (CapRules.Default, Now), Banner, Cancel);
                return decisions is [{ IsShown: true }];
            })));
            Assert.Equal(3, shown.Count(one => one));
        }
    }

    [Fact]
    public async Task Nodes_that_do_not_share_a_queue_still_never_exceed_a_cap()
    {
        using var other = new ReservationWorker(store, keys);
        for (var round = 0; round < 20; round++)
        {
            var leaf = Leaf(round);
            var shown = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                var node = i % 2 == 0 ? reservations : other;
                var decisions = await node.DecideAsync(
                    new Owner(leaf, leaf, [leaf]), [], (CapRules.Default, Now), Banner, Cancel);
                return decisions is [{ IsShown: true }];
            })));
            Assert.Equal(3, shown.Count(one => one));
        }
    }

    [Fact]
    public async Task A_banner_that_nobody_saw_is_released_after_ten_minutes()
    {
        var release = new ReleaseWorker(store, reservations, CapRules.Default, clock);
        for (var i = 0; i < 3; i++)
            Assert.True((await DecideAsync(Leaf(1))).IsShown);
        Assert.Equal(HeldBack.CapOffer, (await DecideAsync(Leaf(1))).Silence);
        clock.NowMs += 9 * 60_000;
        Assert.Equal(0, await release.HandleDueAsync(Cancel));
        clock.NowMs += 60_000;
        Assert.Equal(1, await release.HandleDueAsync(Cancel));
        Assert.True((await DecideAsync(Leaf(1))).IsShown);
        // The entry was deleted with what it released; the new reservation has its own.
        clock.NowMs += 1;
        Assert.Equal(0, await release.HandleDueAsync(Cancel));
    }

    [Fact]
    public async Task A_banner_that_was_seen_counts_after_ten_minutes_too()
    {
        var release = new ReleaseWorker(store, reservations, CapRules.Default, clock);
        for (var i = 0; i < 3; i++)
        {
            var contact = ReservationWorker.Reservation(await DecideAsync(Leaf(1)));
            await reservations.ChangeAsync(
                Leaf(1), contacts => contacts.Seen(contact!.Value), CapRules.Default, Cancel);
        }
        clock.NowMs += 11 * 60_000;
        await release.HandleDueAsync(Cancel);
        Assert.Equal(HeldBack.CapOffer, (await DecideAsync(Leaf(1))).Silence);
    }

    [Fact]
    public async Task A_decision_is_found_by_its_id_and_replays_to_the_same_bytes()
    {
        var decision = await DecideAsync(Leaf(7));
        var found = await reservations.FindAsync(decision.Id, Cancel);
        Assert.Equal(Leaf(7), found!.Value.Leaf);
        Assert.Equal(DecisionRecord.Encode(decision), found.Value.Record);
        Assert.Equal(found.Value.Record, DecisionRecord.Replay(found.Value.Record));
        Assert.Null(await reservations.FindAsync(new DecisionId(1), Cancel));
    }

    [Fact]
    public async Task A_decision_is_forgotten_after_ninety_days_with_its_look_up()
    {
        var retention = new RetentionWorker(store, keys, clock);
        var leaf = Leaf(7);
        var id = new DecisionId(new UInt128(99, (ulong)clock.NowMs << 22));
        var decisions = await reservations.DecideAsync(new Owner(leaf, leaf, [leaf]), [],
            (CapRules.Default, clock.NowMs),
            (in ContactUnion contacts) => [Banner(contacts)[0] with { Id = id }], Cancel);
        Assert.Single(decisions!);
        clock.NowMs += 89 * Day;
        Assert.Equal(0, await retention.SweepAsync(Cancel));
        Assert.NotNull(await reservations.FindAsync(id, Cancel));
        clock.NowMs += 2 * Day;
        Assert.Equal(1, await retention.SweepAsync(Cancel));
        Assert.Empty((await store.LookUpAsync([ReservationWorker.LookUpOf(id)], Cancel))[0]);
    }

    [Fact]
    public async Task The_stop_button_works_while_the_store_is_down()
    {
        var other = new SqliteStore(Path.Combine(folder.Info.FullName, "other"), TimeProvider.System);
        var stops = new StopWorker(other, keys, clock);
        Assert.True(await stops.StopAsync("campaign", "summer", Cancel));
        await other.DisposeAsync();
        Assert.False(await stops.StopAsync("cell", "", Cancel));
        Assert.True(stops.Current.StopsOnSite);
        Assert.Equal(["summer"], stops.Current.Campaigns);
    }

    [Fact]
    public async Task Erasing_takes_decisions_and_contacts_with_it()
    {
        var decision = await DecideAsync(Leaf(7));
        await keys.DestroyAsync(Leaf(7), Cancel);
        await store.EraseAsync(Leaf(7), new byte[] { 1 }, Cancel);
        Assert.Null(await reservations.FindAsync(decision.Id, Cancel));
        Assert.Empty(await store.ScanAsync(RecordKind.Contacts, null, 10, Cancel));
    }

    [Fact]
    public async Task What_the_customer_turned_off_is_kept_with_the_next_decision()
    {
        Rest[] rests = [new(RestKind.Campaign, KeyHash.Of("spring"), Now + 90 * Day)];
        var owner = new Owner(Leaf(1), Leaf(1), [Leaf(1)]);
        var now = await reservations.DecideAsync(owner, rests, (CapRules.Default, Now), Banner, Cancel);
        Assert.Equal(HeldBack.Dismissed, now![0].Silence);
        Assert.Equal(HeldBack.Dismissed, (await DecideAsync(Leaf(1))).Silence);
    }

    public async ValueTask DisposeAsync()
    {
        reservations.Dispose();
        await store.DisposeAsync();
        keys.Dispose();
        cell.Dispose();
        folder.Dispose();
    }

    private async Task<Decision> DecideAsync(LeafId leaf) => (await reservations.DecideAsync(
        new Owner(leaf, leaf, [leaf]), [], (CapRules.Default, clock.NowMs), Banner, Cancel))![0];

    private IReadOnlyList<Decision> Banner(in ContactUnion contacts)
    {
        var context = Context(CatalogueSnapshot.Empty, Motif("m")) with { NowMs = clock.NowMs };
        var person = Person() with { Contacts = contacts.Items, Rests = contacts.Rests };
        var id = (ulong)Interlocked.Increment(ref ids);
        return [DecisionPipeline.Decide(Shelf.Banner, context, person, [])
            with { Id = new DecisionId(new UInt128(id, id)) }];
    }

    private static LeafId Leaf(int number) => new(new UInt128((ulong)number << 40, (ulong)number));
}

/// <summary>A clock that stands until it is moved.</summary>
internal sealed class FixedClock(long nowMs) : TimeProvider
{
    public long NowMs { get; set; } = nowMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);
}
