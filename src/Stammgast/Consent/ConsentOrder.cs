namespace Stammgast.Consent;

/// <summary>
/// What a caller of the consent API asks to be written down: checked against purposes and notices,
/// not yet at a moment.
/// </summary>
internal sealed record ConsentOrder
{
    /// <summary>By status, the purposes that get it.</summary>
    public required IReadOnlyList<(ConsentStatus Status, PurposeSet Purposes)> Said { get; init; }

    /// <summary>Of addresses.</summary>
    public required IReadOnlyList<(ContactAddress Address, string Topic, SubscriptionStatus Status)>
        Subscriptions
    { get; init; }

    /// <summary>For whom it speaks.</summary>
    public required ConsentScope Scope { get; init; }

    /// <summary>The notice of its grants and requests.</summary>
    public required Notice? Notice { get; init; }

    /// <summary>How, in which language, where.</summary>
    public required ConsentEvidence Evidence { get; init; }

    /// <summary>When it was said; null: now.</summary>
    public required long? MadeAtMs { get; init; }

    /// <summary>Whether any of it takes.</summary>
    public bool Lowers =>
        Said.Any(said => said.Status is ConsentStatus.Refused or ConsentStatus.Withdrawn
            or ConsentStatus.Invalidated)
        || Subscriptions.Any(said => said.Status == SubscriptionStatus.Unsubscribed);

    /// <summary>The acts at the moment of receipt; nothing was said after it.</summary>
    public List<ConsentEvidence> ActsAt(long receivedAtMs)
    {
        var madeAtMs = Math.Min(MadeAtMs ?? receivedAtMs, receivedAtMs);
        var acts = new List<ConsentEvidence>();
        foreach (var (status, purposes) in Said)
        {
            acts.Add(Evidence with
            {
                Act = new ConsentAct
                {
                    Status = status, Purposes = purposes, Scope = Scope, MadeAtMs = madeAtMs,
                    ReceivedAtMs = receivedAtMs, Notice = Notice?.Version ?? 0,
                    ExpiresAtMs = status == ConsentStatus.Given && Notice is not null
                        ? Notice.ExpiryOf(madeAtMs)
                        : 0,
                },
            });
        }
        foreach (var (address, topic, status) in Subscriptions)
        {
            acts.Add(Evidence with
            {
                Subscription = new SubscriptionAct(address, topic, status, madeAtMs, receivedAtMs),
            });
        }
        return acts;
    }
}
