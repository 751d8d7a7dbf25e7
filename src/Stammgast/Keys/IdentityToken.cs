using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stammgast.Keys;

/// <summary>
/// What the shop's backend hands its signed-in browser, so that a user id said by a browser can be
/// believed: <c>&lt;keyId&gt;.&lt;expiry, unix seconds&gt;.&lt;base64url of the MAC&gt;</c>. The MAC is
/// HMAC-SHA256, under the SHA-256 of the server key's token, of five lines joined by a line feed:
/// <c>stammgast identity v1</c>, key id, expiry, user id, anonymous id. Ids have no control
/// characters, so no two pairs read alike. Pure; the instant is handed in.
/// </summary>
public static class IdentityToken
{
    /// <summary>The longest life; a token that claims more is refused.</summary>
    public const int MaxLifeSeconds = 3_600;

    private const int MaxKeyIdChars = 64;
    private const int InputBytes = 64 + 3 * (MaxKeyIdChars + 2 * Limits.IdentifierChars);

    /// <summary>Signs; for the demo, for tests and as the reference for backends.</summary>
    public static string Sign(
        string serverToken, string keyId, (string UserId, string AnonymousId) ids, long expiryUnixS)
    {
        if (!AreIds(keyId, ids.UserId, ids.AnonymousId))
            throw new ArgumentException("An id is empty, too long or has control characters.");
        var expiry = expiryUnixS.ToString(CultureInfo.InvariantCulture);
        var secret = SHA256.HashData(Encoding.UTF8.GetBytes(serverToken));
        Span<byte> input = stackalloc byte[InputBytes];
        var signature = Signature.Of(
            secret, Input(input, keyId, expiry, ids.UserId, ids.AnonymousId));
        return $"{keyId}.{expiry}.{signature}";
    }

    /// <summary>
    /// Whether the token says, here and now, that this browser's user is this one. Unknown or
    /// revoked key, wrong form, expired, living too long, other ids: all simply <c>false</c>.
    /// </summary>
    /// <param name="keys">Whose server keys may sign.</param>
    /// <param name="token">As the browser sent it.</param>
    /// <param name="userId">The user id that the browser claims.</param>
    /// <param name="anonymousId">The browser's anonymous id.</param>
    /// <param name="nowMs">The cell's clock.</param>
    public static bool Verify(ApiKeys keys, ReadOnlySpan<char> token, ReadOnlySpan<char> userId,
        ReadOnlySpan<char> anonymousId, long nowMs)
    {
        Span<byte> secret = stackalloc byte[32];
        Span<byte> input = stackalloc byte[InputBytes];
        if (!TrySplit(token, out var keyId, out var expiry, out var signature)
            || !AreIds(keyId, userId, anonymousId)
            || !ExpiryText.TryRead(expiry, out var expiryUnixS)
            || !keys.TryIdentitySecret(keyId, secret))
            return false;
        var nowUnixS = nowMs / 1_000;
        return Signature.Is(signature, secret, Input(input, keyId, expiry, userId, anonymousId))
            && expiryUnixS > nowUnixS && expiryUnixS - nowUnixS <= MaxLifeSeconds;
    }

    private static bool TrySplit(ReadOnlySpan<char> token, out ReadOnlySpan<char> keyId,
        out ReadOnlySpan<char> expiry, out ReadOnlySpan<char> signature)
    {
        keyId = expiry = signature = default;
        var first = token.IndexOf('.');
        var last = token.LastIndexOf('.');
        if (first <= 0 || last == first)
            return false;
        keyId = token[..first];
        expiry = token[(first + 1)..last];
        signature = token[(last + 1)..];
        return true;
    }

    private static bool AreIds(
        ReadOnlySpan<char> keyId, ReadOnlySpan<char> userId, ReadOnlySpan<char> anonymousId) =>
        keyId.Length is > 0 and <= MaxKeyIdChars && IsId(userId) && IsId(anonymousId);

    private static bool IsId(ReadOnlySpan<char> id)
    {
        foreach (var c in id)
        {
            if (char.IsControl(c))
                return false;
        }
        return id.Length is > 0 and <= Limits.IdentifierChars;
    }

    private static ReadOnlySpan<byte> Input(Span<byte> input, ReadOnlySpan<char> keyId,
        ReadOnlySpan<char> expiry, ReadOnlySpan<char> userId, ReadOnlySpan<char> anonymousId)
    {
        var length = Line(input, 0, "stammgast identity v1");
        length = Line(input, length, keyId);
        length = Line(input, length, expiry);
        length = Line(input, length, userId);
        // Joined, not ended: the last line has no line feed.
        return input[..(Line(input, length, anonymousId) - 1)];
    }

    private static int Line(Span<byte> input, int at, ReadOnlySpan<char> text)
    {
        at += Encoding.UTF8.GetBytes(text, input[at..]);
        input[at] = (byte)'\n';
        return at + 1;
    }
}
