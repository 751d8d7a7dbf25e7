using System.Buffers;
using FsCheck.Fluent;
using Stammgast.Consent;
using Xunit;
using static Stammgast.Tests.Consent.ConsentActsGen;

namespace Stammgast.Tests.Consent;

public sealed class ConsentStateTests
{
    private static readonly Purpose One = new(0);

    [Fact]
    public void Any_order_repetition_and_batching_gives_the_same_bytes() =>
        Holds(
            from acts in History
            from shuffled in Gen.Shuffle(acts)
            from cut in Gen.Choose(0, Math.Max(0, acts.Length))
            select (acts, shuffled, cut),
            given =>
            {
                var expected = BytesOf(StateOf(given.acts));
                var repeated = StateOf([.. given.shuffled, .. given.acts, .. given.shuffled]);
                var batched = ConsentState.Merge(
                    StateOf(given.shuffled.Skip(given.cut)),
                    StateOf(given.shuffled.Take(given.cut)));
                return expected.AsSpan().SequenceEqual(BytesOf(repeated))
                    && expected.AsSpan().SequenceEqual(BytesOf(batched));
            });

    [Fact]
    public void Merging_is_associative_commutative_idempotent_and_knows_nothing_of_empty() =>
        Holds(
            from a in History
            from b in History
            from c in History
            select (A: StateOf(a), B: StateOf(b), C: StateOf(c)),
            given =>
            {
                var (a, b, c) = given;
                return ConsentState.Merge(a, b).Equals(ConsentState.Merge(b, a))
                    && ConsentState.Merge(ConsentState.Merge(a, b), c)
                        .Equals(ConsentState.Merge(a, ConsentState.Merge(b, c)))
                    && ReferenceEquals(ConsentState.Merge(a, a), a)
                    && ConsentState.Merge(a, ConsentState.Empty).Equals(a);
            });

    [Fact]
    public void What_is_written_is_read_as_the_same() =>
        Holds(History.Select(StateOf), state =>
            ConsentState.Read(BytesOf(state)).Equals(state)
            && BytesOf(ConsentState.Read(BytesOf(state))).AsSpan().SequenceEqual(BytesOf(state)));

    [Fact]
    public void Damaged_bytes_are_refused_or_read_as_some_state_and_never_do_worse() =>
        Holds(
            from acts in History
            from at in Gen.Choose(0, 400)
            from value in Gen.Choose(0, 255)
            from cut in Gen.Choose(0, 400)
            select (acts, at, value, cut),
            given =>
            {
                var bytes = BytesOf(StateOf(given.acts));
                if (bytes.Length == 0)
                    return true;
                bytes[given.at % bytes.Length] = (byte)given.value;
                try
                {
                    ConsentState.Read(bytes.AsSpan(0, 1 + given.cut % bytes.Length));
                }
                catch (InvalidDataException)
                {
                    return true;
                }
                return true;
            });

    [Fact]
    public void A_lowering_added_can_only_shrink_what_is_given() =>
        Holds(
            from acts in History
            from lowering in Evidence.Where(evidence => evidence.IsLowering)
            from at in Gen.Choose(0, 30)
            select (State: StateOf(acts), lowering, at),
            given =>
            {
                var after = given.lowering.AppliedTo(given.State);
                return (after.Given(given.at) - given.State.Given(given.at)).IsEmpty
                    && (given.State.Lowered - after.Lowered).IsEmpty;
            });

    [Fact]
    public void Given_is_what_an_independent_reading_of_all_acts_says() =>
        Holds(
            from acts in History
            from at in Gen.Choose(0, 30)
            select (acts, at),
            given =>
            {
                var state = StateOf(given.acts);
                var answer = state.Answer(given.at);
                foreach (byte bit in (byte[])[11, 12, 13, 14, 32])
                {
                    var expected = Oracle(given.acts, new Purpose(bit), given.at);
                    if (state.Given(given.at).Has(new Purpose(bit)) != expected
                        || (answer[new Purpose(bit)].Status == ConsentStatus.Given) != expected)
                        return false;
                }
                return true;
            });

    [Theory]
    [InlineData(10, 10, 11, 11, true)]
    [InlineData(10, 10, 10, 11, false)]
    [InlineData(10, 10, 11, 10, false)]
    [InlineData(10, 20, 15, 15, false)]
    [InlineData(10, 20, 9, 25, false)]
    [InlineData(10, 20, 15, 25, true)]
    public void A_grant_counts_only_if_made_and_received_after_the_latest_lowering(
        int lowMade, int lowReceived, int made, int received, bool counts)
    {
        var state = ConsentState.Empty
            .With(Said(ConsentStatus.Refused, lowMade, lowReceived))
            .With(Said(ConsentStatus.Given, made, received));
        Assert.Equal(counts, state.Given(Now).Has(One));
    }

