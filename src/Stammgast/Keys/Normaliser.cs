using System.Buffers;
using System.Globalization;
using System.Text;

namespace Stammgast.Keys;

/// <summary>
/// The one form in which an identifier is hashed, linked and compared. The rules are fixed:
/// changing one changes hashes, so it needs a new <see cref="Version"/> and both live at once.
/// Normalising what is normalised changes nothing.
/// </summary>
public static class Normaliser
{
    /// <summary>Of the rules below; part of every look-up hash.</summary>
    public const byte Version = 1;

    /// <summary>
    /// Normalises, or refuses with <c>false</c> and an empty value: empty, too long
    /// (<see cref="Limits.IdentifierChars"/>), control characters, broken UTF-16, not of the type's
    /// form, or an unknown type.
    /// </summary>
    public static bool TryNormalise(
        IdentifierType type, ReadOnlySpan<char> raw, out string value)
    {
        value = "";
        var trimmed = raw.Trim();
        if (trimmed.IsEmpty || trimmed.Length > Limits.IdentifierChars || !IsClean(trimmed))
            return false;
        value = type switch
        {
            IdentifierType.UserId or IdentifierType.AnonymousId => trimmed.ToString(),
            IdentifierType.Email => Email(trimmed),
            IdentifierType.Phone => Phone(trimmed),
            IdentifierType.LoyaltyCard => Card(trimmed),
            _ => "",
        };
        return value.Length > 0;
    }

    /// <summary>Lower case, one @ with something on both sides, nothing blank or invisible.</summary>
    private static string Email(ReadOnlySpan<char> trimmed)
    {
        var at = trimmed.IndexOf('@');
        if (at <= 0 || at == trimmed.Length - 1 || trimmed[(at + 1)..].Contains('@'))
            return "";
        foreach (var c in trimmed)
        {
            // An invisible character would make two addresses of what people read as one.
            if (char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format)
                return "";
        }
        Span<char> lower = stackalloc char[Limits.IdentifierChars];
        var length = trimmed.ToLowerInvariant(lower);
        return lower[..length].ToString();
    }

    /// <summary>E.164: + and 8–15 digits, the first no zero; usual separators are stripped.</summary>
    private static string Phone(ReadOnlySpan<char> trimmed)
    {
        Span<char> kept = stackalloc char[16];
        var length = 0;
        foreach (var c in trimmed)
        {
            if (c is ' ' or '\u00a0' or '(' or ')' or '-' or '.' or '/')
                continue;
            if (length == kept.Length || !(length == 0 ? c == '+' : char.IsAsciiDigit(c)))
                return "";
            kept[length++] = c;
        }
        return length >= 9 && kept[1] != '0' ? kept[..length].ToString() : "";
    }

    /// <summary>ASCII letters and digits, upper case; blanks and hyphens of print are stripped.</summary>
    private static string Card(ReadOnlySpan<char> trimmed)
    {
        Span<char> kept = stackalloc char[Limits.IdentifierChars];
        var length = 0;
        foreach (var c in trimmed)
        {
            if (c is ' ' or '-')
                continue;
            if (!char.IsAsciiLetterOrDigit(c))
                return "";
            kept[length++] = char.ToUpperInvariant(c);
        }
        return kept[..length].ToString();
    }

    private static bool IsClean(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            // Lone surrogates become one and the same replacement in UTF-8: two ids, one hash.
            if (Rune.DecodeFromUtf16(text, out var rune, out var used) != OperationStatus.Done
                || Rune.IsControl(rune))
                return false;
            text = text[used..];
        }
        return true;
    }
}
