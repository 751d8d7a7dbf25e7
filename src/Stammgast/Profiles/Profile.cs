using Stammgast.Consent;
using Stammgast.Identity;

namespace Stammgast.Profiles;

/// <summary>A leaf of a person with the purposes in force for what it collected.</summary>
/// <param name="State">What it collected.</param>
/// <param name="InForce">
/// Purposes that its own data may serve now, by the person's consents and the other legal bases
/// (<c>PersonConsent.AllowedOfLeaf</c>).
/// </param>
public readonly record struct ProfileLeaf(LeafState State, PurposeSet InForce);

/// <summary>
/// A person at a moment: her leaves and what is in force for each. Has no facts to read; the only
/// door to them is <see cref="For"/>.
/// </summary>
public sealed class Profile
{
    private const long DayMs = 86_400_000;

    private readonly IReadOnlyList<ProfileLeaf> _leaves;
    private readonly Purposes _purposes;

    /// <summary>A person of these leaves under the cell's purposes.</summary>
    public Profile(
        LeafId root, IReadOnlyList<ProfileLeaf> leaves, Purposes purposes, long nowMs)
    {
        Root = root;
        NowMs = nowMs;
        _leaves = leaves;
        _purposes = purposes;
    }

    /// <summary>The person's root leaf: the profile id.</summary>
    public LeafId Root { get; }

    /// <summary>The moment, ms since 1970 UTC.</summary>
    public long NowMs { get; }

    /// <summary>What she has refused, withdrawn or objected to; says why a view is empty.</summary>
    public PurposeSet Refused { get; init; }

    /// <summary>Her leaves, for what belongs to leaves (contacts, history); never for facts.</summary>
    public IEnumerable<LeafId> Leaves => _leaves.Select(leaf => leaf.State.Leaf);

    /// <summary>Whether what a leaf of hers collected may serve a purpose now.</summary>
    public bool MayServe(LeafId leaf, Purpose purpose)
    {
        // Known on one leaf is known of the person.
        var isAllowed = false;
        foreach (var one in _leaves)
        {
            if (one.State.IsKnownMinor(NowMs))
                return false;
            isAllowed |= one.State.Leaf == leaf && one.InForce.Has(purpose);
        }
        return isAllowed;
    }

    /// <summary>
    /// What a purpose may see: a mark goes out if the event allowed the purpose, the purpose is in
    /// force for the mark's leaf, and its provenance may reach the purpose. Then it is computed.
    /// Sensitive orders, what others told and known minors show to essential purposes only; an
    /// unknown purpose sees nothing. O(marks).
    /// </summary>
    /// <exception cref="TaintException">The second check found what the first let through.</exception>
    public ProfileView For(Purpose purpose)
    {
        var isEssential = _purposes.Essential.Has(purpose);
        var isMinor = _leaves.Any(leaf => leaf.State.IsKnownMinor(NowMs));
        var isOpen = _purposes.TryGet(purpose, out var info) && (isEssential || !isMinor);
        var marks = new MarkTable(byOrigin: false);
        var withheld = new WithheldCounts();
        var sights = new Dictionary<LeafId, Sight>(_leaves.Count);
        foreach (var leaf in _leaves)
        {
            var sight = new Sight
            {
                Purpose = purpose,
                IsInForce = isOpen && leaf.InForce.Has(purpose),
                SeesForeign = isEssential,
                SeesSensitive = isEssential,
                NotBeforeMs = NowMs - (info?.RetentionDays ?? 0) * DayMs,
            };
            sights[leaf.State.Leaf] = sight;
            leaf.State.Show(sight, marks, withheld);
        }
        CheckTaint(marks, purpose, isEssential);
        return new ProfileView(this, purpose, marks, withheld, sights) { IsMinor = isMinor };
    }

    /// <summary>
    /// This person as if these events had been folded already: how a request reads its own writes.
    /// An event of a leaf that she does not have yet begins one, with what is in force for it.
    /// </summary>
    public Profile With(IReadOnlyList<Event> events, PurposeSet inForceIfNew, IdentityRules rules)
    {
        var overlaid = _leaves.ToList();
        foreach (var group in events.GroupBy(e => e.Leaf))
        {
            var at = overlaid.FindIndex(leaf => leaf.State.Leaf == group.Key);
            var leaf = at >= 0
                ? overlaid[at]
                : new ProfileLeaf(LeafState.New(group.Key, group.First().Identifiers[0].Type),
                    inForceIfNew);
            leaf = leaf with { State = LeafFold.Apply(leaf.State, [.. group], rules) };
            if (at >= 0)
                overlaid[at] = leaf;
            else
                overlaid.Add(leaf);
        }
        return new Profile(Root, overlaid, _purposes, NowMs) { Refused = Refused };
    }

    /// <summary>
    /// The same person with nothing but what one leaf collected: for a device that has not proven
    /// who is behind it. Consents stay the whole person's; an unknown leaf has nothing.
    /// </summary>
    public Profile Alone(LeafId leaf) =>
        new(Root, [.. _leaves.Where(one => one.State.Leaf == leaf)], _purposes, NowMs)
        {
            Refused = Refused,
        };

    // Everything in the view carries what its inputs allow together; if the filter works, this
    // never fires. If it does not, no view is better than a wrong one.
    private static void CheckTaint(MarkTable marks, Purpose purpose, bool isEssential)
    {
        foreach (ref readonly var mark in marks.Marks)
        {
            if (!mark.Origin.Allowed.Has(purpose) || mark.Origin.IsForeign && !isEssential)
                throw new TaintException();
        }
    }
}

/// <summary>A view was about to hold what its purpose may not see: a bug, and no view.</summary>
public sealed class TaintException() : Exception("A view would have held what it must not.");
