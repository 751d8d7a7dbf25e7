using Stammgast.Consent;

namespace Stammgast.Decisions;

/// <summary>Who asks for decisions, as far as the call proves it.</summary>
/// <param name="Leaf">The leaf of the identifier that is believed; none: nobody.</param>
/// <param name="IsAlone">
/// Only this device's own facts may steer the choice: who is behind it is not proven by a session,
/// so what belongs to a known user stays with her.
/// </param>
/// <param name="Refused">Why the request itself says no to personalisation, or none.</param>
internal readonly record struct Asker(LeafId Leaf, bool IsAlone, HeldBack Refused)
{
    /// <summary>Nobody in particular.</summary>
    public static readonly Asker Nobody = new(LeafId.None, false, HeldBack.ConsentMissing);

    /// <summary>
    /// What the request's own stamp and signal take away; they never give. Categories that the
    /// stamp does not name are left to the ledger.
    /// </summary>
    public static HeldBack RefusedBy(
        IReadOnlyDictionary<string, bool>? stamp, bool hasSignal, Purposes purposes)
    {
        if (hasSignal && purposes.LoweredByPrivacySignal.Has(KnownPurposes.ProfiledContent))
            return HeldBack.PurposeRefused;
        if (stamp is null)
            return HeldBack.None;
        foreach (var (category, isYes) in stamp)
        {
            if (!isYes && purposes.OfCategory(category).Has(KnownPurposes.ProfiledContent))
                return HeldBack.PurposeRefused;
        }
        return HeldBack.None;
    }
}
