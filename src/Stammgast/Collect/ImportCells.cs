using System.Globalization;
using Stammgast.Catalogue;

namespace Stammgast.Collect;

/// <summary>Reads instants and prices as a mapping says. Pure.</summary>
/// <param name="mapping">The mapping, checked.</param>
/// <param name="currency">The currency of prices, for its decimals.</param>
/// <param name="shiftMs">Added to every instant, ms.</param>
/// <param name="latestMs">Nothing happened later, ms since 1970 UTC.</param>
internal sealed class ImportCells(
    ImportMapping mapping, string currency, long shiftMs, long latestMs)
{
    private readonly TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(mapping.Time.Zone);
    private readonly int decimals = Money.Decimals(currency);

    /// <summary>A price in minor units; false if it does not fit the currency.</summary>
    public bool TryPrice(string text, out long minor)
    {
        if (Money.TryMinor(text, decimals, out minor))
            return true;
        if (mapping.Item!.Decimals != "round" || !decimal.TryParse(text, NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out var exact))
            return false;
        for (var i = 0; i < decimals; i++)
            exact *= 10;
        if (exact > Money.MaxMinor)
            return false;
        minor = (long)decimal.Round(exact);
        return true;
    }

    /// <summary>An instant, ms since 1970 UTC; false if it does not read.</summary>
    public bool TryTime(ImportRows rows, out long atMs)
    {
        atMs = 0;
        var text = rows[mapping.Time.Column];
        if (mapping.Time.Format is "ms" or "s")
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out atMs)
                || atMs > 253_402_300_799_999)
                return false;
            atMs = mapping.Time.Format == "s" ? atMs * 1000 : atMs;
        }
        else if (mapping.Time.Format == "iso")
        {
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal, out var iso))
                return false;
            atMs = iso.ToUnixTimeMilliseconds();
        }
        else
        {
            if (!DateTime.TryParseExact(text, mapping.Time.Format, CultureInfo.InvariantCulture,
                    DateTimeStyles.None, out var local))
                return false;
            // In the hour that does not exist clocks had not been moved yet.
            var offset = zone.GetUtcOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified));
            atMs = (long)(local - DateTime.UnixEpoch - offset).TotalMilliseconds;
        }
        atMs = Math.Min(atMs + shiftMs, latestMs);
        return atMs > 0;
    }
}
