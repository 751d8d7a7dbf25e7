using System.Text;
using FsCheck.Fluent;
using Stammgast.Consent;
using Stammgast.Keys;
using Xunit;

namespace Stammgast.Tests.Consent;

public sealed class ConsentActsTests
{
    private static readonly Purposes All = Purposes.Default;
    private static readonly BlindIndex Index = new(new byte[32]);
    private static readonly PurposeSet Personal = All.OfCategory("personalization");
    private static readonly PurposeSet Ads = All.OfCategory("advertising");

    private static Event EventOf(
        ConsentStamp stamp, EventKind kind = EventKind.ProductViewed, bool ofRecord = false,
        long atMs = 1_000, string body = "") => new()
        {
            Leaf = new LeafId(1), Message = new MessageKey(1), Source = new SourceId(1),
            Type = EventType.Track, Kind = kind, Name = "x", AtMs = atMs, ReceivedAtMs = atMs + 5,
            Allowed = Personal, Ceiling = Provenance.Observed, OfRecord = ofRecord,
            Identifiers = [], Stamp = stamp, Body = Encoding.UTF8.GetBytes(body),
        };

    private static List<ConsentEvidence> ActsOf(Event e)
    {
        var acts = new List<ConsentEvidence>();
        ConsentActs.AddTo(acts, e, All, Notices.Default, Index);
        return acts;
    }

    [Fact]
    public void A_stamp_says_yes_under_its_notice_and_no_to_children_too()
    {
        var acts = ActsOf(EventOf(new ConsentStamp(Personal, Ads, 1)));
        Assert.Equal(2, acts.Count);
        var yes = acts[0].Act!;
        Assert.Equal((ConsentStatus.Given, Personal, ConsentScope.Device, 1_000, 1_005),
            (yes.Status, yes.Purposes, yes.Scope, yes.MadeAtMs, yes.ReceivedAtMs));
        Assert.Equal(Notices.Default.Find(1)!.ExpiryOf(1_000), yes.ExpiresAtMs);
        var no = acts[1].Act!;
        Assert.Equal((ConsentStatus.Refused, All.WithChildren(Ads)), (no.Status, no.Purposes));
    }

    [Fact]
    public void A_yes_without_a_known_notice_or_beyond_it_grants_nothing()
    {
        foreach (var notice in (ushort[])[0, 2, 999])
            Assert.Empty(ActsOf(EventOf(new ConsentStamp(Personal, PurposeSet.None, notice))));
        var beyond = PurposeSet.Of(KnownPurposes.TrainModels) | PurposeSet.Of(KnownPurposes.Fit);
        Assert.Equal(PurposeSet.Of(KnownPurposes.Fit), Assert.Single(
            ActsOf(EventOf(new ConsentStamp(beyond, PurposeSet.None, 1)))).Act!.Purposes);
    }

    [Fact]
    public void A_no_counts_without_any_notice() =>
        Assert.Equal(ConsentStatus.Refused, Assert.Single(
            ActsOf(EventOf(new ConsentStamp(PurposeSet.None, Ads, 0)))).Act!.Status);

    [Fact]
    public void Only_a_vouched_change_of_consent_speaks_for_the_person()
    {
        var stamp = new ConsentStamp(Personal, PurposeSet.None, 1);
        Assert.Equal(ConsentScope.Device, ScopeOf(EventOf(stamp, ofRecord: true)));
        Assert.Equal(ConsentScope.Device, ScopeOf(EventOf(stamp, EventKind.ConsentUpdated)));
        Assert.Equal(ConsentScope.Person,
            ScopeOf(EventOf(stamp, EventKind.ConsentUpdated, ofRecord: true)));

        static ConsentScope ScopeOf(Event e) => Assert.Single(ActsOf(e)).Act!.Scope;
    }

