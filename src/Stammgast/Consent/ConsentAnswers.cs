namespace Stammgast.Consent;

/// <summary>Turns consents into what <c>GET /v1/profiles/{id}/consents</c> answers.</summary>
internal static class ConsentAnswers
{
    /// <summary>
    /// A person's consents at a moment, purpose by purpose, with what each rests on. What she said
    /// is a fact, too: a reader learns of the purpose that it names, of what stands beneath it, and
    /// of addresses that it may write to. Service and the proof of consent (<c>essential</c>) see
    /// all: who answers for her choices, or changes them with her, has to.
    /// </summary>
    public static ConsentsRead Of(LeafId profile, IReadOnlyList<LeafConsent> leaves,
        IReadOnlyList<ConsentEvidence> evidence, (Purposes All, Purpose Named) asked, long atMs)
    {
        var (purposes, named) = asked;
        var shown = purposes.Essential.Has(named)
            ? purposes.Everything : purposes.WithChildren(PurposeSet.Of(named));
        var subscriptions = leaves.Aggregate(SubscriptionState.Empty, (all, leaf) =>
            SubscriptionState.Merge(all, leaf.State.Subscriptions)).Entries.ToArray();
        var mine = subscriptions.Where(entry =>
            PersonConsent.PurposeOf(entry.Address.Kind) is { } contact && shown.Has(contact)).ToArray();
        var person = PersonConsent.Combine(leaves, atMs);
        var allowed = person.Allowed(purposes);
        var answers = leaves.Select(leaf => leaf.State.Answer(atMs)).ToArray();
        return new ConsentsRead
        {
            ProfileId = profile.ToString(),
            At = DateTimeOffset.FromUnixTimeMilliseconds(atMs),
            Data = [.. purposes.All.Where(info => shown.Has(info.Purpose)).Select(info => Of(
                info, Shown(answers, info.Purpose, person), allowed.Has(info.Purpose), evidence))],
            Subscriptions = [.. mine.Select(entry => new SubscriptionRead(
                Addresses.Wire(entry.Address.Kind), Addresses.Name(entry.Address),
                entry.Topic.Length == 0 ? null : entry.Topic, Addresses.Wire(entry.Status)))],
            Withheld = (purposes.Everything - shown).Count + subscriptions.Length - mine.Length,
        };
    }

    // A no that stands is shown before a yes, as it is what counts; else the most that was said.
    private static PurposeAnswer Shown(
        ConsentAnswer[] answers, Purpose purpose, PersonConsent person)
    {
        PurposeAnswer shown = default;
        foreach (var answer in answers.Select(all => all[purpose]))
        {
            if (Rank(answer, person.Lowered.Has(purpose)) > Rank(shown, person.Lowered.Has(purpose)))
                shown = answer;
        }
        return shown;
    }

    private static int Rank(in PurposeAnswer answer, bool isLowered) => answer.Status switch
    {
        ConsentStatus.Refused or ConsentStatus.Withdrawn or ConsentStatus.Invalidated =>
            isLowered ? 5 : 1,
        ConsentStatus.Given => 4,
        ConsentStatus.Expired => 3,
        ConsentStatus.Requested => 2,
        _ => 0,
    };

    private static PurposeRead Of(PurposeInfo info, PurposeAnswer answer, bool isAllowed,
        IReadOnlyList<ConsentEvidence> evidence) => new()
        {
            Purpose = info.Key,
            LegalBasis = ConsentWords.Wire(info.LegalBasis),
            Status = ConsentWords.Wire(answer.Status),
            Allowed = isAllowed,
            MadeAt = InstantOf(answer.MadeAtMs),
            ReceivedAt = InstantOf(answer.ReceivedAtMs),
            ExpiresAt = InstantOf(answer.ExpiresAtMs),
            Evidence = EvidenceOf(info.Purpose, answer, evidence),
        };

    // The newest act of that direction: a stamp that only repeated it is not in the ledger.
    private static EvidenceRead? EvidenceOf(
        Purpose purpose, PurposeAnswer answer, IReadOnlyList<ConsentEvidence> evidence)
    {
        for (var i = evidence.Count - 1; i >= 0; i--)
        {
            if (evidence[i] is not { Act: { } act } one || !act.Purposes.Has(purpose)
                || act.ReceivedAtMs > answer.ReceivedAtMs || !Matches(act, answer.Status))
                continue;
            return new EvidenceRead(act.Notice == 0 ? null : act.Notice,
                one.Language.Length == 0 ? null : one.Language, one.Method,
                one.Surface.Length == 0 ? null : one.Surface, ConsentWords.Wire(act.Scope),
                DateTimeOffset.FromUnixTimeMilliseconds(act.MadeAtMs),
                DateTimeOffset.FromUnixTimeMilliseconds(act.ReceivedAtMs));
        }
        return null;
    }

    private static bool Matches(ConsentAct act, ConsentStatus status) => status switch
    {
        ConsentStatus.Given or ConsentStatus.Expired => act.Status == ConsentStatus.Given,
        ConsentStatus.Requested => act.Status == ConsentStatus.Requested,
        ConsentStatus.Unknown => false,
        _ => act.IsLowering,
    };

    private static DateTimeOffset? InstantOf(long ms) =>
        ms == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
