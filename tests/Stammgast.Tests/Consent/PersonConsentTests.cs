using FsCheck.Fluent;
using Stammgast.Consent;
using Xunit;
using static Stammgast.Tests.Consent.ConsentActsGen;

namespace Stammgast.Tests.Consent;

public sealed class PersonConsentTests
{
    private static readonly Purposes All = Purposes.Default;
    private static readonly Purpose Profiled = KnownPurposes.ProfiledContent;
    private static readonly ContactAddress Mail = new(AddressKind.Email, 7);

    [Fact]
    public void Merging_can_only_shrink_or_keep_what_each_leafs_data_may_serve() =>
        Holds(
            from leaves in Gen.Choose(1, 4).SelectMany(n => History.ArrayOf(n))
            from at in Gen.Choose(0, 30)
            select (States: leaves.Select(StateOf).ToArray(), at),
            given =>
            {
                // All acts are older than the merge: joined at a moment after all of them.
                var merged = PersonConsent.Combine(
                    [.. given.States.Select(state => new LeafConsent(state, 100))], given.at);
                var union = PurposeSet.None;
                for (var i = 0; i < given.States.Length; i++)
                {
                    var alone = PersonConsent.Combine([given.States[i]], given.at);
                    union |= alone.Given;
                    if (!(merged.AllowedOfLeaf(All, i) - alone.AllowedOfLeaf(All, 0)).IsEmpty
                        || !(merged.Given & given.States[i].Lowered).IsEmpty)
                        return false;
                }
                return (merged.Given - union).IsEmpty;
            });

    [Fact]
    public void One_leaf_more_can_only_shrink_or_keep_what_the_others_data_may_serve() =>
        Holds(
            from leaves in Gen.Choose(2, 4).SelectMany(n => History.ArrayOf(n))
            from at in Gen.Choose(0, 30)
            select (Leaves: leaves.Select(acts => new LeafConsent(StateOf(acts), 100)).ToArray(),
                at),
            given =>
            {
                var all = PersonConsent.Combine(given.Leaves, given.at);
                var fewer = PersonConsent.Combine(given.Leaves[..^1], given.at);
                for (var i = 0; i < given.Leaves.Length - 1; i++)
                    if (!(all.AllowedOfLeaf(All, i) - fewer.AllowedOfLeaf(All, i)).IsEmpty)
                        return false;
                return true;
            });

    [Fact]
    public void The_order_of_leaves_changes_nothing() =>
        Holds(
            from leaves in History.ArrayOf(3)
            from joined in Gen.Choose(0, 20).ArrayOf(3)
            from at in Gen.Choose(0, 30)
            select (Leaves: leaves.Zip(joined, (acts, since) =>
                new LeafConsent(StateOf(acts), since)).ToArray(), at),
            given =>
            {
                var forward = PersonConsent.Combine(given.Leaves, given.at);
                var backward = PersonConsent.Combine([.. given.Leaves.Reverse()], given.at);
                return forward.Given == backward.Given && forward.Lowered == backward.Lowered
                    && forward.AllowedOfLeaf(All, 0) == backward.AllowedOfLeaf(All, 2);
            });

    [Fact]
    public void Unmerging_gives_each_leaf_its_own_answer_back() =>
        Holds(
            from a in History
            from b in History
            from at in Gen.Choose(0, 30)
            select (A: StateOf(a), B: StateOf(b), at),
            given =>
            {
                var before = (ConsentStateTests.BytesOf(given.A), given.A.Given(given.at));
                PersonConsent.Combine([given.A, given.B], given.at);
                var alone = PersonConsent.Combine([given.A], given.at);
                return ConsentStateTests.BytesOf(given.A).AsSpan().SequenceEqual(before.Item1)
                    && alone.Given == before.Item2;
            });