    [Fact]
    public void A_device_that_repeats_its_stamp_never_lifts_what_the_person_has_withdrawn()
    {
        var state = ConsentState.Empty
            .With(Said(ConsentStatus.Given, 1, 1, ConsentScope.Device))
            .With(Said(ConsentStatus.Withdrawn, 5, 5, ConsentScope.Person))
            .With(Said(ConsentStatus.Given, 9, 9, ConsentScope.Device));
        Assert.Equal(ConsentStatus.Withdrawn, state.Answer(Now)[One].Status);
        Assert.False(state.Given(Now).Has(One));
        Assert.True(state.With(Said(ConsentStatus.Given, 10, 10)).Given(Now).Has(One));
    }

    [Fact]
    public void Each_status_is_told_from_the_others()
    {
        var empty = ConsentState.Empty;
        var given = empty.With(Said(ConsentStatus.Given, 5, 5));
        Assert.Equal(ConsentStatus.Unknown, empty.Answer(Now)[One].Status);
        Assert.Equal(ConsentStatus.Requested,
            empty.With(Said(ConsentStatus.Requested, 1, 1)).Answer(Now)[One].Status);
        Assert.Equal(ConsentStatus.Given, given.Answer(Now)[One].Status);
        Assert.Equal(ConsentStatus.Refused,
            empty.With(Said(ConsentStatus.Refused, 1, 1)).Answer(Now)[One].Status);
        Assert.Equal(ConsentStatus.Withdrawn,
            given.With(Said(ConsentStatus.Refused, 6, 6)).Answer(Now)[One].Status);
        Assert.Equal(ConsentStatus.Invalidated,
            given.With(Said(ConsentStatus.Invalidated, 6, 6)).Answer(Now)[One].Status);
        Assert.Equal(ConsentStatus.Expired, given.Answer(Expiry)[One].Status);
        Assert.Equal(ConsentStatus.Given, given.Answer(Expiry - 1)[One].Status);
        Assert.Equal(ConsentStatus.Requested, given.With(Said(ConsentStatus.Refused, 6, 6))
            .With(Said(ConsentStatus.Requested, 7, 7)).Answer(Now)[One].Status);
    }

    [Fact]
    public void One_stamp_takes_few_bytes()
    {
        var granted = Purposes.Default.OfCategory("personalization");
        var state = ConsentState.Empty.With(new ConsentAct
        {
            Status = ConsentStatus.Given, Purposes = granted, Scope = ConsentScope.Device,
            MadeAtMs = 1_800_000_000_000, ReceivedAtMs = 1_800_000_000_150, Notice = 1,
            ExpiresAtMs = 1_834_000_000_000,
        });
        Assert.InRange(BytesOf(state).Length, 1, 32);
    }

    private const long Expiry = 2_000;

    private static ConsentAct Said(ConsentStatus status, int made, int received,
        ConsentScope scope = ConsentScope.Person) => new()
        {
            Status = status, Purposes = PurposeSet.Of(One), Scope = scope, MadeAtMs = made,
            ReceivedAtMs = received, Notice = 1, ExpiresAtMs = Expiry,
        };

    internal static byte[] BytesOf(ConsentState state)
    {
        var buffer = new ArrayBufferWriter<byte>();
        state.Write(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    // Written apart from the product: the list of all acts, asked in words. Of each scope only the
    // latest grant speaks: an older one does not step in for it.
    private static bool Oracle(ConsentEvidence[] history, Purpose purpose, long now)
    {
        var acts = history.Select(evidence => evidence.Act).OfType<ConsentAct>()
            .Where(act => act.Purposes.Has(purpose)).ToArray();
        var noes = acts.Where(act => act.Status is ConsentStatus.Refused
            or ConsentStatus.Withdrawn or ConsentStatus.Invalidated).ToArray();
        return acts.Where(act => act.Status == ConsentStatus.Given).GroupBy(act => act.Scope)
            .Select(grants => grants.OrderByDescending(act => act.MadeAtMs)
                .ThenByDescending(act => act.ReceivedAtMs).ThenBy(act => act.ExpiresAtMs).First())
            .Any(grant => now < grant.ExpiresAtMs && noes.All(no =>
                grant.MadeAtMs > no.MadeAtMs && grant.ReceivedAtMs > no.ReceivedAtMs
                && (grant.Scope == ConsentScope.Person || no.Scope == ConsentScope.Device)));
    }
}
