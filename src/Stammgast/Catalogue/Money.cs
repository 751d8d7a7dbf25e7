using System.Globalization;

namespace Stammgast.Catalogue;

/// <summary>
/// Prices as feeds write them (<c>59.95 EUR</c>, <c>EUR 59.95</c>, <c>59,95</c>), exactly into
/// minor units. What does not fit the currency's decimals is refused, never rounded.
/// </summary>
public static class Money
{
    /// <summary>The largest price that is believed: more is a mistake in the feed.</summary>
    public const long MaxMinor = 100_000_000_000;

    /// <summary>Decimals of an ISO 4217 currency: 2 unless it is one of the few others.</summary>
    public static int Decimals(string currency) => currency switch
    {
        "JPY" or "KRW" or "ISK" or "CLP" or "VND" or "XAF" or "XOF" or "XPF" or "UGX" or "RWF"
            or "PYG" or "GNF" or "KMF" or "DJF" or "BIF" or "VUV" => 0,
        "BHD" or "KWD" or "OMR" or "JOD" or "TND" or "IQD" or "LYD" => 3,
        _ => 2,
    };

    /// <summary>
    /// Reads a price. The text's own currency wins over <paramref name="currency"/>, which may be
    /// empty only if the text has one.
    /// </summary>
    public static bool TryParse(
        string? text, string currency, out long minor, out string found)
    {
        minor = 0;
        found = currency;
        var amount = text.AsSpan().Trim();
        if (amount.Length > 4 && TryCurrency(amount[^3..], out var after))
        {
            found = after;
            amount = amount[..^3].TrimEnd();
        }
        else if (amount.Length > 4 && TryCurrency(amount[..3], out var before))
        {
            found = before;
            amount = amount[3..].TrimStart();
        }
        return IsCurrency(found) && TryMinor(amount, Decimals(found), out minor);
    }

    /// <summary>A plain decimal with point or comma into minor units; false if it does not fit.</summary>
    public static bool TryMinor(ReadOnlySpan<char> amount, int decimals, out long minor)
    {
        minor = 0;
        var point = amount.IndexOfAny('.', ',');
        var whole = point < 0 ? amount : amount[..point];
        var fraction = point < 0 ? [] : amount[(point + 1)..];
        // A comma is a decimal one only where it cannot be a separator of thousands.
        if (point >= 0 && (fraction.IsEmpty || (amount[point] == ',' && fraction.Length == 3)))
            return false;
        while (fraction.Length > decimals && fraction[^1] == '0')
            fraction = fraction[..^1];
        if (fraction.Length > decimals || !Digits(whole, out var high) || whole.IsEmpty
            || !Digits(fraction, out var low))
            return false;
        for (var i = 0; i < decimals; i++)
            high *= 10;
        for (var i = fraction.Length; i < decimals; i++)
            low *= 10;
        minor = high + low;
        return minor <= MaxMinor;
    }

    /// <summary>Minor units as a plain decimal with a point, for feeds and exports.</summary>
    public static string Format(long minor, string currency)
    {
        var decimals = Decimals(currency);
        var scale = 1m;
        for (var i = 0; i < decimals; i++)
            scale *= 10;
        return (minor / scale).ToString("F" + decimals, CultureInfo.InvariantCulture);
    }

    /// <summary>Whether it looks like an ISO 4217 code.</summary>
    public static bool IsCurrency(string? code) =>
        code is { Length: 3 } && char.IsAsciiLetterUpper(code[0])
        && char.IsAsciiLetterUpper(code[1]) && char.IsAsciiLetterUpper(code[2]);

    private static bool TryCurrency(ReadOnlySpan<char> text, out string code)
    {
        code = text.ToString();
        return IsCurrency(code);
    }

    private static bool Digits(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        if (text.Length > 12)
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            value = value * 10 + (c - '0');
        }
        return true;
    }
}
