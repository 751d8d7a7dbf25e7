using System.Buffers.Binary;
using System.Security.Cryptography;
using Stammgast.Storage;

namespace Stammgast.Consent;

/// <summary>What is wrong with a ledger's entry.</summary>
public enum LedgerFault : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its number does not follow: something was deleted, swapped or put in between.</summary>
    Sequence = 1,

    /// <summary>Its body is not the one that was committed.</summary>
    Body = 2,

    /// <summary>Its hash does not chain it to the one before.</summary>
    Hash = 3,

    /// <summary>The chain ends before the entry that a checkpoint names.</summary>
    Truncated = 4,
}

/// <summary>How a walk along a ledger ended.</summary>
/// <param name="Fault">What is wrong, or nothing.</param>
/// <param name="Sequence">The first entry at fault; else the last entry of the chain.</param>
/// <param name="Hash">The last hash that held: what a checkpoint keeps.</param>
public sealed record LedgerVerdict(LedgerFault Fault, long Sequence, ReadOnlyMemory<byte> Hash);

/// <summary>
/// Walks a ledger's chain, entry by entry from the first: each hash is SHA-256 over the one before
/// (32 zero bytes before the first), the number (8 bytes, big-endian) and the SHA-256 of the sealed
/// body. A body may have been erased with its person; its hash stays, so the chain still holds.
/// </summary>
public sealed class LedgerChain
{
    private const int HashBytes = 32;
    private byte[] _hash = new byte[HashBytes];

    /// <summary>The last number that held.</summary>
    public long Sequence { get; private set; }

    /// <summary>The last hash that held.</summary>
    public ReadOnlyMemory<byte> Hash => _hash;

    /// <summary>Checks the next entry; goes on only if nothing is wrong with it.</summary>
    public LedgerFault Add(in LedgerEntry entry)
    {
        if (entry.Sequence != Sequence + 1)
            return LedgerFault.Sequence;
        Span<byte> link = stackalloc byte[HashBytes + sizeof(long) + HashBytes];
        if (entry.BodyHash.Length != HashBytes)
            return LedgerFault.Body;
        if (!entry.Body.IsEmpty)
        {
            Span<byte> body = stackalloc byte[HashBytes];
            SHA256.HashData(entry.Body.Span, body);
            if (!body.SequenceEqual(entry.BodyHash.Span))
                return LedgerFault.Body;
        }
        _hash.CopyTo(link);
        BinaryPrimitives.WriteInt64BigEndian(link[HashBytes..], entry.Sequence);
        entry.BodyHash.Span.CopyTo(link[(HashBytes + sizeof(long))..]);
        var hash = SHA256.HashData(link);
        if (!entry.Hash.Span.SequenceEqual(hash))
            return LedgerFault.Hash;
        _hash = hash;
        Sequence = entry.Sequence;
        return LedgerFault.None;
    }
}
