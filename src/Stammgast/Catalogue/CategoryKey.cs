using System.Text;

namespace Stammgast.Catalogue;

/// <summary>
/// Category keys: lower-case segments of letters, digits and dashes, joined by dots, broad to
/// narrow. <c>Shoes &gt; Running</c>, <c>shoes/running</c> and <c>shoes.running</c> are one key.
/// </summary>
public static class CategoryKey
{
    /// <summary>The key of a category's name; empty for empty. Idempotent; O(length).</summary>
    public static string Normalise(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return "";
        if (IsKey(name))
            return name;
        var key = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsLetterOrDigit(c))
                key.Append(char.ToLowerInvariant(c));
            else if (c is '>' or '/' or '.' or '|')
                EndSegment(key);
            else if (key.Length > 0 && key[^1] is not ('-' or '.'))
                key.Append('-');
        }
        TrimEnd(key);
        return key.ToString();
    }

    /// <summary>The broader category (<c>shoes</c> of <c>shoes.running</c>), or empty.</summary>
    public static string Parent(string key)
    {
        var dot = key.LastIndexOf('.');
        return dot < 0 ? "" : key[..dot];
    }

    private static bool IsKey(string name)
    {
        var last = '.';
        foreach (var c in name)
        {
            if (c is '.' or '-' ? last is '.' or '-' : !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
                return false;
            last = c;
        }
        return last is not ('.' or '-');
    }

    private static void EndSegment(StringBuilder key)
    {
        TrimEnd(key);
        if (key.Length > 0)
            key.Append('.');
    }

    private static void TrimEnd(StringBuilder key)
    {
        while (key.Length > 0 && key[^1] is ('-' or '.'))
            key.Length--;
    }
}
