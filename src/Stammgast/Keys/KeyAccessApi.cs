using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Stammgast.Keys;

/// <summary>
/// Who calls, by the <c>Authorization</c> header: <c>Basic base64(key:)</c>, with or without the
/// colon, or <c>Bearer key</c>. A key in a body is Collect's affair.
/// </summary>
internal static class KeyAccessApi
{
    private const int HeaderChars = 512;

    /// <summary>The caller's key; false without a header, or if nobody knows the key.</summary>
    public static bool TryKey(
        HttpContext http, ApiKeys keys, [NotNullWhen(true)] out ApiKey? key)
    {
        Span<char> token = stackalloc char[HeaderChars];
        var length = Token(http.Request.Headers.Authorization.ToString(), token);
        key = null;
        return length > 0 && keys.TryAuthenticate(token[..length], out key);
    }

    /// <summary>A guard for routes: which kinds of key pass it; everybody else gets a problem.</summary>
    public static Func<HttpContext, Problem?> Guard(ApiKeys keys, params ApiKeyKind[] kinds) =>
        http => !TryKey(http, keys, out var key)
            ? Problems.Unauthenticated()
            : kinds.Contains(key.Kind)
                ? null
                : Problems.Forbidden("This call needs a key of another kind: "
                    + string.Join(" or ", kinds).ToLowerInvariant() + ".");

    /// <summary>Puts a guard before every route of a group.</summary>
    public static TGroup Behind<TGroup>(this TGroup group, Func<HttpContext, Problem?> guard)
        where TGroup : IEndpointConventionBuilder =>
        group.AddEndpointFilter((context, next) =>
            guard(context.HttpContext) is { } refused
                ? ValueTask.FromResult<object?>(refused.ToResult())
                : next(context));

    private static int Token(ReadOnlySpan<char> header, Span<char> token)
    {
        if (header.Length is 0 or > HeaderChars)
            return 0;
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            var bearer = header[7..].Trim();
            bearer.CopyTo(token);
            return bearer.Length;
        }
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return 0;
        Span<byte> utf8 = stackalloc byte[HeaderChars];
        if (!Convert.TryFromBase64Chars(header[6..].Trim(), utf8, out var bytes))
            return 0;
        utf8 = utf8[..bytes];
        var colon = utf8.IndexOf((byte)':');
        if (colon >= 0)
            utf8 = utf8[..colon];
        return Encoding.UTF8.TryGetChars(utf8, token, out var chars) ? chars : 0;
    }
}
