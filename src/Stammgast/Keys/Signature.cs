using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Stammgast.Keys;

/// <summary>
/// HMAC-SHA256 as text: 43 characters of base64url. Compared as text, so that there is exactly one
/// spelling of each, and in constant time.
/// </summary>
internal static class Signature
{
    /// <summary>Its length, always.</summary>
    public const int Chars = 43;

    /// <summary>Signs.</summary>
    public static string Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        Span<char> text = stackalloc char[Chars];
        Write(key, input, text);
        return text.ToString();
    }

    /// <summary>Whether <paramref name="shown"/> is the signature.</summary>
    public static bool Is(
        ReadOnlySpan<char> shown, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        Span<char> right = stackalloc char[Chars];
        Write(key, input, right);
        return CryptographicOperations.FixedTimeEquals(
            MemoryMarshal.AsBytes(shown), MemoryMarshal.AsBytes(right));
    }

    private static void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, Span<char> text)
    {
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(key, input, mac);
        Base64Url.EncodeToChars(mac, text);
    }
}
