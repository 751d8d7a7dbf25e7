using Stammgast.Identity;
using Stammgast.Profiles;
using Xunit;
using static Stammgast.Tests.Profiles.Events;

namespace Stammgast.Tests.Profiles;

public sealed class LeafStateTests
{
    private const int Worlds = 60;

    [Fact]
    public void A_state_is_a_function_of_the_set_of_events_in_any_order_and_batches()
    {
        for (var seed = 1; seed <= Worlds; seed++)
        {
            var random = new Random(seed);
            foreach (var leaf in World(random, 400).GroupBy(e => e.Leaf))
            {
                var events = leaf.ToArray();
                var once = Folded(leaf.Key, [events]);
                random.Shuffle(events);
                var again = Folded(leaf.Key, Batches(random, events));
                Assert.True(once.EncodeContent().AsSpan().SequenceEqual(again.EncodeContent()),
                    $"seed {seed}");
            }
        }
    }

    [Fact]
    public void A_state_reads_back_as_it_was_written()
    {
        for (var seed = 1; seed <= Worlds; seed++)
        {
            foreach (var leaf in World(new Random(seed), 300).GroupBy(e => e.Leaf))
            {
                var state = Folded(leaf.Key, [[.. leaf]]).WithPieces(7)
                    .WithTies([new Tie(new LeafId(9), true, 5)]).WithRoot(new LeafId(3));
                var bytes = state.Encode();
                var back = LeafState.Decode(leaf.Key, bytes);
                Assert.True(bytes.AsSpan().SequenceEqual(back.Encode()), $"seed {seed}");
                Assert.Equal((state.Root, state.Pieces, state.Anchor),
                    (back.Root, back.Pieces, back.Anchor));
                Assert.Equal(state.Ties, back.Ties);
            }
        }
    }

    [Fact]
    public void A_damaged_state_is_refused_and_never_read_as_another()
    {
        var state = Folded(LeafOf(Device("d")), [[One(EventKind.ProductViewed, Start, Device("d"))]]);
        var bytes = state.Encode();
        for (var length = 0; length < bytes.Length - 1; length++)
        {
            var cut = bytes[..length];
            try
            {
                var read = LeafState.Decode(state.Leaf, cut);
                Assert.NotEqual(bytes, read.Encode());
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Fact]
    public void A_typical_state_stays_within_five_hundred_bytes()
    {
        var device = Device("0b0f8d6e-4c8e-4d0a-9f57-8f3a1f2c7d11");
        var events = new List<Event>();
        for (var i = 0; i < 12; i++)
        {
            events.Add(One(EventKind.ProductViewed, Start + i * 60_000, device) with
            {
                Message = new MessageKey((ulong)i),
                Items = [Item("RUN-" + i, 4_990 + i, i % 2 == 0 ? "shoes.running" : "shoes.trail")],
            });
        }
        events.Add(One(EventKind.OrderCompleted, Start + Day, device)
            .Bought(Item("RUN-3", 8_990, "shoes.running"), Item("SOC-1", 990, "socks")));
        var bytes = Folded(events[0].Leaf, [[.. events]]).Encode();
        Assert.InRange(bytes.Length, 100, 500);
    }

    internal static LeafState Folded(LeafId leaf, IEnumerable<IReadOnlyList<Event>> batches)
    {
        // The anchor's type comes with the first event.
        var state = LeafState.New(leaf, IdentifierType.AnonymousId);
        foreach (var batch in batches)
            state = LeafFold.Apply(state, batch, IdentityRules.Default);
        return state;
    }

    internal static IEnumerable<IReadOnlyList<Event>> Batches(Random random, IReadOnlyList<Event> events)
    {
        for (var from = 0; from < events.Count;)
        {
            var size = Math.Min(1 + random.Next(9), events.Count - from);
            yield return [.. events.Skip(from).Take(size)];
            from += size;
        }
    }
}
