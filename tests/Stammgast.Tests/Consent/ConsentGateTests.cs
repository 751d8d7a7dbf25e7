using Stammgast.Collect;
using Stammgast.Consent;
using Xunit;

namespace Stammgast.Tests.Consent;

public sealed class ConsentGateTests
{
    private static readonly Purposes All = Purposes.Default;
    private static readonly ConsentGate Gate = new(All, Notices.Default);

    private static readonly EventKind[] Orders =
    [
        EventKind.OrderCompleted, EventKind.OrderCancelled, EventKind.OrderRefunded,
        EventKind.OrderReturned, EventKind.OrderDelayed,
    ];

    internal static Source SourceOf(
        SourceKind kind, PurposeSet declared = default, ushort notice = 0) =>
        new()
        {
            Id = new SourceId(1), Name = "a source", Kind = kind, DeclaredBasis = declared,
            NoticeVersion = notice,
        };

    internal static StampInput Stamp(params (string Category, bool Said)[] said) =>
        new(true, false, said.ToDictionary(entry => entry.Category, entry => entry.Said));

    private static StampInput NoToAll =>
        Stamp([.. All.Categories.Select(category => (category, false))]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_browsers_or_apps_event_without_a_stamp_is_refused(byte kind)
    {
        foreach (var eventKind in Enum.GetValues<EventKind>())
        {
            // Not even a declared basis helps: whoever reads the page has the key.
            var verdict = Gate.Judge(SourceOf((SourceKind)kind, All.Everything, 1),
                StampInput.Absent, eventKind);
            Assert.Equal(
                new GateVerdict(PurposeSet.None, default, false, "consent_missing"), verdict);
        }
    }

    [Fact]
    public void A_malformed_stamp_says_no_to_everything_and_refuses_nothing_for_later()
    {
        foreach (var kind in Enum.GetValues<EventKind>())
        {
            var verdict = Gate.Judge(
                SourceOf(SourceKind.Browser, notice: 1), StampInput.Unreadable, kind);
            Assert.Equal(PurposeSet.None, verdict.Allowed - All.Essential);
            Assert.True(verdict.Stamp.Granted.IsEmpty && verdict.Stamp.Refused.IsEmpty);
        }
    }

    [Fact]
    public void No_to_all_keeps_only_what_serves_something_essential()
    {
        foreach (var kind in Enum.GetValues<EventKind>())
        {
            var verdict = Gate.Judge(SourceOf(SourceKind.Browser, notice: 1), NoToAll, kind);
            Assert.Equal(PurposeSet.None, verdict.Allowed - All.Essential);
            var essential = kind is EventKind.ConsentUpdated or EventKind.FeedbackGiven
                or EventKind.ServiceCaseOpened or EventKind.ServiceCaseClosed;
            Assert.Equal(essential, verdict.Keep);
            Assert.Equal(essential ? null : "purpose_refused", verdict.RefusalCode);
        }
    }

    [Fact]
    public void An_empty_stamp_is_a_no_to_this_event_and_no_refusal()
    {
        var verdict = Gate.Judge(
            SourceOf(SourceKind.Browser, notice: 1), Stamp(), EventKind.ProductViewed);
        Assert.False(verdict.Keep);
        var kept = Gate.Judge(
            SourceOf(SourceKind.Browser, notice: 1), Stamp(), EventKind.ConsentUpdated);
        Assert.True(kept.Stamp.Refused.IsEmpty);
    }

    [Fact]
    public void A_yes_to_a_category_allows_its_purposes_and_no_other()
    {
        foreach (var category in All.Categories)
        {
            var verdict = Gate.Judge(SourceOf(SourceKind.Browser, notice: 1),
                Stamp((category, true)), EventKind.ProductViewed);
            Assert.True(verdict.Keep);
            Assert.Equal(All.OfCategory(category), verdict.Allowed);
            Assert.Equal(new ConsentStamp(All.OfCategory(category), PurposeSet.None, 1),
                verdict.Stamp);
        }
    }

    [Fact]
    public void A_category_that_nobody_configured_allows_nothing() =>
        Assert.False(Gate.Judge(SourceOf(SourceKind.Browser, notice: 1),
            Stamp(("C0001", true), ("Personalization", true)), EventKind.ProductViewed).Keep);

    [Fact]
    public void Without_a_notice_a_stamp_narrows_and_grants_nothing()
    {
        var verdict = Gate.Judge(SourceOf(SourceKind.Browser),
            Stamp(("personalization", true), ("analytics", false)), EventKind.ProductViewed);
        Assert.Equal(All.OfCategory("personalization"), verdict.Allowed);
        Assert.True(verdict.Stamp.Granted.IsEmpty);
        Assert.Equal(All.OfCategory("analytics"), verdict.Stamp.Refused);
    }

    [Fact]
    public void A_notice_that_nobody_configured_covers_nothing() =>
        Assert.True(Gate.Judge(SourceOf(SourceKind.Browser, notice: 999),
            Stamp(("personalization", true)), EventKind.ProductViewed).Stamp.Granted.IsEmpty);

    [Fact]
    public void An_order_of_record_is_kept_under_contract_whatever_was_said()
    {
        foreach (var source in (SourceKind[])[SourceKind.Server, SourceKind.Till, SourceKind.Import])
            foreach (var stamp in (StampInput[])[StampInput.Absent, StampInput.Unreadable, NoToAll])
                foreach (var kind in Orders)
                {
                    var verdict = Gate.Judge(SourceOf(source), stamp, kind);
                    Assert.True(verdict.Keep && verdict.Allowed.Has(KnownPurposes.Service));
                    Assert.True((verdict.Allowed - All.Essential).IsEmpty);
                }
    }

    [Fact]
    public void A_browsers_order_after_a_no_to_all_is_not_kept()
    {
        foreach (var kind in Orders)
            Assert.False(Gate.Judge(SourceOf(SourceKind.Browser), NoToAll, kind).Keep);
    }

    [Fact]
    public void An_event_of_record_without_a_stamp_may_serve_its_sources_declared_basis()
    {
        var declared = All.OfCategory("personalization") | All.Essential;
        var viewed = Gate.Judge(
            SourceOf(SourceKind.Server, declared), StampInput.Absent, EventKind.ProductViewed);
        // Looking around serves nothing essential, so it cannot hide behind it.
        Assert.Equal(All.OfCategory("personalization"), viewed.Allowed);
        var bought = Gate.Judge(
            SourceOf(SourceKind.Server, declared), StampInput.Absent, EventKind.OrderCompleted);
        Assert.Equal(declared, bought.Allowed);
        Assert.Equal(default, bought.Stamp);
    }

    [Fact]
    public void A_stamp_on_an_event_of_record_only_narrows_the_declared_basis()
    {
        var declared = All.OfCategory("personalization") | All.OfCategory("analytics");
        var verdict = Gate.Judge(SourceOf(SourceKind.Server, declared),
            Stamp(("personalization", true), ("advertising", true)), EventKind.ProductViewed);
        Assert.Equal(All.OfCategory("personalization"), verdict.Allowed);
    }

    [Fact]
    public void Global_Privacy_Control_takes_advertising_and_only_lowers()
    {
        var yesToAll = Stamp([.. All.Categories.Select(category => (category, true))]);
        var without = Gate.Judge(
            SourceOf(SourceKind.Browser, notice: 1), yesToAll, EventKind.ProductViewed);
        var with = Gate.Judge(SourceOf(SourceKind.Browser, notice: 1),
            yesToAll with { PrivacySignal = true }, EventKind.ProductViewed);
        Assert.Equal(without.Allowed - All.Under("marketing.advertising"), with.Allowed);
        Assert.Equal(
            without.Stamp.Granted - All.Under("marketing.advertising"), with.Stamp.Granted);
        // It objects to nothing for later: that would be a meaning that it does not have.
        Assert.Equal(without.Stamp.Refused, with.Stamp.Refused);
        Assert.False(Gate.Judge(SourceOf(SourceKind.Browser),
            NoToAll with { PrivacySignal = true }, EventKind.ProductViewed).Keep);
    }

    [Fact]
    public void A_session_is_covered_only_by_a_yes()
    {
        var source = SourceOf(SourceKind.Browser);
        Assert.True(Gate.CoversSession(source, Stamp(("functional", true))));
        Assert.True(Gate.CoversSession(source, Stamp(("personalization", true))));
        foreach (var no in (StampInput[])
            [StampInput.Absent, StampInput.Unreadable, NoToAll, Stamp(("marketing", true))])
            Assert.False(Gate.CoversSession(source, no));
    }

    [Fact]
    public void Judging_allocates_nothing()
    {
        var source = SourceOf(SourceKind.Browser, notice: 1);
        var stamp = Stamp(("personalization", true), ("analytics", true), ("advertising", false));
        for (var i = 0; i < 1_000; i++)
            Gate.Judge(source, stamp, EventKind.ProductViewed);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            Gate.Judge(source, stamp, EventKind.ProductViewed);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
