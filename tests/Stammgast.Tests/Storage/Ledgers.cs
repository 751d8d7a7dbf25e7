using System.Buffers.Binary;
using System.Security.Cryptography;
using Stammgast.Storage;
using Xunit;

namespace Stammgast.Tests.Storage;

/// <summary>Recomputes a ledger's chain from what the seam's documentation says.</summary>
internal static class Ledgers
{
    public static void AssertChained(IReadOnlyList<LedgerEntry> entries)
    {
        var previous = new byte[32];
        foreach (var entry in entries)
        {
            var link = new byte[72];
            previous.CopyTo(link, 0);
            BinaryPrimitives.WriteInt64BigEndian(link.AsSpan(32), entry.Sequence);
            entry.BodyHash.CopyTo(link.AsMemory(40));
            previous = SHA256.HashData(link);
            Assert.Equal(previous, entry.Hash.ToArray());
            if (!entry.Body.IsEmpty)
                Assert.Equal(SHA256.HashData(entry.Body.Span), entry.BodyHash.ToArray());
        }
    }
}
