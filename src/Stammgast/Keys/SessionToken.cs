using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Stammgast.Keys;

/// <summary>
/// The platform's own first-party browser session, an HttpOnly cookie: it proves that an anonymous
/// id in a request is this browser's own and not one read from somebody's screen.
/// <c>&lt;expiry, unix seconds&gt;.&lt;base64url of the MAC&gt;</c>; the anonymous id is bound, not
/// contained. Pure; the instant is handed in.
/// </summary>
public static class SessionToken
{
    /// <summary>The cookie's name; the prefix makes browsers insist on Secure, Path=/, no Domain.</summary>
    public const string SecureCookieName = "__Host-sg_session";

    /// <summary>The cookie's name where there is no TLS: on localhost, in the demo.</summary>
    public const string PlainCookieName = "sg_session";

    private const int InputBytes = 8 + 3 * Limits.IdentifierChars;

    /// <summary>Binds an anonymous id until an expiry.</summary>
    public static string Sign(CellKeys cell, string anonymousId, long expiryUnixS)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            anonymousId.Length, Limits.IdentifierChars, nameof(anonymousId));
        Span<byte> input = stackalloc byte[InputBytes];
        var signature = Signature.Of(cell.SessionKey, Input(input, anonymousId, expiryUnixS));
        return expiryUnixS.ToString(CultureInfo.InvariantCulture) + "." + signature;
    }

    /// <summary>Whether the token is ours, of this anonymous id, and not expired.</summary>
    public static bool Verify(
        CellKeys cell, ReadOnlySpan<char> token, ReadOnlySpan<char> anonymousId, long nowMs)
    {
        Span<byte> input = stackalloc byte[InputBytes];
        var dot = token.IndexOf('.');
        return dot > 0 && ExpiryText.TryRead(token[..dot], out var expiryUnixS)
            && anonymousId.Length is > 0 and <= Limits.IdentifierChars
            && Signature.Is(token[(dot + 1)..], cell.SessionKey,
                Input(input, anonymousId, expiryUnixS))
            && expiryUnixS > nowMs / 1_000;
    }

    private static ReadOnlySpan<byte> Input(
        Span<byte> input, ReadOnlySpan<char> anonymousId, long expiryUnixS)
    {
        BinaryPrimitives.WriteInt64BigEndian(input, expiryUnixS);
        return input[..(8 + Encoding.UTF8.GetBytes(anonymousId, input[8..]))];
    }
}

/// <summary>An expiry inside a token.</summary>
internal static class ExpiryText
{
    private const int MaxChars = 12;

    /// <summary>Digits only, no leading zero: one instant, one spelling.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out long unixS)
    {
        unixS = 0;
        return text.Length is > 0 and <= MaxChars && text[0] != '0'
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out unixS);
    }
}
