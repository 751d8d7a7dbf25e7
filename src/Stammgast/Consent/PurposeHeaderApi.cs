using Stammgast.Keys;

namespace Stammgast.Consent;

/// <summary>
/// The rule of every read of a person: it names its purpose in <c>X-Purpose</c>. None → 400;
/// unknown, several, or not granted to the key → 403.
/// </summary>
internal static class PurposeHeader
{
    /// <summary>The header's name.</summary>
    public const string Name = "X-Purpose";

    /// <summary>The purpose of a request, or the problem.</summary>
    public static Problem? Read(
        HttpContext http, ApiKey key, Purposes purposes, out Purpose purpose)
    {
        var sent = http.Request.Headers[Name];
        purpose = default;
        if (sent.Count == 0 || (sent.Count == 1 && string.IsNullOrWhiteSpace(sent[0])))
            return Problems.PurposeMissing();
        return sent.Count == 1 && purposes.TryGet(sent[0]?.Trim(), out purpose)
            && key.Purposes.Has(purpose)
            ? null
            : Problems.PurposeRefused();
    }
}
