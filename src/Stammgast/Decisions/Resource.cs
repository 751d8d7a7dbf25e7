using System.Text.Json.Serialization.Metadata;
using Stammgast.Keys;

namespace Stammgast.Decisions;

/// <summary>A configured resource and the version that the store gave it, from 1.</summary>
internal readonly record struct Versioned<T>(string Key, long Version, T Value);

/// <summary>What is wrong with a resource: which field, and why.</summary>
internal readonly record struct Fault(string Pointer, string Detail);

/// <summary>All that makes a noun under <c>/v1</c> a plain resource.</summary>
internal sealed record ResourceType<T>
{
    /// <summary>Plural, as in the route.</summary>
    public required string Noun { get; init; }

    /// <summary>Where it is stored.</summary>
    public required ResourceKind Kind { get; init; }

    /// <summary>How it is read and written; refuses members that it does not know.</summary>
    public required JsonTypeInfo<T> Json { get; init; }

    /// <summary>Its key.</summary>
    public required Func<T, string> KeyOf { get; init; }

    /// <summary>The first rule that it breaks, or null. Texts that would quote a person's facts
    /// are refused here (invariant 6).</summary>
    public required Func<T, Fault?> Check { get; init; }
}

/// <summary>How a change of a resource ended.</summary>
internal enum Changed : byte
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>There is none of this key.</summary>
    Absent,

    /// <summary>It has another version than expected, or exists already.</summary>
    Conflict,
}

/// <summary>Rules that several nouns share.</summary>
internal static class ResourceRules
{
    /// <summary>Keys are 1–64 of <c>a–z 0–9 . _ -</c>, so that they stand unescaped in a path.</summary>
    public static bool IsKey(string? key)
    {
        if (key is not { Length: > 0 and <= Placement.KeyChars })
            return false;
        foreach (var c in key)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        }
        return true;
    }

    /// <summary>
    /// Plain text of 1 to so many characters: no control characters and none of the marks of a
    /// template, for nothing of a person may be filled in.
    /// </summary>
    public static bool IsPlain(string? text, int maxChars)
    {
        if (text is null || text.Length == 0 || text.Length > maxChars)
            return false;
        foreach (var c in text)
        {
            if (c is '{' or '}' || char.IsControl(c))
                return false;
        }
        return !text.Contains("<%", StringComparison.Ordinal);
    }

    /// <summary>An http(s) address or a path of the shop; nothing that runs as script.</summary>
    public static bool IsLink(string link) =>
        link.Length is > 0 and <= 2_000 && !link.Contains('{', StringComparison.Ordinal)
        && ((link[0] == '/' && !link.StartsWith("//", StringComparison.Ordinal))
            || (Uri.TryCreate(link, UriKind.Absolute, out var uri)
                && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)));
}
