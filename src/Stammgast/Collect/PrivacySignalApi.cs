using Microsoft.Extensions.Primitives;

namespace Stammgast.Collect;

/// <summary>Global Privacy Control, as a request's headers tell it.</summary>
internal static class PrivacySignal
{
    /// <summary>
    /// Whether any <c>Sec-GPC</c> header says exactly 1, alone or in a list; anything else says
    /// nothing.
    /// </summary>
    public static bool IsSet(HttpRequest request)
    {
        foreach (var value in request.Headers["Sec-GPC"])
            foreach (var part in new StringTokenizer(value ?? "", [',']))
                if (part.AsSpan().Trim().SequenceEqual("1"))
                    return true;
        return false;
    }
}
