using System.Security.Cryptography;

namespace Stammgast.Keys;

/// <summary>
/// One sealed body: 12 bytes nonce, ciphertext, 16 bytes tag; AES-256-GCM. The nonce is stored, not
/// derived from what is sealed: a fold that lost its race seals the same version of the same record
/// again with other content, and a nonce derived from kind and version would then repeat under one
/// key, which gives AES-GCM's plaintexts and its authentication away. Random nonces of 96 bits are
/// safe for 2^32 seals a key; one leaf's key sees thousands.
/// </summary>
internal static class SealedBox
{
    public const int NonceBytes = 12;
    public const int TagBytes = 16;

    /// <summary>What a sealed body is longer than its content.</summary>
    public const int Overhead = NonceBytes + TagBytes;

    /// <summary>Seals into <paramref name="target"/>, which is exactly the content and overhead long.</summary>
    public static void Seal(
        AesGcm aes, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> bound,
        Span<byte> target)
    {
        nonce.CopyTo(target);
        aes.Encrypt(nonce, plain, target[NonceBytes..^TagBytes], target[^TagBytes..], bound);
    }

    /// <summary>
    /// Opens into <paramref name="target"/>, which is exactly the content long; <c>false</c> and
    /// zeroes if anything was changed or belongs elsewhere.
    /// </summary>
    public static bool TryOpen(
        AesGcm aes, ReadOnlySpan<byte> sealedBody, ReadOnlySpan<byte> bound, Span<byte> target)
    {
        try
        {
            aes.Decrypt(sealedBody[..NonceBytes], sealedBody[NonceBytes..^TagBytes],
                sealedBody[^TagBytes..], target, bound);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }
}
