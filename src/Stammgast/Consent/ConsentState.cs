using System.Buffers;

namespace Stammgast.Consent;

/// <summary>A mark and the purposes that have it.</summary>
internal readonly record struct ConsentEntry(ConsentMark Mark, PurposeSet Purposes);

/// <summary>
/// What a leaf's acts say together: a commutative, associative, idempotent monoid, so that any
/// order, repetition and batching of the same acts gives the same bytes. Immutable. A grant counts
/// only if it was made and received after every lowering; a device's grant never lifts a person's
/// lowering; missing, expired and contradictory mean no.
/// </summary>
public sealed class ConsentState : IEquatable<ConsentState>
{
    /// <summary>Nothing was ever said.</summary>
    public static readonly ConsentState Empty = new([], SubscriptionState.Empty);

    private readonly ConsentEntry[] _entries;

    private ConsentState(ConsentEntry[] entries, SubscriptionState subscriptions)
    {
        _entries = entries;
        Subscriptions = subscriptions;
    }

    /// <summary>Whether nothing was ever said.</summary>
    public bool IsEmpty => _entries.Length == 0 && Subscriptions.IsEmpty;

    /// <summary>The second layer: what may be sent to which address.</summary>
    public SubscriptionState Subscriptions { get; }

    /// <summary>Canonical: by mark, purposes of one kind in at most one entry.</summary>
    internal ReadOnlySpan<ConsentEntry> Entries => _entries;

    /// <summary>Both together.</summary>
    public static ConsentState Merge(ConsentState a, ConsentState b)
    {
        var entries = a._entries;
        foreach (var entry in b._entries)
            entries = Joined(entries, entry);
        var subscriptions = SubscriptionState.Merge(a.Subscriptions, b.Subscriptions);
        return ReferenceEquals(entries, a._entries) && ReferenceEquals(subscriptions, a.Subscriptions)
            ? a
            : new ConsentState(entries, subscriptions);
    }

    /// <summary>This and one act more; the same object if the act adds nothing.</summary>
    public ConsentState With(ConsentAct act)
    {
        if (act.Purposes.IsEmpty)
            return this;
        var entries = Joined(_entries, new ConsentEntry(ConsentMark.Of(act), act.Purposes));
        return ReferenceEquals(entries, _entries) ? this : new ConsentState(entries, Subscriptions);
    }

    /// <summary>This and one act on a subscription more.</summary>
    public ConsentState With(in SubscriptionAct act)
    {
        var subscriptions = Subscriptions.With(act);
        return ReferenceEquals(subscriptions, Subscriptions)
            ? this
            : new ConsentState(_entries, subscriptions);
    }

    /// <summary>The purposes that are given at a moment.</summary>
    public PurposeSet Given(long nowMs)
    {
        var given = PurposeSet.None;
        foreach (var entry in _entries)
            if (entry.Mark.IsGrant && nowMs < entry.Mark.ExpiresAtMs)
                given |= Surviving(entry);
        return given;
    }

    /// <summary>The purposes whose lowering no later grant has lifted; an objection is one.</summary>
    public PurposeSet Lowered
    {
        get
        {
            var lowered = PurposeSet.None;
            foreach (var entry in _entries)
                if (entry.Mark.IsLowering)
                    lowered |= Standing(entry);
            return lowered;
        }
    }

    /// <summary>What is to be said of each purpose at a moment.</summary>
    public ConsentAnswer Answer(long nowMs) => ConsentAnswer.Of(this, nowMs);

    /// <summary>The latest instant at which anything in here was made or received.</summary>
    public long LatestMs
    {
        get
        {
            var latest = Subscriptions.LatestMs;
            foreach (var entry in _entries)
                latest = Math.Max(latest, Math.Max(entry.Mark.MadeAtMs, entry.Mark.ReceivedAtMs));
            return latest;
        }
    }

    /// <summary>The stored form; equal states have equal bytes, the empty one has none.</summary>
    public void Write(IBufferWriter<byte> target) => ConsentCodec.Write(this, target);

    /// <summary>Reads the stored form.</summary>
    /// <exception cref="InvalidDataException">Damaged: nothing may count as given.</exception>
    public static ConsentState Read(ReadOnlySpan<byte> body) => ConsentCodec.Read(body);

    /// <inheritdoc/>
    public bool Equals(ConsentState? other) =>
        other is not null && _entries.AsSpan().SequenceEqual(other._entries)
        && Subscriptions.Equals(other.Subscriptions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ConsentState);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var entry in _entries)
            hash.Add(entry);
        return hash.ToHashCode();
    }

    /// <summary>From entries in canonical order, as the codec read them.</summary>
    internal static ConsentState Of(ConsentEntry[] entries, SubscriptionState subscriptions) =>
        entries.Length == 0 && subscriptions.IsEmpty ? Empty : new(entries, subscriptions);

    /// <summary>A grant's purposes without those that a lowering has taken.</summary>
    internal PurposeSet Surviving(in ConsentEntry grant)
    {
        var surviving = grant.Purposes;
        foreach (var entry in _entries)
            if (entry.Mark.IsLowering && !grant.Mark.Lifts(entry.Mark))
                surviving -= entry.Purposes;
        return surviving;
    }

    /// <summary>A lowering's purposes without those that a later grant has lifted.</summary>
    internal PurposeSet Standing(in ConsentEntry lowering)
    {
        var standing = lowering.Purposes;
        foreach (var entry in _entries)
            if (entry.Mark.IsGrant && entry.Mark.Lifts(lowering.Mark))
                standing -= Surviving(entry);
        return standing;
    }

    // A handful of entries: the purposes of one stamp share their marks, so nothing here is long.
    private static ConsentEntry[] Joined(ConsentEntry[] entries, in ConsentEntry added)
    {
        var rest = added.Purposes;
        var changed = false;
        var result = new List<ConsentEntry>(entries.Length + 2);
        foreach (var entry in entries)
        {
            var both = entry.Mark.Kind == added.Mark.Kind
                ? entry.Purposes & added.Purposes
                : PurposeSet.None;
            rest -= both;
            var join = both.IsEmpty ? entry.Mark : ConsentMark.Join(entry.Mark, added.Mark);
            if (both.IsEmpty || join == entry.Mark)
            {
                Put(result, entry);
                continue;
            }
            changed = true;
            Put(result, new ConsentEntry(join, both));
            Put(result, new ConsentEntry(entry.Mark, entry.Purposes - both));
        }
        if (rest.IsEmpty && !changed)
            return entries;
        Put(result, new ConsentEntry(added.Mark, rest));
        result.Sort(static (a, b) => a.Mark.CompareTo(b.Mark));
        return [.. result];
    }

    private static void Put(List<ConsentEntry> entries, in ConsentEntry added)
    {
        if (added.Purposes.IsEmpty)
            return;
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Mark == added.Mark)
            {
                entries[i] = new ConsentEntry(added.Mark, entries[i].Purposes | added.Purposes);
                return;
            }
        }
        entries.Add(added);
    }
}
