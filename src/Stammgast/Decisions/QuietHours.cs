namespace Stammgast.Decisions;

/// <summary>
/// When no message is sent, by the customer's local time: 21:00–08:00, in France 22:00–08:00 and
/// all Sunday. The zone is the person's, else the store's; unknown is quiet. On-site placements
/// have none: the customer is there. Public holidays are not known here.
/// </summary>
public static class QuietHours
{
    /// <summary>Whether an instant is quiet.</summary>
    /// <param name="nowMs">ms since 1970 UTC.</param>
    /// <param name="zone">The local time zone; null: unknown.</param>
    /// <param name="country">ISO 3166 alpha-2, upper case, or null.</param>
    public static bool Holds(long nowMs, TimeZoneInfo? zone, string? country)
    {
        if (zone is null)
            return true;
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(nowMs), zone);
        var isFrance = country is "FR";
        return local.Hour < 8 || local.Hour >= (isFrance ? 22 : 21)
            || (isFrance && local.DayOfWeek == DayOfWeek.Sunday);
    }
}
