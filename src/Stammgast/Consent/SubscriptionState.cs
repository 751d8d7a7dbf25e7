namespace Stammgast.Consent;

/// <summary>Kinds of address that somebody can be contacted at; the numbers are stored.</summary>
public enum AddressKind : byte
{
    /// <summary>E-mail.</summary>
    Email = 1,

    /// <summary>Text message.</summary>
    Sms = 2,

    /// <summary>Push notification, a device's registration.</summary>
    Push = 3,

    /// <summary>A postal address.</summary>
    Post = 4,
}

/// <summary>
/// An address as the second layer knows it: its kind and a keyed hash of its normalised value.
/// </summary>
public readonly record struct ContactAddress(AddressKind Kind, ulong Hash);

/// <summary>Whether an address may be contacted on a topic; the numbers are stored.</summary>
public enum SubscriptionStatus : byte
{
    /// <summary>The address was never actively given for this: no.</summary>
    NeverGiven = 0,

    /// <summary>The address was given, no choice was made: no.</summary>
    DidNotSubscribe = 1,

    /// <summary>Yes, and it holds.</summary>
    Subscribed = 2,

    /// <summary>No.</summary>
    Unsubscribed = 3,
}

/// <summary>One thing said about an address.</summary>
/// <param name="Address">Which address.</param>
/// <param name="Topic">Which topic; empty: the address as a whole.</param>
/// <param name="Status">All but <see cref="SubscriptionStatus.NeverGiven"/>.</param>
/// <param name="MadeAtMs">When it was said; never after receipt.</param>
/// <param name="ReceivedAtMs">When it was received.</param>
public readonly record struct SubscriptionAct(
    ContactAddress Address, string Topic, SubscriptionStatus Status, long MadeAtMs,
    long ReceivedAtMs);

/// <summary>
/// What was said about one address and topic: the latest yes, all noes as one (latest made and,
/// apart from it, latest received), whether it was given without a choice. 0: never.
/// </summary>
internal readonly record struct SubscriptionEntry(
    ContactAddress Address, string Topic, long YesMadeMs, long YesReceivedMs, long NoMadeMs,
    long NoReceivedMs, bool WithoutChoice)
{
    public SubscriptionStatus Status =>
        NoReceivedMs != 0 && !(YesMadeMs > NoMadeMs && YesReceivedMs > NoReceivedMs)
            ? SubscriptionStatus.Unsubscribed
            : YesReceivedMs != 0 ? SubscriptionStatus.Subscribed
            : WithoutChoice ? SubscriptionStatus.DidNotSubscribe
            : SubscriptionStatus.NeverGiven;

    public static SubscriptionEntry Of(in SubscriptionAct act)
    {
        var entry = new SubscriptionEntry(act.Address, act.Topic, 0, 0, 0, 0, false);
        return act.Status switch
        {
            SubscriptionStatus.Subscribed => entry with
            {
                YesMadeMs = act.MadeAtMs,
                YesReceivedMs = act.ReceivedAtMs,
            },
            SubscriptionStatus.Unsubscribed => entry with
            {
                NoMadeMs = act.MadeAtMs,
                NoReceivedMs = act.ReceivedAtMs,
            },
            SubscriptionStatus.DidNotSubscribe => entry with { WithoutChoice = true },
            _ => throw new ArgumentException("Nobody can say that.", nameof(act)),
        };
    }

    public static SubscriptionEntry Join(in SubscriptionEntry a, in SubscriptionEntry b)
    {
        var yes = (a.YesMadeMs, a.YesReceivedMs).CompareTo((b.YesMadeMs, b.YesReceivedMs)) >= 0
            ? a : b;
        return new SubscriptionEntry(a.Address, a.Topic, yes.YesMadeMs, yes.YesReceivedMs,
            Math.Max(a.NoMadeMs, b.NoMadeMs), Math.Max(a.NoReceivedMs, b.NoReceivedMs),
            a.WithoutChoice || b.WithoutChoice);
    }

    public int CompareKey(in SubscriptionEntry other)
    {
        var order = Address.Kind.CompareTo(other.Address.Kind);
        if (order == 0)
            order = Address.Hash.CompareTo(other.Address.Hash);
        return order == 0 ? string.CompareOrdinal(Topic, other.Topic) : order;
    }
}