    [Fact]
    public void Unknown_neither_gives_nor_takes()
    {
        var yes = ConsentState.Empty.With(Said(ConsentStatus.Given, 5, ConsentScope.Device));
        var person = PersonConsent.Combine([yes, ConsentState.Empty], 50);
        Assert.True(person.Given.Has(Profiled));
        Assert.True(person.AllowedOfLeaf(All, 0).Has(Profiled));
        Assert.False(person.AllowedOfLeaf(All, 1).Has(Profiled));
    }

    [Fact]
    public void A_no_on_either_side_wins()
    {
        var yes = ConsentState.Empty.With(Said(ConsentStatus.Given, 9, ConsentScope.Person));
        var no = ConsentState.Empty.With(Said(ConsentStatus.Refused, 5, ConsentScope.Device));
        var person = PersonConsent.Combine([yes, no], 50);
        Assert.False(person.Allowed(All).Has(Profiled));
        Assert.False(person.AllowedOfLeaf(All, 0).Has(Profiled));
    }

    [Fact]
    public void A_later_act_of_the_signed_in_person_replaces_both()
    {
        var unknown = new LeafConsent(ConsentState.Empty, 20);
        var no = new LeafConsent(
            ConsentState.Empty.With(Said(ConsentStatus.Refused, 5, ConsentScope.Device)), 20);
        var later = ConsentState.Empty.With(Said(ConsentStatus.Given, 30, ConsentScope.Person));
        var person = PersonConsent.Combine([new LeafConsent(later, 0), no, unknown], 50);
        for (var leaf = 0; leaf < 3; leaf++)
            Assert.True(person.AllowedOfLeaf(All, leaf).Has(Profiled));

        // What she said before the leaves had come together was not said of them.
        var earlier = ConsentState.Empty.With(Said(ConsentStatus.Given, 10, ConsentScope.Person));
        person = PersonConsent.Combine([new LeafConsent(earlier, 0), no, unknown], 50);
        Assert.False(person.Given.Has(Profiled));
        // And a device cannot speak for her.
        var device = ConsentState.Empty.With(Said(ConsentStatus.Given, 30, ConsentScope.Device));
        person = PersonConsent.Combine([new LeafConsent(device, 0), no, unknown], 50);
        Assert.False(person.Given.Has(Profiled));
    }

    [Fact]
    public void A_contact_needs_the_purpose_and_the_subscription()
    {
        var purpose = ConsentState.Empty.With(
            Said(ConsentStatus.Given, 5, ConsentScope.Person, KnownPurposes.MarketingEmail));
        var news = new SubscriptionAct(Mail, "news", SubscriptionStatus.Subscribed, 5, 5);
        Assert.False(May(purpose, "news"));
        Assert.False(May(ConsentState.Empty.With(news), "news"));
        Assert.True(May(purpose.With(news), "news"));
        Assert.False(May(purpose.With(news), "offers"));
        Assert.False(May(purpose.With(news), ""));
        Assert.False(May(purpose.With(news).With(news with
        {
            Topic = "",
            Status = SubscriptionStatus.Unsubscribed,
            MadeAtMs = 6,
            ReceivedAtMs = 6,
        }), "news"));
        Assert.False(May(purpose.With(new SubscriptionAct(
            Mail, "news", SubscriptionStatus.DidNotSubscribe, 5, 5)), "news"));
        // The purpose of one kind of address is none for another.
        Assert.False(PersonConsent.Combine([purpose.With(news)], 50)
            .MayContact(All, KnownPurposes.MarketingSms, Mail, "news"));
        // A message on an order needs neither.
        Assert.True(PersonConsent.Combine([ConsentState.Empty], 50)
            .MayContact(All, KnownPurposes.ServiceEmail, Mail, ""));
    }

