using System.Buffers;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Consent;

/// <summary>What a batch of acts did to a leaf's consents.</summary>
/// <param name="State">After it.</param>
/// <param name="Evidence">What the ledger is to keep.</param>
/// <param name="Lowers">Whether something that was allowed, or could have been, no longer is.</param>
public sealed record ConsentChange(
    ConsentState State, IReadOnlyList<ConsentEvidence> Evidence, bool Lowers);

/// <summary>Folds acts into a leaf's consents and says what is to be written of it.</summary>
public static class ConsentFold
{
    // A browser repeats its stamp with every event. The ledger keeps what changed something, and
    // one renewal a month, so that a past moment's expiry can be told to within that.
    private const long RenewalMs = 30L * 24 * 60 * 60 * 1000;

    /// <summary>Folds the acts in any order; null if they add nothing.</summary>
    public static ConsentChange? Apply(
        ConsentState before, IReadOnlyList<ConsentEvidence> acts, bool keepAllEvidence = false)
    {
        var state = before;
        var kept = new List<ConsentEvidence>();
        var lowers = false;
        foreach (var act in acts)
        {
            var after = act.AppliedTo(state);
            if (ReferenceEquals(after, state))
                continue;
            lowers |= act.IsLowering && Changes(state, after, act);
            if (keepAllEvidence || act.Method != "stamp" || Changes(state, after, act))
                kept.Add(act);
            state = after;
        }
        return ReferenceEquals(state, before) ? null : new ConsentChange(state, kept, lowers);
    }

    /// <summary>Whether an act changes what counts, or renews a grant of more than a month ago.</summary>
    private static bool Changes(ConsentState before, ConsentState after, ConsentEvidence act)
    {
        if (act.Subscription is not null)
            return !before.Subscriptions.Equals(after.Subscriptions);
        var now = act.ReceivedAtMs;
        if (before.Given(now) != after.Given(now) || before.Lowered != after.Lowered)
            return true;
        if (act.Act is not { Status: ConsentStatus.Given } grant)
            return false;
        foreach (var entry in before.Entries)
            if (entry.Mark.IsGrant && !(entry.Purposes & grant.Purposes).IsEmpty
                && grant.MadeAtMs - entry.Mark.MadeAtMs >= RenewalMs)
                return true;
        return false;
    }
}

/// <summary>A leaf's consents as rows: opened from the store, added to a write batch.</summary>
public static class ConsentRows
{
    /// <summary>The address of a leaf's consents.</summary>
    public static RecordKey KeyOf(LeafId leaf) => new(RecordKind.Consent, leaf);

    /// <summary>The one ledger in which all lowerings of the cell stand in commit order.</summary>
    public static LedgerKey Revocations => new(LedgerKind.Revocation, 0);

    /// <summary>
    /// Opens a leaf's consents. What cannot be opened or read says nothing is given: fail closed,
    /// and the caller must not write over it.
    /// </summary>
    public static bool TryOpen(PersonKeys keys, in StoredRecord record, out ConsentState state)
    {
        state = ConsentState.Empty;
        if (record.Version == 0 || record.Body.IsEmpty)
            return true;
        var plain = new ArrayBufferWriter<byte>(256);
        if (!keys.TryOpen(record.Key, record.Version, record.Body.Span, plain))
            return false;
        try
        {
            state = ConsentState.Read(plain.WrittenSpan);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>
    /// What stands in for consents that cannot be opened: everything that can be refused is, until
    /// the person says otherwise after that moment.
    /// </summary>
    public static ConsentState AllRefused(Purposes purposes, long atMs) =>
        ConsentState.Empty.With(new ConsentAct
        {
            Status = ConsentStatus.Invalidated,
            Purposes = purposes.ConsentBased | purposes.Objectable,
            Scope = ConsentScope.Person, MadeAtMs = atMs, ReceivedAtMs = atMs,
        });

    /// <summary>
    /// Adds a change to a batch: the leaf's record at its expected version, its evidence to the
    /// Consent ledger of its bucket, and, if it lowers, an entry to the revocation feed. The leaf's
    /// key must be ensured.
    /// </summary>
    public static void Add(
        WriteBatch batch, PersonKeys keys, LeafId leaf, long expected, ConsentChange change)
    {
        var key = KeyOf(leaf);
        var plain = new ArrayBufferWriter<byte>(256);
        change.State.Write(plain);
        batch.Records.Add(new RecordWrite(
            key, expected, keys.Seal(key, expected + 1, plain.WrittenSpan)));
        long latestMs = 0;
        foreach (var evidence in change.Evidence)
        {
            var at = evidence.ReceivedAtMs;
            latestMs = Math.Max(latestMs, at);
            batch.Ledgers.Add(new LedgerAppend(
                new LedgerKey(LedgerKind.Consent, leaf.Bucket), leaf, at,
                keys.Seal(leaf, SealedKind.Ledger, at, EvidenceCodec.Write(evidence))));
        }
        if (change.Lowers)
            batch.Ledgers.Add(Revocation.Append(leaf, RevocationKind.Consent, latestMs));
    }
}
