using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Stammgast.Storage;

namespace Stammgast.Keys;

/// <summary>
/// Turns identifiers into keyed hashes, so that nothing on disk can be found by somebody who knows
/// an address but not the cell's pepper. Each use has its own key, derived from the pepper: equal
/// identifiers give unrelated leaves and look-ups. Immutable; safe for all threads.
/// </summary>
public sealed class BlindIndex
{
    private readonly byte[] _leafKey;
    private readonly byte[] _lookUpKey;
    private readonly byte[] _hashKey;
    private readonly ulong _message0;
    private readonly ulong _message1;

    /// <summary>Derives the keys from a pepper of 32 bytes, which may be wiped afterwards.</summary>
    public BlindIndex(ReadOnlySpan<byte> pepper)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(pepper.Length, 32);
        _leafKey = Derive(pepper, "stammgast leaf v1"u8);
        _lookUpKey = Derive(pepper, "stammgast look-up v1"u8);
        _hashKey = Derive(pepper, "stammgast hash v1"u8);
        var message = Derive(pepper, "stammgast message v1"u8);
        _message0 = BinaryPrimitives.ReadUInt64LittleEndian(message);
        _message1 = BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(8));
    }

    /// <summary>The leaf of a normalised anchor: 128 bits of HMAC-SHA256, never re-keyed.</summary>
    public LeafId Leaf(in Identifier anchor) => new(Keyed(_leafKey, anchor));

    /// <summary>The look-up hash of a normalised identifier: 128 bits of HMAC-SHA256.</summary>
    public LookUpHash LookUp(in Identifier id) => new(Keyed(_lookUpKey, id));

    /// <summary>
    /// What makes an event count once. 64 bits are enough: keys are compared within one leaf, where
    /// a million events collide with a chance of 3 in 100 million.
    /// </summary>
    public MessageKey Message(SourceId source, LeafId leaf, ReadOnlySpan<byte> messageId)
    {
        var hash = new SipHash(_message0, _message1);
        hash.Add((ulong)leaf.Value);
        hash.Add((ulong)(leaf.Value >> 64));
        hash.Add(source.Value);
        hash.Add(messageId);
        return new MessageKey(hash.End());
    }

    /// <summary>128 bits of HMAC-SHA256 of a value; equal values of two domains are unrelated.</summary>
    /// <param name="domain">Which use it is for; at most 255 bytes.</param>
    /// <param name="value">Of any length.</param>
    public UInt128 Hash(ReadOnlySpan<byte> domain, ReadOnlySpan<byte> value)
    {
        // The domain's length goes first, so that no domain and value read as another pair.
        var length = 1 + domain.Length + value.Length;
        var input = length <= 512 ? stackalloc byte[512] : new byte[length];
        input[0] = checked((byte)domain.Length);
        domain.CopyTo(input[1..]);
        value.CopyTo(input[(1 + domain.Length)..]);
        return Truncated(_hashKey, input[..length]);
    }

    private static UInt128 Keyed(byte[] key, in Identifier id)
    {
        Span<byte> input = stackalloc byte[2 + 3 * Limits.IdentifierChars];
        input[0] = (byte)id.Type;
        input[1] = Normaliser.Version;
        var length = 2 + Encoding.UTF8.GetBytes(id.Value, input[2..]);
        return Truncated(key, input[..length]);
    }

    private static UInt128 Truncated(byte[] key, ReadOnlySpan<byte> input)
    {
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(key, input, mac);
        return BinaryPrimitives.ReadUInt128BigEndian(mac);
    }

    private static byte[] Derive(ReadOnlySpan<byte> pepper, ReadOnlySpan<byte> use)
    {
        var key = new byte[32];
        HKDF.Expand(HashAlgorithmName.SHA256, pepper, key, use);
        return key;
    }
}