    [Fact]
    public void An_address_unsubscribed_on_one_leaf_is_contacted_through_none()
    {
        var yes = ConsentState.Empty
            .With(Said(ConsentStatus.Given, 5, ConsentScope.Person, KnownPurposes.MarketingEmail))
            .With(new SubscriptionAct(Mail, "news", SubscriptionStatus.Subscribed, 9, 9));
        var no = ConsentState.Empty
            .With(new SubscriptionAct(Mail, "news", SubscriptionStatus.Unsubscribed, 5, 5));
        Assert.False(PersonConsent.Combine([yes, no], 50)
            .MayContact(All, KnownPurposes.MarketingEmail, Mail, "news"));
    }

    /// <summary>
    /// Every purpose, every status, every basis, each against an answer written apart from the
    /// product: 30 × 7 cells, and all six bases for a purpose that may have them.
    /// </summary>
    [Fact]
    public void Every_purpose_status_and_basis_is_allowed_as_an_independent_table_says()
    {
        var cells = 0;
        foreach (var basis in Enum.GetValues<LegalBasis>())
            foreach (var purposes in PurposesWith(basis))
                foreach (var info in purposes.All)
                    foreach (var status in Enum.GetValues<ConsentStatus>())
                    {
                        var state = StateWith(status, info.Purpose);
                        Assert.Equal(status, state.Answer(50)[info.Purpose].Status);
                        var expected = (info.LegalBasis, status) switch
                        {
                            (LegalBasis.Consent, ConsentStatus.Given) => true,
                            (LegalBasis.Consent, _) => false,
                            (LegalBasis.Contract or LegalBasis.LegalObligation or LegalBasis.VitalInterest, _)
                                => true,
                            (_, ConsentStatus.Refused or ConsentStatus.Withdrawn
                                or ConsentStatus.Invalidated) => false,
                            _ => true,
                        };
                        var person = PersonConsent.Combine([state], 50);
                        Assert.Equal(expected, person.Allowed(purposes).Has(info.Purpose));
                        Assert.Equal(expected, person.AllowedOfLeaf(purposes, 0).Has(info.Purpose));
                        cells++;
                    }
        Assert.True(cells >= 30 * 7);
    }

    private static IEnumerable<Purposes> PurposesWith(LegalBasis basis)
    {
        if (basis == LegalBasis.Consent)
            yield return All;
        yield return PurposesTests.Edited(json => json.Replace(
            "\"analytics.reporting.ad_performance\", \"bit\": 36, \"title\": {\"de\": \"Messen, ob "
            + "Anzeigen wirken\", \"en\": \"Measuring whether advertising works\"}, "
            + "\"legalBasis\": \"consent\"",
            "\"analytics.reporting.ad_performance\", \"bit\": 36, \"title\": {\"de\": \"Messen\", "
            + $"\"en\": \"Measuring\"}}, \"legalBasis\": \"{ConsentWords.Wire(basis)}\"",
            StringComparison.Ordinal));
    }

    private static ConsentState StateWith(ConsentStatus status, Purpose purpose)
    {
        var given = Said(ConsentStatus.Given, 5, ConsentScope.Person, purpose);
        return status switch
        {
            ConsentStatus.Unknown => ConsentState.Empty,
            ConsentStatus.Expired => ConsentState.Empty.With(given with { ExpiresAtMs = 50 }),
            ConsentStatus.Withdrawn => ConsentState.Empty.With(given)
                .With(Said(ConsentStatus.Refused, 9, ConsentScope.Device, purpose)),
            _ => ConsentState.Empty.With(Said(status, 5, ConsentScope.Person, purpose)),
        };
    }

    private static bool May(ConsentState state, string topic) =>
        PersonConsent.Combine([state], 50)
            .MayContact(All, KnownPurposes.MarketingEmail, Mail, topic);

    private static ConsentAct Said(ConsentStatus status, int at, ConsentScope scope,
        Purpose? purpose = null) => new()
        {
            Status = status, Purposes = PurposeSet.Of(purpose ?? Profiled), Scope = scope,
            MadeAtMs = at, ReceivedAtMs = at, Notice = 1, ExpiresAtMs = 1_000,
        };
}
