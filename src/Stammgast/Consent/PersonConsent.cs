namespace Stammgast.Consent;

/// <summary>A leaf's consents within a person.</summary>
/// <param name="State">What was said on it.</param>
/// <param name="JoinedAtMs">
/// When it came to this person (its link's first sight), ms since 1970 UTC; 0 for the root, and
/// <see cref="long.MaxValue"/> where nobody knows: then no act on another leaf widens its use.
/// </param>
public readonly record struct LeafConsent(ConsentState State, long JoinedAtMs);

/// <summary>
/// A person's consents, by invariant 13: a merge never widens use.
/// <list type="bullet">
/// <item>A no on any leaf wins.</item>
/// <item>Unknown neither gives nor takes: what a leaf collected under it joins no purpose.</item>
/// <item>A yes that the person (not a device) said after the leaves had come together and after the
/// no replaces both.</item>
/// </list>
/// It is computed anew from the leaves, so that an unmerge restores each by itself.
/// </summary>
public sealed class PersonConsent
{
    private readonly PurposeSet[] _ofLeaf;
    private readonly IReadOnlyList<LeafConsent> _leaves;

    private PersonConsent(
        IReadOnlyList<LeafConsent> leaves, PurposeSet given, PurposeSet lowered,
        PurposeSet[] ofLeaf)
    {
        _leaves = leaves;
        Given = given;
        Lowered = lowered;
        _ofLeaf = ofLeaf;
    }

    /// <summary>What the person has given: what may be decided for her.</summary>
    public PurposeSet Given { get; }

    /// <summary>What the person has refused, withdrawn or objected to.</summary>
    public PurposeSet Lowered { get; }

    /// <summary>Combines leaves of which nobody knows when they came together: the strictest.</summary>
    public static PersonConsent Combine(IReadOnlyList<ConsentState> leaves, long nowMs) =>
        Combine([.. leaves.Select(state => new LeafConsent(state, long.MaxValue))], nowMs);

    /// <summary>Combines a person's leaves at a moment; in any order. O(leaves²) sets.</summary>
    public static PersonConsent Combine(IReadOnlyList<LeafConsent> leaves, long nowMs)
    {
        var given = PurposeSet.None;
        var lowered = PurposeSet.None;
        for (var i = 0; i < leaves.Count; i++)
        {
            given |= leaves[i].State.Given(nowMs);
            lowered |= LoweredOn(leaves, i, nowMs);
        }
        given -= lowered;
        var ofLeaf = new PurposeSet[leaves.Count];
        for (var i = 0; i < leaves.Count; i++)
            ofLeaf[i] = given & (leaves[i].State.Given(nowMs) | SaidForAll(leaves, i, nowMs));
        return new PersonConsent(leaves, given, lowered, ofLeaf);
    }

    /// <summary>What may be pursued for the person.</summary>
    public PurposeSet Allowed(Purposes purposes) => purposes.Allowed(Given, Lowered);

    /// <summary>What one leaf's own data may serve, by its place in what was combined.</summary>
    public PurposeSet AllowedOfLeaf(Purposes purposes, int leaf) =>
        purposes.Allowed(_ofLeaf[leaf], Lowered);

    /// <summary>
    /// Whether the person may be contacted: the purpose is allowed, it is this kind of address's
    /// own, some leaf is subscribed to the topic and none has said no. Essential purposes
    /// (a message on an order) need no subscription.
    /// </summary>
    public bool MayContact(
        Purposes purposes, Purpose purpose, ContactAddress address, string topic)
    {
        if (!Allowed(purposes).Has(purpose))
            return false;
        if (purposes.Essential.Has(purpose))
            return true;
        if (purpose != PurposeOf(address.Kind))
            return false;
        var subscribed = false;
        foreach (var leaf in _leaves)
        {
            if (leaf.State.Subscriptions.Forbids(address, topic))
                return false;
            subscribed |= leaf.State.Subscriptions.Permits(address, topic);
        }
        return subscribed;
    }

    /// <summary>The purpose under which an address of a kind may be written to.</summary>
    internal static Purpose? PurposeOf(AddressKind kind) => kind switch
    {
        AddressKind.Email => KnownPurposes.MarketingEmail,
        AddressKind.Sms => KnownPurposes.MarketingSms,
        AddressKind.Push => KnownPurposes.MarketingPush,
        AddressKind.Post => KnownPurposes.MarketingPost,
        _ => null,
    };

    // A leaf's noes without those that the person has replaced on another leaf since.
    private static PurposeSet LoweredOn(
        IReadOnlyList<LeafConsent> leaves, int leaf, long nowMs)
    {
        var standing = PurposeSet.None;
        foreach (var entry in leaves[leaf].State.Entries)
            if (entry.Mark.IsLowering)
                standing |= leaves[leaf].State.Standing(entry)
                    - SaidElsewhere(leaves, leaf, nowMs, entry.Mark);
        return standing;
    }

    private static PurposeSet SaidForAll(
        IReadOnlyList<LeafConsent> leaves, int leaf, long nowMs) =>
        SaidElsewhere(leaves, leaf, nowMs, default);

    private static PurposeSet SaidElsewhere(
        IReadOnlyList<LeafConsent> leaves, int leaf, long nowMs, in ConsentMark lowering)
    {
        var said = PurposeSet.None;
        for (var i = 0; i < leaves.Count; i++)
        {
            if (i == leaf)
                continue;
            var together = Math.Max(leaves[i].JoinedAtMs, leaves[leaf].JoinedAtMs);
            foreach (var entry in leaves[i].State.Entries)
            {
                var mark = entry.Mark;
                if (mark.Kind == MarkKind.GrantPerson && nowMs < mark.ExpiresAtMs
                    && mark.MadeAtMs > together && mark.ReceivedAtMs > together
                    && mark.Lifts(lowering))
                    said |= leaves[i].State.Surviving(entry);
            }
        }
        return said;
    }
}
