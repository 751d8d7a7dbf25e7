namespace Stammgast;

/// <summary>Why a candidate or a whole placement was held back. Closed; wire names in snake case.</summary>
public enum HeldBack : byte
{
    /// <summary>Not held back.</summary>
    None = 0,

    /// <summary><c>consent_missing</c></summary>
    ConsentMissing,

    /// <summary><c>purpose_refused</c></summary>
    PurposeRefused,

    /// <summary><c>ineligible</c></summary>
    Ineligible,

    /// <summary><c>bought</c></summary>
    Bought,

    /// <summary><c>owned</c></summary>
    Owned,

    /// <summary><c>held_service</c></summary>
    HeldService,

    /// <summary><c>cap_offer</c></summary>
    CapOffer,

    /// <summary><c>cap_channel</c></summary>
    CapChannel,

    /// <summary><c>cap_total</c></summary>
    CapTotal,

    /// <summary><c>min_gap</c></summary>
    MinGap,

    /// <summary><c>quiet_hours</c></summary>
    QuietHours,

    /// <summary><c>dismissed</c></summary>
    Dismissed,

    /// <summary><c>holdout</c></summary>
    Holdout,

    /// <summary><c>out_of_stock</c></summary>
    OutOfStock,

    /// <summary><c>sensitive</c></summary>
    Sensitive,

    /// <summary><c>minor</c></summary>
    Minor,

    /// <summary><c>below_quality</c></summary>
    BelowQuality,

    /// <summary><c>duplicate</c></summary>
    Duplicate,

    /// <summary><c>degraded</c></summary>
    Degraded,
}

/// <summary>Why something was shown. Closed; wire names in snake case.</summary>
public enum ShownFor : byte
{
    /// <summary>Not shown.</summary>
    None = 0,

    /// <summary><c>item_to_item</c></summary>
    ItemToItem,

    /// <summary><c>session</c></summary>
    Session,

    /// <summary><c>buy_again</c></summary>
    BuyAgain,

    /// <summary><c>popular</c></summary>
    Popular,

    /// <summary><c>contextual</c></summary>
    Contextual,

    /// <summary><c>declared_preference</c></summary>
    DeclaredPreference,

    /// <summary><c>audience</c></summary>
    Audience,

    /// <summary><c>wish</c></summary>
    Wish,
}
