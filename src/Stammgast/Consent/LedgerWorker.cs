using System.Buffers;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Consent;

/// <summary>Reads ledgers from the store: verifies a chain, recalls what a leaf once said.</summary>
internal static class LedgerWorker
{
    private const int Page = 512;

    /// <summary>
    /// Walks a whole chain and names its first break. With a checkpoint it also finds that the end
    /// was cut off, or written anew from somewhere. O(entries).
    /// </summary>
    public static async ValueTask<LedgerVerdict> VerifyAsync(
        IStore store, LedgerKey ledger, LedgerVerdict? checkpoint, CancellationToken cancel)
    {
        var chain = new LedgerChain();
        await foreach (var entry in EntriesAsync(store, ledger, 1, cancel))
        {
            var fault = chain.Add(entry);
            if (fault != LedgerFault.None)
                return new LedgerVerdict(fault, chain.Sequence + 1, chain.Hash);
            if (checkpoint is not null && chain.Sequence == checkpoint.Sequence
                && !chain.Hash.Span.SequenceEqual(checkpoint.Hash.Span))
                return new LedgerVerdict(LedgerFault.Hash, chain.Sequence, chain.Hash);
        }
        return checkpoint is not null && chain.Sequence < checkpoint.Sequence
            ? new LedgerVerdict(LedgerFault.Truncated, chain.Sequence + 1, chain.Hash)
            : new LedgerVerdict(LedgerFault.None, chain.Sequence, chain.Hash);
    }

    /// <summary>
    /// A leaf's acts with their evidence, in the order of their commit, received at or before an
    /// instant. What cannot be opened says nothing. O(entries of the leaf's bucket): for those who
    /// ask, never on the way of an event.
    /// </summary>
    public static async ValueTask<IReadOnlyList<ConsentEvidence>> EvidenceAsync(
        IStore store, PersonKeys keys, LeafId leaf, long untilMs, CancellationToken cancel)
    {
        var found = new List<ConsentEvidence>();
        var ledger = new LedgerKey(LedgerKind.Consent, leaf.Bucket);
        var plain = new ArrayBufferWriter<byte>(256);
        await foreach (var entry in EntriesAsync(store, ledger, 1, cancel))
        {
            plain.ResetWrittenCount();
            if (entry.Leaf == leaf && entry.AtMs <= untilMs && !entry.Body.IsEmpty
                && keys.TryOpen(leaf, SealedKind.Ledger, entry.AtMs, entry.Body.Span, plain))
                found.Add(EvidenceCodec.Read(plain.WrittenSpan));
        }
        return found;
    }

    /// <summary>The number of a ledger's last entry; 0 if it is empty. O(log entries) reads.</summary>
    public static async ValueTask<long> EndAsync(
        IStore store, LedgerKey ledger, CancellationToken cancel)
    {
        long held = 0, beyond = 1;
        while (await HasAsync(beyond))
            (held, beyond) = (beyond, beyond * 2);
        while (held + 1 < beyond)
        {
            var middle = held + (beyond - held) / 2;
            if (await HasAsync(middle))
                held = middle;
            else
                beyond = middle;
        }
        return held;

        async ValueTask<bool> HasAsync(long sequence) =>
            (await store.LedgerAsync(ledger, sequence, 1, cancel)).Count > 0;
    }

    /// <summary>Entries from a number on, page by page.</summary>
    public static async IAsyncEnumerable<LedgerEntry> EntriesAsync(IStore store, LedgerKey ledger,
        long from, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var page = await store.LedgerAsync(ledger, from, Page, cancel);
            foreach (var entry in page)
                yield return entry;
            if (page.Count < Page)
                yield break;
            from = page[^1].Sequence + 1;
        }
    }
}
