namespace Stammgast.Decisions;

/// <summary>The closed codes as the wire writes them, and the stages that they belong to.</summary>
public static class ReasonCodes
{
    /// <summary>How many <see cref="HeldBack"/> codes there are, <c>None</c> included.</summary>
    public const int HeldCount = (int)HeldBack.Degraded + 1;

    private static readonly string[] Held =
    [
        "", "consent_missing", "purpose_refused", "ineligible", "bought", "owned", "held_service",
        "cap_offer", "cap_channel", "cap_total", "min_gap", "quiet_hours", "dismissed", "holdout",
        "out_of_stock", "sensitive", "minor", "below_quality", "duplicate", "degraded",
    ];

    private static readonly string[] Shown =
    [
        "", "item_to_item", "session", "buy_again", "popular", "contextual",
        "declared_preference", "audience", "wish",
    ];

    /// <summary>The wire's word for why something was held back; empty for none.</summary>
    public static string Of(HeldBack code) => Held[(int)code];

    /// <summary>The wire's word for why something was shown; empty for none.</summary>
    public static string Of(ShownFor code) => Shown[(int)code];

    /// <summary>Whether choosing for this reason uses anything of the person.</summary>
    public static bool IsPersonal(ShownFor reason) => reason
        is not (ShownFor.None or ShownFor.Popular or ShownFor.Contextual);

    /// <summary>
    /// The pipeline's stage (1–9) that gives a code: what got furthest explains a silence best.
    /// </summary>
    public static int StageOf(HeldBack code) => code switch
    {
        HeldBack.None => 0,
        HeldBack.ConsentMissing or HeldBack.PurposeRefused or HeldBack.Minor
            or HeldBack.Degraded => 1,
        HeldBack.Holdout => 2,
        HeldBack.Ineligible or HeldBack.OutOfStock or HeldBack.Sensitive
            or HeldBack.Duplicate => 3,
        HeldBack.Bought or HeldBack.Owned => 4,
        HeldBack.HeldService => 5,
        HeldBack.CapOffer or HeldBack.CapChannel or HeldBack.CapTotal or HeldBack.MinGap
            or HeldBack.QuietHours or HeldBack.Dismissed => 6,
        _ => 8,
    };
}
