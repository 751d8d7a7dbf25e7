using System.Security.Cryptography;

namespace Stammgast.Keys;

/// <summary>
/// Random nonces, drawn in bulk: one call of the generator costs as much as sealing a small body.
/// Not thread-safe; its owner's lock covers it. No nonce is handed out twice.
/// </summary>
internal sealed class NonceSource
{
    private const int Drawn = 64;
    private readonly byte[] _bytes = new byte[Drawn * SealedBox.NonceBytes];
    private int _next = Drawn;

    /// <summary>The next nonce; valid until the next call.</summary>
    public ReadOnlySpan<byte> Next()
    {
        if (_next == Drawn)
        {
            RandomNumberGenerator.Fill(_bytes);
            _next = 0;
        }
        return _bytes.AsSpan(_next++ * SealedBox.NonceBytes, SealedBox.NonceBytes);
    }
}
