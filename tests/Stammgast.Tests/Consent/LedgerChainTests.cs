using System.Buffers.Binary;
using System.Security.Cryptography;
using Stammgast.Consent;
using Stammgast.Storage;
using Xunit;

namespace Stammgast.Tests.Consent;

public sealed class LedgerChainTests
{
    private const int Length = 60;
    private static readonly LedgerKey Ledger = new(LedgerKind.Consent, 7);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_single_change_of_every_entry_is_found_and_the_first_break_is_named()
    {
        var whole = Entries();
        Assert.Equal((LedgerFault.None, Length), Walk(whole));
        for (var at = 0; at < Length; at++)
        {
            var one = whole[at];
            var number = at + 1;
            Assert.Equal((LedgerFault.Body, number), Walk(With(at, one with { Body = Flip(one.Body) })));
            Assert.Equal((LedgerFault.Hash, number), Walk(With(at, one with { Hash = Flip(one.Hash) })));
            // Whoever changes the body together with its hash breaks the link.
            var forged = Flip(one.Body);
            Assert.Equal((LedgerFault.Hash, number), Walk(With(at, one with
            {
                Body = forged,
                BodyHash = SHA256.HashData(forged.Span),
            })));
            if (at < Length - 1)
            {
                Assert.Equal((LedgerFault.Sequence, number), Walk([.. whole[..at], .. whole[(at + 1)..]]));
                Assert.Equal((LedgerFault.Sequence, number), Walk(
                    [.. whole[..at], whole[at + 1], one, .. whole[(at + 2)..]]));
            }
            Assert.Equal((LedgerFault.Sequence, number + 1), Walk([.. whole[..number], .. whole[at..]]));
        }

        List<LedgerEntry> With(int at, LedgerEntry entry) =>
            [.. whole[..at], entry, .. whole[(at + 1)..]];
    }

    [Fact]
    public void An_erased_body_leaves_the_chain_whole()
    {
        var entries = Entries();
        for (var at = 0; at < Length; at += 3)
            entries[at] = entries[at] with { Body = ReadOnlyMemory<byte>.Empty };
        Assert.Equal((LedgerFault.None, Length), Walk(entries));
    }

    [Fact]
    public async Task The_store_chains_as_the_walk_reads_and_a_checkpoint_finds_a_cut_end()
    {
        await using var cell = new ConsentCell();
        var leaf = cell.Leaf("u1");
        var ledger = new LedgerKey(LedgerKind.Consent, leaf.Bucket);
        for (var i = 0; i < 6; i++)
        {
            var batch = new WriteBatch();
            for (var j = 0; j < 100; j++)
                batch.Ledgers.Add(new LedgerAppend(ledger, leaf, i, BitConverter.GetBytes(j)));
            await cell.Store.CommitAsync(batch, Lane.Fold, Cancel);
        }
        var verdict = await LedgerWorker.VerifyAsync(cell.Store, ledger, null, Cancel);
        Assert.Equal((LedgerFault.None, 600), (verdict.Fault, verdict.Sequence));
        Assert.Equal(600, await LedgerWorker.EndAsync(cell.Store, ledger, Cancel));
        Assert.Equal(0, await LedgerWorker.EndAsync(
            cell.Store, ledger with { Bucket = (byte)(leaf.Bucket + 1) }, Cancel));
        var later = new LedgerVerdict(LedgerFault.None, 601, new byte[32]);
        Assert.Equal((LedgerFault.Truncated, 601), await VerifyAsync(later));
        var other = new LedgerVerdict(LedgerFault.None, 300, new byte[32]);
        Assert.Equal((LedgerFault.Hash, 300), await VerifyAsync(other));
        Assert.Equal((LedgerFault.None, 600), await VerifyAsync(verdict));

        async Task<(LedgerFault, long)> VerifyAsync(LedgerVerdict checkpoint)
        {
            var found = await LedgerWorker.VerifyAsync(cell.Store, ledger, checkpoint, Cancel);
            return (found.Fault, found.Sequence);
        }
    }

    private static (LedgerFault, long) Walk(List<LedgerEntry> entries)
    {
        var chain = new LedgerChain();
        foreach (var entry in entries)
            if (chain.Add(entry) is var fault and not LedgerFault.None)
                return (fault, chain.Sequence + 1);
        return (LedgerFault.None, chain.Sequence);
    }

    // Made here by the words of IStore, not by the product's code.
    private static List<LedgerEntry> Entries()
    {
        var entries = new List<LedgerEntry>();
        var hash = new byte[32];
        for (var i = 1; i <= Length; i++)
        {
            byte[] body = [(byte)i, 1, 2, 3];
            var bodyHash = SHA256.HashData(body);
            var number = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(number, i);
            hash = SHA256.HashData([.. hash, .. number, .. bodyHash]);
            entries.Add(new LedgerEntry(Ledger, i, new LeafId(5), i, bodyHash, hash, body));
        }
        return entries;
    }

    private static ReadOnlyMemory<byte> Flip(ReadOnlyMemory<byte> bytes)
    {
        var flipped = bytes.ToArray();
        flipped[^1] ^= 1;
        return flipped;
    }
}
