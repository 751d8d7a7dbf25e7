using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Stammgast.Collect;

/// <summary>
/// Strings, numbers and names of JSON as bytes, without exceptions and allocations.
/// </summary>
internal static class JsonText
{
    /// <summary>
    /// Whether every <c>\u</c> escape is a character: half of a surrogate pair is none, and no
    /// UTF-8 could carry it. The escapes' syntax has been checked by the reader.
    /// </summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> raw)
    {
        for (int at; (at = raw.IndexOf((byte)'\\')) >= 0;)
        {
            raw = raw[at..];
            if (raw[1] != 'u')
            {
                raw = raw[2..];
                continue;
            }
            var unit = Unit(raw);
            raw = raw[6..];
            if (char.IsLowSurrogate(unit))
                return false;
            if (!char.IsHighSurrogate(unit))
                continue;
            if (raw.Length < 6 || raw[0] != '\\' || raw[1] != 'u'
                || !char.IsLowSurrogate(Unit(raw)))
                return false;
            raw = raw[6..];
        }
        return true;
    }

    /// <summary>
    /// Resolves the escapes of a well-formed string; the target needs at most as many bytes as the
    /// source has. Answers the bytes written.
    /// </summary>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> target)
    {
        var written = 0;
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0)
                plain = raw.Length;
            raw[..plain].CopyTo(target[written..]);
            written += plain;
            raw = raw[plain..];
            if (raw.IsEmpty)
                break;
            if (raw[1] != 'u')
            {
                target[written++] = Short(raw[1]);
                raw = raw[2..];
                continue;
            }
            var unit = Unit(raw);
            var pair = char.IsHighSurrogate(unit);
            var rune = pair ? new Rune(unit, Unit(raw[6..])) : new Rune(unit);
            written += rune.EncodeToUtf8(target[written..]);
            raw = raw[(pair ? 12 : 6)..];
        }
        return written;
    }

    /// <summary>A string's text.</summary>
    public static string Text(ReadOnlySpan<byte> raw, bool escaped)
    {
        if (!escaped)
            return Encoding.UTF8.GetString(raw);
        var plain = new byte[raw.Length];
        return Encoding.UTF8.GetString(plain.AsSpan(0, Unescape(raw, plain)));
    }

    /// <summary>
    /// Whether a JSON number is finite as a double; most are decided by their length.
    /// </summary>
    public static bool IsInRange(ReadOnlySpan<byte> number)
    {
        if (number.Length <= 300 && number.IndexOfAny((byte)'e', (byte)'E') < 0)
            return true;
        return Utf8Parser.TryParse(number, out double value, out var used)
            && used == number.Length && double.IsFinite(value);
    }

    /// <summary>A fast hash of short names; not for tables that an attacker could flood.</summary>
    public static ulong Hash(ReadOnlySpan<byte> name)
    {
        const ulong Odd = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)name.Length * Odd;
        for (; name.Length >= 8; name = name[8..])
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name));
        ulong rest = 0;
        foreach (var one in name)
            rest = rest << 8 | one;
        return Mix(hash ^ rest);

        static ulong Mix(ulong value)
        {
            value *= Odd;
            return value ^ value >> 29;
        }
    }

    /// <summary>One part of a JSON pointer, escaped as RFC 6901 has it.</summary>
    public static string PointerPart(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal)
            .Replace("/", "~1", StringComparison.Ordinal);

    private static char Unit(ReadOnlySpan<byte> escape) =>
        (char)(Hex(escape[2]) << 12 | Hex(escape[3]) << 8 | Hex(escape[4]) << 4 | Hex(escape[5]));

    private static int Hex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static byte Short(byte letter) => letter switch
    {
        (byte)'b' => 8,
        (byte)'f' => 12,
        (byte)'n' => 10,
        (byte)'r' => 13,
        (byte)'t' => 9,
        _ => letter,
    };
}
