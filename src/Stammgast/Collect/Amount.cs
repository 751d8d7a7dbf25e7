namespace Stammgast.Collect;

/// <summary>Decimal text to whole minor units, exactly: no floating point touches money.</summary>
internal static class Amount
{
    /// <summary>
    /// The most that one amount may be: ten thousand million of a currency with cents.
    /// </summary>
    public const long MaxMinor = 1_000_000_000_000;

    private static readonly long[] Powers = MakePowers();

    /// <summary>
    /// Reads <c>129.9</c>, <c>1.299e2</c> … as minor units with <paramref name="digits"/> decimals;
    /// what is finer is rounded half away from zero. Refuses what is no JSON number, negative, or
    /// beyond <see cref="MaxMinor"/>.
    /// </summary>
    public static bool TryMinor(ReadOnlySpan<byte> text, int digits, out long minor)
    {
        minor = 0;
        if (text.Length is 0 or > 64 || !Mantissa(ref text, out var mantissa, out var exponent))
            return false;
        if (!text.IsEmpty)
        {
            if ((text[0] | 0x20) != 'e' || !Exponent(text[1..], out var more))
                return false;
            exponent += more;
        }
        return TryScale(mantissa, exponent + digits, out minor);
    }

    private static bool Mantissa(ref ReadOnlySpan<byte> text, out long mantissa, out int exponent)
    {
        mantissa = 0;
        exponent = 0;
        var any = false;
        var point = false;
        var at = 0;
        for (; at < text.Length; at++)
        {
            if (text[at] == '.' && !point)
            {
                point = true;
                continue;
            }
            if (!char.IsAsciiDigit((char)text[at]))
                break;
            any = true;
            // 18 digits are kept; a later one cannot change a rounding that ends before it.
            if (mantissa >= 100_000_000_000_000_000)
                exponent += point ? 0 : 1;
            else
            {
                mantissa = mantissa * 10 + (text[at] - '0');
                exponent -= point ? 1 : 0;
            }
        }
        text = text[at..];
        return any;
    }

    private static bool Exponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        var negative = !text.IsEmpty && text[0] == '-';
        if (negative || !text.IsEmpty && text[0] == '+')
            text = text[1..];
        if (text.Length is 0 or > 4)
            return false;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            exponent = exponent * 10 + (digit - '0');
        }
        if (negative)
            exponent = -exponent;
        return true;
    }

    private static bool TryScale(long mantissa, int shift, out long minor)
    {
        minor = 0;
        if (mantissa == 0 || shift < -18)
            return true;
        if (shift > 18)
            return false;
        if (shift < 0)
        {
            var power = Powers[-shift];
            minor = mantissa / power + (mantissa % power >= power / 2 ? 1 : 0);
            return minor <= MaxMinor;
        }
        if (mantissa > MaxMinor / Powers[shift])
            return false;
        minor = mantissa * Powers[shift];
        return true;
    }

    private static long[] MakePowers()
    {
        var powers = new long[19];
        powers[0] = 1;
        for (var at = 1; at < powers.Length; at++)
            powers[at] = powers[at - 1] * 10;
        return powers;
    }
}
