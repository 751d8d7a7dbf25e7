namespace Stammgast.Consent;

/// <summary>What a mark means; the numbers are stored and order the entries.</summary>
internal enum MarkKind : byte
{
    /// <summary>The latest yes of the device.</summary>
    GrantDevice = 1,

    /// <summary>The latest yes of the person.</summary>
    GrantPerson = 2,

    /// <summary>All noes of the device, as one.</summary>
    LoweringDevice = 3,

    /// <summary>All noes of the person, as one.</summary>
    LoweringPerson = 4,

    /// <summary>The latest question that waits for its answer.</summary>
    Requested = 5,
}

/// <summary>
/// The join of all acts of one kind on a purpose. Grants and requests: the latest by when it was
/// made, then received, then the earlier expiry, then the notice; a total order, so its maximum is
/// a join. Lowerings: the latest instant made and, apart from it, the latest received, since a
/// grant must be after all of them in both; the status shown is that of the latest received.
/// </summary>
internal readonly record struct ConsentMark(
    MarkKind Kind, long MadeAtMs, long ReceivedAtMs, long ExpiresAtMs, ushort Detail)
    : IComparable<ConsentMark>
{
    public bool IsGrant => Kind is MarkKind.GrantDevice or MarkKind.GrantPerson;

    public bool IsLowering => Kind is MarkKind.LoweringDevice or MarkKind.LoweringPerson;

    /// <summary>Of a grant: the notice.</summary>
    public ushort Notice => Detail;

    /// <summary>Of a lowering: how it is shown.</summary>
    public ConsentStatus Status => (ConsentStatus)Detail;

    /// <summary>The mark of an act.</summary>
    public static ConsentMark Of(ConsentAct act) => act.Status switch
    {
        ConsentStatus.Given => new(
            act.Scope == ConsentScope.Person ? MarkKind.GrantPerson : MarkKind.GrantDevice,
            act.MadeAtMs, act.ReceivedAtMs, act.ExpiresAtMs, act.Notice),
        ConsentStatus.Requested => new(
            MarkKind.Requested, act.MadeAtMs, act.ReceivedAtMs, 0, act.Notice),
        ConsentStatus.Refused or ConsentStatus.Withdrawn or ConsentStatus.Invalidated => new(
            act.Scope == ConsentScope.Person ? MarkKind.LoweringPerson : MarkKind.LoweringDevice,
            act.MadeAtMs, act.ReceivedAtMs, 0, (ushort)act.Status),
        _ => throw new ArgumentException("Nobody can say that.", nameof(act)),
    };

    /// <summary>Both as one; only for marks of one kind.</summary>
    public static ConsentMark Join(in ConsentMark a, in ConsentMark b)
    {
        if (!a.IsLowering)
            return a.CompareTo(b) >= 0 ? a : b;
        var detail = a.ReceivedAtMs == b.ReceivedAtMs
            ? Math.Max(a.Detail, b.Detail)
            : a.ReceivedAtMs > b.ReceivedAtMs ? a.Detail : b.Detail;
        return new ConsentMark(a.Kind, Math.Max(a.MadeAtMs, b.MadeAtMs),
            Math.Max(a.ReceivedAtMs, b.ReceivedAtMs), 0, detail);
    }

    /// <summary>Whether this grant counts against a lowering: made and received after it.</summary>
    public bool Lifts(in ConsentMark lowering) =>
        MadeAtMs > lowering.MadeAtMs && ReceivedAtMs > lowering.ReceivedAtMs
        // A stamp repeats what a device remembers: it never lifts what the person has said since.
        && (Kind == MarkKind.GrantPerson || lowering.Kind == MarkKind.LoweringDevice);

    /// <summary>Kind first, then as a join of grants prefers.</summary>
    public int CompareTo(ConsentMark other)
    {
        var order = Kind.CompareTo(other.Kind);
        if (order == 0)
            order = MadeAtMs.CompareTo(other.MadeAtMs);
        if (order == 0)
            order = ReceivedAtMs.CompareTo(other.ReceivedAtMs);
        if (order == 0)
            order = other.ExpiresAtMs.CompareTo(ExpiresAtMs);
        return order == 0 ? Detail.CompareTo(other.Detail) : order;
    }
}
