using FsCheck;
using FsCheck.Fluent;
using Stammgast.Consent;

namespace Stammgast.Tests.Consent;

/// <summary>Random acts: few purposes, few instants, so that ties and crossings are common.</summary>
internal static class ConsentActsGen
{
    public const long Now = 1_000;

    private static readonly ConsentStatus[] Sayable =
    [
        ConsentStatus.Given, ConsentStatus.Given, ConsentStatus.Given, ConsentStatus.Refused,
        ConsentStatus.Withdrawn, ConsentStatus.Invalidated, ConsentStatus.Requested,
    ];

    public static Gen<ConsentAct> Act =>
        from status in Gen.Elements(Sayable)
        from bits in Gen.Choose(1, 15)
        from scope in Gen.Elements(ConsentScope.Device, ConsentScope.Person)
        from made in Gen.Choose(1, 12)
        from delay in Gen.Choose(0, 6)
        from notice in Gen.Choose(1, 2)
        from life in Gen.Elements(5, 2_000)
        select new ConsentAct
        {
            Status = status,
            // Three that rest on consent and one that ends with an objection.
            Purposes = new PurposeSet((ulong)(bits & 7) << 12 | (ulong)(bits >> 3) << 32),
            Scope = scope,
            MadeAtMs = made,
            ReceivedAtMs = made + delay,
            Notice = (ushort)notice,
            ExpiresAtMs = status == ConsentStatus.Given ? made + life : 0,
        };

    public static Gen<SubscriptionAct> Subscription =>
        from address in Gen.Choose(1, 2)
        from topic in Gen.Elements("", "news")
        from status in Gen.Elements(SubscriptionStatus.Subscribed,
            SubscriptionStatus.Unsubscribed, SubscriptionStatus.DidNotSubscribe)
        from made in Gen.Choose(1, 12)
        from delay in Gen.Choose(0, 6)
        select new SubscriptionAct(new ContactAddress(AddressKind.Email, (ulong)address), topic,
            status, made, made + delay);

    public static Gen<ConsentEvidence> Evidence => Gen.OneOf(
        Act.Select(act => new ConsentEvidence { Method = "stamp", Act = act }),
        Act.Select(act => new ConsentEvidence { Method = "portal", Act = act }),
        Subscription.Select(said => new ConsentEvidence { Method = "form", Subscription = said }));

    public static Gen<ConsentEvidence[]> History =>
        from length in Gen.Choose(0, 9)
        from acts in Evidence.ArrayOf(length)
        select acts;

    public static ConsentState StateOf(IEnumerable<ConsentEvidence> acts) =>
        acts.Aggregate(ConsentState.Empty, (state, act) => act.AppliedTo(state));

    public static void Holds<T>(Gen<T> gen, Func<T, bool> claim) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000),
            Prop.ForAll(gen.ToArbitrary(), claim));
}
