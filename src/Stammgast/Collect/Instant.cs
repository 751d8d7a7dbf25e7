using System.Globalization;

namespace Stammgast.Collect;

/// <summary>Reads ISO 8601 instants as SDKs write them.</summary>
internal static class Instant
{
    /// <summary>
    /// <c>2026-11-22</c>, optionally <c>T</c> or blank and <c>08:30[:15[.123456]]</c>, optionally
    /// <c>Z</c> or <c>±02[:00]</c>. Without an offset it is UTC, not this machine's time. Fractions
    /// below a millisecond are cut. A 24th hour is refused; a leap second counts as the 59th.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long atMs)
    {
        atMs = 0;
        if (text.Length is < 10 or > 40 || text[4] != '-' || text[7] != '-'
            || !Digits(text[..4], out var year) || !Digits(text.Slice(5, 2), out var month)
            || !Digits(text.Slice(8, 2), out var day)
            || year < 1 || month is < 1 or > 12 || day < 1
            || day > DateTime.DaysInMonth(year, month))
            return false;
        var since = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch;
        var ms = since.Ticks / TimeSpan.TicksPerMillisecond;
        text = text[10..];
        if (!text.IsEmpty && (!Clock(ref text, ref ms) || !Offset(ref text, ref ms)))
            return false;
        atMs = ms;
        return text.IsEmpty;
    }

    private static bool Clock(ref ReadOnlySpan<byte> text, ref long ms)
    {
        if (text.Length < 6 || (text[0] | 0x20) is not ('t' or ' ') || text[3] != ':'
            || !Digits(text.Slice(1, 2), out var hour) || hour > 23
            || !Digits(text.Slice(4, 2), out var minute) || minute > 59)
            return false;
        ms += hour * 3_600_000L + minute * 60_000L;
        text = text[6..];
        if (text.IsEmpty || text[0] != ':')
            return true;
        if (text.Length < 3 || !Digits(text.Slice(1, 2), out var second) || second > 60)
            return false;
        ms += Math.Min(second, 59) * 1000L;
        text = text[3..];
        return text.IsEmpty || text[0] is not ((byte)'.' or (byte)',')
            || Fraction(ref text, ref ms);
    }

    private static bool Fraction(ref ReadOnlySpan<byte> text, ref long ms)
    {
        var at = 1;
        for (var weight = 100; at < text.Length && char.IsAsciiDigit((char)text[at]); at++)
        {
            ms += (text[at] - '0') * weight;
            weight /= 10;
        }
        text = text[at..];
        return at > 1;
    }

    private static bool Offset(ref ReadOnlySpan<byte> text, ref long ms)
    {
        if (text.IsEmpty)
            return true;
        if ((text[0] | 0x20) == 'z')
        {
            text = text[1..];
            return true;
        }
        if (text[0] is not ((byte)'+' or (byte)'-') || text.Length < 3
            || !Digits(text.Slice(1, 2), out var hours) || hours > 18)
            return false;
        var sign = text[0] == '-' ? 1 : -1;
        text = text[3..];
        var minutes = 0;
        if (!text.IsEmpty)
        {
            if (text[0] == ':')
                text = text[1..];
            if (text.Length != 2 || !Digits(text, out minutes) || minutes > 59)
                return false;
            text = [];
        }
        ms += sign * (hours * 3_600_000L + minutes * 60_000L);
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
