namespace Stammgast.Decisions;

/// <summary>A channel's own cap: so many contacts in any window of so many days.</summary>
public readonly record struct ChannelCap(ContactChannel Channel, int Count, int Days);

/// <summary>
/// How often a person may be reached. Defaults: e-mail 2 in 7 days, SMS 1, push 3, all messages 4,
/// 16 hours apart; a banner 3 times in 7 days, then 30 days of rest; dismissed, 90 days.
/// </summary>
public sealed record CapRules
{
    /// <summary>The product's defaults.</summary>
    public static readonly CapRules Default = new();

    /// <summary>Caps per channel; a channel without one is bounded by the total only.</summary>
    public IReadOnlyList<ChannelCap> Channels { get; init; } =
    [
        new(ContactChannel.Email, 2, 7), new(ContactChannel.Sms, 1, 7),
        new(ContactChannel.Push, 3, 7),
    ];

    /// <summary>Messages on all channels together in <see cref="TotalDays"/>.</summary>
    public int TotalCount { get; init; } = 4;

    /// <summary>Window of <see cref="TotalCount"/>, days.</summary>
    public int TotalDays { get; init; } = 7;

    /// <summary>Least hours between two messages.</summary>
    public int MinGapHours { get; init; } = 16;

    /// <summary>Impressions of one offer in <see cref="OfferDays"/>; then it rests.</summary>
    public int OfferCount { get; init; } = 3;

    /// <summary>Window of <see cref="OfferCount"/>, days.</summary>
    public int OfferDays { get; init; } = 7;

    /// <summary>Rest after an offer reached its cap, days from its last impression.</summary>
    public int OfferRestDays { get; init; } = 30;

    /// <summary>Rest of what was dismissed, days.</summary>
    public int DismissedDays { get; init; } = 90;

    /// <summary>After so many minutes a banner that nobody saw no longer counts.</summary>
    public int ReleaseMinutes { get; init; } = 10;
}

/// <summary>
/// Caps as pure functions over the contacts of all of a person's leaves (invariant 8). They hold
/// under a burst because the caller commits the reservation on the version that it read.
/// </summary>
public static class Caps
{
    private const long DayMs = 86_400_000;
    private const long HourMs = 3_600_000;

    /// <summary>
    /// Whether one more contact may happen now. Windows roll: any instant, no calendar. Contacts
    /// later than now count too. O(contacts).
    /// </summary>
    /// <param name="union">The person's contacts, any order.</param>
    /// <param name="channel">Where the contact would happen.</param>
    /// <param name="offer">Hash of the offer's or motif's key; 0: none.</param>
    /// <param name="limits">Rules and now.</param>
    public static HeldBack Check(
        ReadOnlySpan<Contact> union, ContactChannel channel, ulong offer,
        in (CapRules Rules, long NowMs) limits)
    {
        var (rules, nowMs) = limits;
        if (offer != 0 && OfferRests(union, offer, rules, nowMs))
            return HeldBack.CapOffer;
        if (channel == ContactChannel.OnSite)
            return HeldBack.None;
        foreach (var cap in rules.Channels)
        {
            if (cap.Channel == channel && Count(union, channel, nowMs - cap.Days * DayMs) >= cap.Count)
                return HeldBack.CapChannel;
        }
        if (Count(union, null, nowMs - rules.TotalDays * DayMs) >= rules.TotalCount)
            return HeldBack.CapTotal;
        return Count(union, null, nowMs - rules.MinGapHours * HourMs) > 0
            ? HeldBack.MinGap : HeldBack.None;
    }

    /// <summary>Whether the customer turned this off and it still rests. O(rests).</summary>
    public static bool IsResting(
        ReadOnlySpan<Rest> rests, RestKind kind, ulong target, long nowMs)
    {
        foreach (ref readonly var rest in rests)
        {
            if (rest.Kind == kind && rest.Target == target && rest.UntilMs > nowMs)
                return true;
        }
        return false;
    }

    private static int Count(ReadOnlySpan<Contact> union, ContactChannel? channel, long afterMs)
    {
        var count = 0;
        foreach (ref readonly var contact in union)
        {
            if (contact.AtMs > afterMs && !contact.IsService
                && contact.Channel != ContactChannel.OnSite
                && (channel is null || contact.Channel == channel))
                count++;
        }
        return count;
    }

    // The offer rests from every impression that is the n-th within a window ending with it.
    private static bool OfferRests(
        ReadOnlySpan<Contact> union, ulong offer, CapRules rules, long nowMs)
    {
        foreach (ref readonly var last in union)
        {
            if (!Counts(last, offer) || nowMs - last.AtMs >= rules.OfferRestDays * DayMs)
                continue;
            var inWindow = 0;
            foreach (ref readonly var other in union)
            {
                if (Counts(other, offer) && other.AtMs <= last.AtMs
                    && last.AtMs - other.AtMs < rules.OfferDays * DayMs)
                    inWindow++;
            }
            if (inWindow >= rules.OfferCount)
                return true;
        }
        return false;
    }

    private static bool Counts(in Contact contact, ulong offer) =>
        contact.Offer == offer && !contact.IsService;
}