    [Fact]
    public void Messaging_subscriptions_count_from_those_who_vouch_and_from_nobody_else()
    {
        const string body = """
            {"context":{"messaging_subscriptions":[
              {"key":"Anna@Example.org","type":"EMAIL","status":"SUBSCRIBED",
               "groups":[{"name":"news","status":"SUBSCRIBED"},
                         {"name":"offers","status":"UNSUBSCRIBED"}]},
              {"key":"+49 151 1234567","type":"SMS","status":"DID_NOT_SUBSCRIBE"},
              {"key":"nonsense","type":"EMAIL","status":"SUBSCRIBED"},
              {"key":"x","type":"FAX","status":"SUBSCRIBED"},
              {"key":"b@example.org","type":"EMAIL","status":"PERHAPS"}, 7, null]}}
            """;
        Assert.Empty(ActsOf(EventOf(default, EventKind.Identify, ofRecord: false, body: body)));
        var acts = ActsOf(EventOf(default, EventKind.Identify, ofRecord: true, body: body));
        Assert.Equal(4, acts.Count);
        var state = ConsentActsGen.StateOf(acts).Subscriptions;
        Assert.True(Addresses.TryRead(Index, AddressKind.Email, "anna@example.org", out var mail));
        Assert.True(Addresses.TryRead(Index, AddressKind.Sms, "+491511234567", out var phone));
        Assert.True(state.Permits(mail, "news"));
        Assert.False(state.Permits(mail, "offers"));
        Assert.Equal(SubscriptionStatus.DidNotSubscribe, state.Of(phone, ""));
        Assert.False(state.Permits(phone, ""));
        Assert.Equal(SubscriptionStatus.NeverGiven, state.Of(mail, "other"));
    }

    [Theory]
    [InlineData("""{"context":{"messaging_subscriptions":{}}}""")]
    [InlineData("""{"context":{"messaging_subscriptions":[]}""")]
    [InlineData("""{"context":7,"messaging_subscriptions":[]}""")]
    [InlineData("""["messaging_subscriptions"]""")]
    public void A_body_that_is_not_as_expected_says_nothing(string body) =>
        Assert.Empty(ActsOf(EventOf(default, EventKind.Identify, ofRecord: true, body: body)));

    [Fact]
    public void Every_repetition_of_a_stamp_renews_and_only_changes_reach_the_ledger()
    {
        const long day = 86_400_000;
        var state = ConsentState.Empty;
        var kept = new List<ConsentEvidence>();
        var lowerings = 0;
        for (var i = 1; i <= 90; i++)
        {
            // On day 50 the visitor changes her mind, on day 60 again.
            var stamp = i is >= 50 and < 60
                ? new ConsentStamp(PurposeSet.None, Personal, 1)
                : new ConsentStamp(Personal, PurposeSet.None, 1);
            var change = ConsentFold.Apply(state, ActsOf(EventOf(stamp, atMs: i * day)));
            Assert.NotNull(change);
            state = change.State;
            kept.AddRange(change.Evidence);
            lowerings += change.Lowers ? 1 : 0;
        }
        Assert.True(state.Given(91 * day).Has(KnownPurposes.ProfiledContent));
        Assert.Equal(1, lowerings);
        Assert.InRange(kept.Count, 3, 8);
        // The ledger alone tells each day's answer.
        for (var i = 1; i <= 90; i++)
        {
            var until = i * day + 5;
            var then = ConsentActsGen.StateOf(kept.Where(act => act.ReceivedAtMs <= until));
            Assert.Equal(i is < 50 or >= 60,
                then.Given(until).Has(KnownPurposes.ProfiledContent));
        }
    }

    [Fact]
    public void What_is_written_as_evidence_is_read_as_the_same() =>
        ConsentActsGen.Holds(ConsentActsGen.Evidence, evidence =>
            EvidenceCodec.Read(EvidenceCodec.Write(evidence)) == evidence);

    [Fact]
    public void A_fold_says_the_same_in_any_order() => ConsentActsGen.Holds(
        from acts in ConsentActsGen.History
        from shuffled in Gen.Shuffle(acts)
        select (acts, shuffled),
        given => (ConsentFold.Apply(ConsentState.Empty, given.acts)?.State ?? ConsentState.Empty)
            .Equals(ConsentFold.Apply(ConsentState.Empty, given.shuffled)?.State
                ?? ConsentState.Empty));
}
