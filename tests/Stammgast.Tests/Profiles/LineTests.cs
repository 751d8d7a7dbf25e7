using Stammgast.Consent;
using Stammgast.Profiles;
using Stammgast.Storage;
using Xunit;
using static Stammgast.Tests.Profiles.Events;

namespace Stammgast.Tests.Profiles;

/// <summary>Fold, settle and read over a real store.</summary>
public sealed class LineTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_order_batches_and_repetitions_give_the_same_bytes_for_leaves_and_persons()
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            var random = new Random(seed);
            var events = World(random, 160).ToArray();
            await using var once = new TestCell();
            await once.FoldAsync(events);
            await using var again = new TestCell();
            var repeated = events.Concat(events.Where(_ => random.Next(4) == 0)).ToArray();
            random.Shuffle(repeated);
            foreach (var batch in LeafStateTests.Batches(random, repeated))
                await again.FoldAsync(batch);
            foreach (var anchor in events.Select(e => e.Identifiers[0]).Distinct())
            {
                Assert.Equal(await ContentAsync(once, anchor), await ContentAsync(again, anchor));
            }
        }
    }

    [Fact]
    public async Task A_device_joins_its_user_when_she_signs_in_and_both_ids_read_the_person()
    {
        await using var cell = new TestCell();
        await cell.FoldAsync(One(EventKind.ProductViewed, Start, Device("d")) with { Items = [Item("RUN")] });
        await cell.FoldAsync(One(EventKind.Identify, Start + 1, User("anna"), Device("d")));
        var root = cell.Index.Leaf(User("anna"));
        Assert.Equal(root, await cell.RootAsync(Device("d")));
        Assert.Equal(root, await cell.Reader.FindAsync(Device("d"), Cancel));
        var profile = await cell.Reader.LoadAsync(cell.Index.Leaf(Device("d")), Cancel);
        Assert.Equal(root, profile!.Root);
        Assert.Equal(2, profile.For(KnownPurposes.Service).Events);
        Assert.Single(profile.For(KnownPurposes.Service).Viewed);
    }

    [Fact]
    public async Task A_repeated_message_changes_state_once_even_after_the_memory_was_lost()
    {
        await using var cell = new TestCell();
        var order = One(EventKind.OrderCompleted, cell.Time.NowMs - 5, User("anna")).Bought(Item("RUN", 900));
        await cell.FoldAsync(order);
        var before = (await cell.StateAsync(User("anna"))).Encode();
        Assert.Equal(1, (await cell.FoldAsync(order))[0].Duplicates);
        cell.Reader.Forget(cell.Index.Leaf(User("anna")));
        Assert.Equal(1, (await cell.FoldAsync(order))[0].Duplicates);
        Assert.Equal(before, (await cell.StateAsync(User("anna"))).Encode());
    }

    [Fact]
    public async Task A_link_that_was_committed_but_not_looked_at_is_found_when_the_batch_comes_again()
    {
        await using var cell = new TestCell();
        await cell.FoldAsync(One(EventKind.Other, Start, Device("d")));
        var meeting = One(EventKind.Other, Start + 1, User("anna"), Device("d"));
        await cell.FoldAsync(meeting);
        // As if the process had died between commit and look: the links are undone by hand.
        foreach (var anchor in (Identifier[])[Device("d")])
        {
            var leaf = cell.Index.Leaf(anchor);
            var loaded = (await cell.Reader.LoadLeavesAsync([leaf], Cancel))[0];
            var batch = new WriteBatch();
            batch.Records.Add(new RecordWrite(new RecordKey(RecordKind.Leaf, leaf), loaded.Version,
                cell.Keys.Seal(leaf, RecordKind.Leaf, loaded.Version + 1, loaded.State!.WithRoot(leaf).Encode())));
            await cell.Store.CommitAsync(batch, Lane.Fold, Cancel);
            cell.Reader.Forget(leaf);
        }
        Assert.Equal(cell.Index.Leaf(Device("d")), (await cell.StateAsync(Device("d"))).Root);
        await cell.FoldAsync(meeting);
        Assert.Equal(cell.Index.Leaf(User("anna")), (await cell.StateAsync(Device("d"))).Root);
    }

    [Fact]
    public async Task Unmerge_gives_both_profiles_back_as_if_each_had_lived_alone()
    {
        await using var cell = new TestCell();
        await using var apart = new TestCell();
        Event[] anna = [One(EventKind.Other, Start, User("anna")) with { Items = [Item("A")] }];
        Event[] card = [One(EventKind.OrderCompleted, Start + 2, Card("C1")).Bought(Item("B"))];
        await cell.FoldAsync(anna.Concat(card));
        Assert.Null(await cell.Identity.MergeAsync(
            cell.Index.Leaf(User("anna")), cell.Index.Leaf(Card("C1")), Start + 3, Cancel));
        Assert.Equal(await cell.RootAsync(User("anna")), await cell.RootAsync(Card("C1")));
        Event[] later = [One(EventKind.ProductViewed, Start + 4, Card("C1")) with { Items = [Item("C")] }];
        await cell.FoldAsync(later);
        Assert.Null(await cell.Identity.UnmergeAsync(
            new HashSet<LeafId> { cell.Index.Leaf(Card("C1")) }, Start + 5, Cancel));
        await apart.FoldAsync(anna.Concat(card));
        await apart.FoldAsync(later);
        foreach (var anchor in (Identifier[])[User("anna"), Card("C1")])
            Assert.Equal(await ContentAsync(apart, anchor), await ContentAsync(cell, anchor));
    }

    [Fact]
    public async Task Unmerging_what_an_identifier_joined_holds_until_staff_take_it_back()
    {
        await using var cell = new TestCell();
        await cell.FoldAsync(One(EventKind.Other, Start, User("anna"), Mail("m@x.test")),
            One(EventKind.Other, Start + 1, Mail("m@x.test")));
        var mail = cell.Index.Leaf(Mail("m@x.test"));
        Assert.Equal(cell.Index.Leaf(User("anna")), await cell.RootAsync(Mail("m@x.test")));
        Assert.Null(await cell.Identity.UnmergeAsync(new HashSet<LeafId> { mail }, Start + 2, Cancel));
        await cell.FoldAsync(One(EventKind.Other, Start + 3, User("anna"), Mail("m@x.test"), Device("d")));
        Assert.Equal(mail, await cell.RootAsync(Mail("m@x.test")));
        Assert.Null(await cell.Identity.MergeAsync(mail, cell.Index.Leaf(User("anna")), Start + 4, Cancel));
        Assert.Equal(cell.Index.Leaf(User("anna")), await cell.RootAsync(Mail("m@x.test")));
        Assert.Empty((await cell.StateAsync(Mail("m@x.test"))).Ties);
    }

    [Fact]
    public async Task A_timeline_pages_over_all_leaves_without_gap_or_repetition()
    {
        await using var cell = new TestCell();
        for (var i = 0; i < 90; i++)
        {
            await cell.FoldAsync(One(EventKind.Other, Start + i,
                i % 3 == 0 ? [User("anna"), Device("d")] : [Device("d")]) with
            {
                Message = new MessageKey((ulong)i + 1),
            });
        }
        var profile = await cell.Reader.LoadAsync(cell.Index.Leaf(User("anna")), Cancel);
        var view = profile!.For(KnownPurposes.Service);
        var seen = new List<long>();
        var cursor = TimelineCursor.Newest;
        while (cursor is not null)
        {
            var page = await cell.Timeline.ReadAsync(view, profile.Leaves, cursor, 7, Cancel);
            seen.AddRange(page.Events.Select(e => e.AtMs));
            Assert.True(page.Next is null || TimelineCursor.TryParse(page.Next.ToString(), out cursor));
            if (page.Next is null)
                break;
        }
        Assert.Equal(Enumerable.Range(0, 90).Select(i => Start + 89 - i), seen);
    }

    private static async Task<byte[]> ContentAsync(TestCell cell, Identifier anchor)
    {
        var state = await cell.StateAsync(anchor);
        var (_, person) = (await cell.Reader.LoadPersonsAsync([state.Root], Cancel))[0];
        // Roots and members are hashes of another pepper in each cell: told by their places.
        var members = person?.Members.Select(member => member.JoinedAtMs).Order().ToArray() ?? [];
        var content = LeafState.Decode(new LeafId(1), state.WithRoot(state.Leaf).WithTies([]).WithPieces(0).Encode());
        return [.. content.EncodeContent(), (byte)(state.Root == state.Leaf ? 1 : 0),
            (byte)members.Length, .. members.SelectMany(BitConverter.GetBytes)];
    }
}
