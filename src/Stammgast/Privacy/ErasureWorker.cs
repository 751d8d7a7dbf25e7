using System.Buffers;
using System.Buffers.Binary;
using Stammgast.Consent;
using Stammgast.Keys;
using Stammgast.Profiles;
using Stammgast.Storage;

namespace Stammgast.Privacy;

/// <summary>A person's erasure, done.</summary>
/// <param name="AtMs">When, ms since 1970 UTC: events that happened until then are refused.</param>
/// <param name="Leaves">The leaves that are gone.</param>
public sealed record Erasure(long AtMs, IReadOnlyList<LeafId> Leaves);

/// <summary>
/// Erases persons. (1) The intent goes to the erasure ledger and the revocation feed, durable
/// first, so that a crash or a restored backup finishes it; (2) each leaf's key is destroyed, which
/// makes every copy unreadable; (3) its rows are deleted but for a tombstone, which raises the
/// version, so that a fold in flight loses; (4) memories forget it. The ledger names leaves only:
/// keyed hashes, which say nothing without the cell's pepper.
/// </summary>
public sealed class ErasureWorker(
    IStore store, PersonKeys keys, ProfileReaderWorker reader, TimeProvider time)
{
    private const byte CodecVersion = 1;
    private const int PageEntries = 1_000;

    /// <summary>One chain for the cell: erasures are rare and read whole at start.</summary>
    private static readonly LedgerKey Ledger = new(LedgerKind.Erasure, 0);

    /// <summary>Erases the person that a leaf belongs to; null if nothing is known of it.</summary>
    /// <exception cref="OverloadedException">Nothing was erased: come again.</exception>
    public async ValueTask<Erasure?> EraseAsync(LeafId any, CancellationToken cancel)
    {
        var (_, members) = await reader.MembersAsync(any, cancel);
        if (members.Count == 0 && !await HasSpokenAsync(any, cancel))
            return null;
        LeafId[] leaves = members.Count == 0 ? [any] : [.. members.Select(member => member.Leaf)];
        var erasure = new Erasure(time.GetUtcNow().ToUnixTimeMilliseconds(), leaves);
        await keys.EnsureAsync([LeafId.None], cancel);
        var intent = new WriteBatch();
        intent.Ledgers.Add(new LedgerAppend(Ledger, LeafId.None, erasure.AtMs,
            keys.Seal(LeafId.None, SealedKind.Ledger, erasure.AtMs, Encode(erasure))));
        foreach (var leaf in erasure.Leaves)
            intent.Ledgers.Add(Revocation.Append(leaf, RevocationKind.Erasure, erasure.AtMs));
        if (await store.CommitAsync(intent, Lane.Lowering, cancel) is not CommitResult.Committed)
            throw new InvalidOperationException("A batch of ledger entries cannot conflict.");
        // What is durable is carried out, whoever hangs up.
        await CarryOutAsync(erasure, CancellationToken.None);
        return erasure;
    }

    /// <summary>
    /// Carries out what the ledger says and the store does not show: before anything is served
    /// after a crash or from a restored backup. The number of leaves erased anew.
    /// </summary>
    public async ValueTask<int> ReplayAsync(CancellationToken cancel)
    {
        var erased = 0;
        for (long from = 0; ;)
        {
            var entries = await store.LedgerAsync(Ledger, from, PageEntries, cancel);
            foreach (var entry in entries)
            {
                var left = await LeftOverAsync(Decode(entry), cancel);
                await CarryOutAsync(left, cancel);
                erased += left.Leaves.Count;
                from = entry.Sequence + 1;
            }
            if (entries.Count < PageEntries)
                return erased;
        }
    }

    // A person of whom nothing is folded may have consents, a session or contacts all the same: she
    // said no before she did anything, or what she did still waits in the log.
    private async ValueTask<bool> HasSpokenAsync(LeafId leaf, CancellationToken cancel)
    {
        var rows = await store.LoadAsync(
            [
                ConsentRows.KeyOf(leaf), new(RecordKind.Contacts, leaf), new(RecordKind.Session, leaf),
            ],
            cancel);
        return rows.Any(row => row.Version > 0 && !row.Body.IsEmpty);
    }

    private async ValueTask CarryOutAsync(Erasure erasure, CancellationToken cancel)
    {
        foreach (var leaf in erasure.Leaves)
        {
            await keys.DestroyAsync(leaf, cancel);
            reader.Forget(leaf);
            await store.EraseAsync(leaf, LeafState.Tombstone(erasure.AtMs), cancel);
            reader.Forget(leaf);
        }
    }

    // A leaf that came back since carries its erasure in its state; its rows are newer.
    private async ValueTask<Erasure> LeftOverAsync(Erasure erasure, CancellationToken cancel)
    {
        var left = new List<LeafId>();
        foreach (var leaf in erasure.Leaves)
        {
            try
            {
                var known = (await reader.LoadLeavesAsync([leaf], cancel))[0].State;
                if (known is null || known.ErasedAtMs < erasure.AtMs)
                    left.Add(leaf);
            }
            catch (KeyGoneException)
            {
                left.Add(leaf);
            }
        }
        return erasure with { Leaves = left };
    }

    private static byte[] Encode(Erasure erasure)
    {
        var bytes = new byte[9 + 16 * erasure.Leaves.Count];
        bytes[0] = CodecVersion;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), erasure.AtMs);
        for (var i = 0; i < erasure.Leaves.Count; i++)
            erasure.Leaves[i].Write(bytes.AsSpan(9 + 16 * i));
        return bytes;
    }

    // An erasure that cannot be read must not be skipped: the process does not serve.
    private Erasure Decode(in LedgerEntry entry)
    {
        var plain = new ArrayBufferWriter<byte>(256);
        if (!keys.TryOpen(LeafId.None, SealedKind.Ledger, entry.AtMs, entry.Body.Span, plain)
            || plain.WrittenCount < 9 || plain.WrittenSpan[0] != CodecVersion)
            throw new InvalidDataException("An entry of the erasure ledger cannot be read.");
        var bytes = plain.WrittenSpan;
        var leaves = new LeafId[(bytes.Length - 9) / 16];
        for (var i = 0; i < leaves.Length; i++)
            leaves[i] = LeafId.Read(bytes[(9 + 16 * i)..]);
        return new Erasure(BinaryPrimitives.ReadInt64BigEndian(bytes[1..]), leaves);
    }
}