/// <summary>
/// Subscriptions per address and topic; the same kind of monoid as <see cref="ConsentState"/>.
/// Immutable.
/// </summary>
public sealed class SubscriptionState : IEquatable<SubscriptionState>
{
    /// <summary>Nothing was ever said.</summary>
    public static readonly SubscriptionState Empty = new([]);

    private readonly SubscriptionEntry[] _entries;

    private SubscriptionState(SubscriptionEntry[] entries) => _entries = entries;

    /// <summary>Whether nothing was ever said.</summary>
    public bool IsEmpty => _entries.Length == 0;

    /// <summary>Canonical: by address and topic.</summary>
    internal ReadOnlySpan<SubscriptionEntry> Entries => _entries;

    internal long LatestMs
    {
        get
        {
            long latest = 0;
            foreach (var entry in _entries)
                latest = Math.Max(latest, Math.Max(entry.YesReceivedMs,
                    Math.Max(entry.NoMadeMs, entry.NoReceivedMs)));
            return latest;
        }
    }

    /// <summary>Both together.</summary>
    public static SubscriptionState Merge(SubscriptionState a, SubscriptionState b)
    {
        var merged = a;
        foreach (var entry in b._entries)
            merged = merged.Joined(entry);
        return merged;
    }

    /// <summary>This and one act more; the same object if it adds nothing.</summary>
    public SubscriptionState With(in SubscriptionAct act) => Joined(SubscriptionEntry.Of(act));

    /// <summary>What was said of an address and a topic (empty: of the address as a whole).</summary>
    public SubscriptionStatus Of(ContactAddress address, string topic)
    {
        foreach (var entry in _entries)
            if (entry.Address == address && entry.Topic == topic)
                return entry.Status;
        return SubscriptionStatus.NeverGiven;
    }

    /// <summary>
    /// Whether the address may be contacted on the topic: it is subscribed to that very topic and
    /// the address as a whole is not unsubscribed. A yes to one topic is none to another.
    /// </summary>
    public bool Permits(ContactAddress address, string topic) =>
        Of(address, topic) == SubscriptionStatus.Subscribed
        && Of(address, "") != SubscriptionStatus.Unsubscribed;

    /// <summary>Whether somebody said no to the topic or to the address as a whole.</summary>
    public bool Forbids(ContactAddress address, string topic) =>
        Of(address, topic) == SubscriptionStatus.Unsubscribed
        || Of(address, "") == SubscriptionStatus.Unsubscribed;

    /// <inheritdoc/>
    public bool Equals(SubscriptionState? other) =>
        other is not null && _entries.AsSpan().SequenceEqual(other._entries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SubscriptionState);

    /// <inheritdoc/>
    public override int GetHashCode() => _entries.Length;

    /// <summary>From entries in canonical order, as the codec read them.</summary>
    internal static SubscriptionState Of(SubscriptionEntry[] entries) =>
        entries.Length == 0 ? Empty : new(entries);

    private SubscriptionState Joined(in SubscriptionEntry added)
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            if (_entries[i].CompareKey(added) != 0)
                continue;
            var join = SubscriptionEntry.Join(_entries[i], added);
            if (join == _entries[i])
                return this;
            var replaced = _entries.ToArray();
            replaced[i] = join;
            return new SubscriptionState(replaced);
        }
        SubscriptionEntry[] grown = [.. _entries, added];
        Array.Sort(grown, static (a, b) => a.CompareKey(b));
        return new SubscriptionState(grown);
    }
}
