using Stammgast.Collect;

namespace Stammgast.Consent;

/// <summary>
/// Judges an event before it is stored or joined to anybody. Numbered as in the body:
/// <list type="number">
/// <item>A browser's or app's event without a stamp is refused: <c>consent_missing</c>.</item>
/// <item>A stamp is read as purposes, yes and no; a malformed one says no to everything, a category
/// that it does not name is a no to this event. A no to a parent is a no to its children.</item>
/// <item>Global Privacy Control takes advertising and sharing, whatever the stamp said.</item>
/// <item>What comes from a shop's own server, till or import may serve its source's declared basis;
/// a stamp on it narrows that. Everything else may serve what the stamp said yes to.</item>
/// <item>What needs no consent (<c>essential.*</c>) is added where this kind of event serves it:
/// orders of record, service, proofs of consent. Looking around never does.</item>
/// <item>An event that may serve nothing is not kept: <c>purpose_refused</c>.</item>
/// <item>The stamp travels on as a grant only if its source stands for a notice version, and only
/// for what that notice named; a no travels on always.</item>
/// </list>
/// Pure, thread-safe, without allocations; O(categories).
/// </summary>
public sealed class ConsentGate
{
    /// <summary>The code of step 1.</summary>
    public const string ConsentMissing = "consent_missing";

    /// <summary>The code of step 6.</summary>
    public const string PurposeRefused = "purpose_refused";

    private readonly Purposes _purposes;
    private readonly Notices _notices;
    private readonly (string Category, PurposeSet Yes, PurposeSet No)[] _categories;
    private readonly PurposeSet[] _essential = new PurposeSet[32];
    private readonly PurposeSet[] _essentialOfRecord = new PurposeSet[32];

    /// <summary>Prepares the tables once.</summary>
    public ConsentGate(Purposes purposes, Notices notices)
    {
        _purposes = purposes;
        _notices = notices;
        _categories = [.. purposes.Categories.Select(category => (category,
            purposes.OfCategory(category),
            purposes.WithChildren(purposes.OfCategory(category))))];
        foreach (var kind in Enum.GetValues<EventKind>())
        {
            _essential[(int)kind] = EssentialFor(kind);
            _essentialOfRecord[(int)kind] = EssentialFor(kind) | EssentialOfRecord(kind);
        }
    }

    /// <summary>The gate's answer for one event; implements <c>Collect.Judge</c>.</summary>
    internal GateVerdict Judge(Source source, in StampInput stamp, EventKind kind)
    {
        // 1
        if (!source.OfRecord && !stamp.Present)
            return new GateVerdict(PurposeSet.None, default, false, ConsentMissing);
        // 2
        var (yes, no) = Read(stamp);
        // 3
        if (stamp.PrivacySignal)
            yes -= _purposes.LoweredByPrivacySignal;
        // 4 and 5
        var allowed = source.OfRecord
            ? Declared(source, stamp, yes, kind) | _essentialOfRecord[(int)kind]
            : (yes & _purposes.Everything) - _purposes.Essential | _essential[(int)kind];
        // 6
        var keep = !allowed.IsEmpty;
        if (!keep)
            return new GateVerdict(PurposeSet.None, default, false, PurposeRefused);
        // 7
        var granted = yes & _notices.CoveredBy(source.NoticeVersion);
        return new GateVerdict(
            allowed, new ConsentStamp(granted, no, source.NoticeVersion), true, null);
    }

    /// <summary>
    /// Whether a session may be kept on the customer's device: if the stamp says yes to remembering
    /// there, or to content by profile, which cannot be without it. Implements
    /// <c>Collect.CoversSession</c>.
    /// </summary>
    internal bool CoversSession(Source source, in StampInput stamp)
    {
        var (yes, _) = Read(stamp);
        return yes.Has(KnownPurposes.Storage) || yes.Has(KnownPurposes.ProfiledContent);
    }

    private (PurposeSet Yes, PurposeSet No) Read(in StampInput stamp)
    {
        var yes = PurposeSet.None;
        var no = PurposeSet.None;
        if (!stamp.Present || stamp.Malformed)
            return (yes, no);
        foreach (var (category, its, beneath) in _categories)
        {
            if (!stamp.Categories.TryGetValue(category, out var said))
                continue;
            if (said)
                yes |= its;
            else
                no |= beneath;
        }
        return (yes - no, no);
    }

    private PurposeSet Declared(
        Source source, in StampInput stamp, PurposeSet yes, EventKind kind)
    {
        var declared = source.DeclaredBasis;
        if (stamp.PrivacySignal)
            declared -= _purposes.LoweredByPrivacySignal;
        if (stamp.Present)
            declared &= yes | _purposes.Essential;
        return IsLookingAround(kind) ? declared - _purposes.Essential : declared;
    }

    private static PurposeSet EssentialFor(EventKind kind) => kind switch
    {
        // The proof of what was said, a no above all, must be kept.
        EventKind.ConsentUpdated => PurposeSet.Of(KnownPurposes.LegalObligation),
        // "Less of this" and "off" are objections: they count without consent.
        EventKind.FeedbackGiven => PurposeSet.Of(KnownPurposes.Service),
        EventKind.ServiceCaseOpened or EventKind.ServiceCaseClosed =>
            PurposeSet.Of(KnownPurposes.Support),
        _ => PurposeSet.None,
    };

    private static PurposeSet EssentialOfRecord(EventKind kind) => kind switch
    {
        EventKind.OrderCompleted or EventKind.OrderCancelled or EventKind.OrderRefunded
            or EventKind.OrderReturned or EventKind.OrderDelayed or EventKind.CouponRedeemed =>
            PurposeSet.Of(KnownPurposes.Service) | PurposeSet.Of(KnownPurposes.ServiceEmail)
            | PurposeSet.Of(KnownPurposes.ServiceSms) | PurposeSet.Of(KnownPurposes.Payment)
            | PurposeSet.Of(KnownPurposes.Support) | PurposeSet.Of(KnownPurposes.FraudDetection)
            | PurposeSet.Of(KnownPurposes.LegalObligation),
        EventKind.Identify or EventKind.Alias =>
            PurposeSet.Of(KnownPurposes.Service) | PurposeSet.Of(KnownPurposes.ServiceEmail)
            | PurposeSet.Of(KnownPurposes.ServiceSms) | PurposeSet.Of(KnownPurposes.Support),
        _ => PurposeSet.None,
    };

    private static bool IsLookingAround(EventKind kind) => kind is
        EventKind.PageViewed or EventKind.ProductsSearched or EventKind.ProductListViewed
        or EventKind.ProductViewed or EventKind.ProductAdded or EventKind.ProductRemoved
        or EventKind.WishAdded or EventKind.WishRemoved or EventKind.CheckoutStarted;
}
