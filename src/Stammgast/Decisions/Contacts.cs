using System.Buffers.Binary;

namespace Stammgast.Decisions;

/// <summary>Where a contact happened; the numbers are stored.</summary>
public enum ContactChannel : byte
{
    /// <summary>A banner on the shop's own site: no message, so it counts per offer only.</summary>
    OnSite = 1,

    /// <summary>E-mail.</summary>
    Email = 2,

    /// <summary>SMS.</summary>
    Sms = 3,

    /// <summary>Push.</summary>
    Push = 4,
}

/// <summary>How far a contact came; the numbers are stored.</summary>
public enum ContactState : byte
{
    /// <summary>Decided, not yet known to be seen: counts until released.</summary>
    Reserved = 1,

    /// <summary>Seen or delivered.</summary>
    Seen = 2,
}

/// <summary>One contact with a person, or one reserved.</summary>
/// <param name="AtMs">When it was decided, ms since 1970 UTC.</param>
/// <param name="Channel">Where.</param>
/// <param name="State">How far it came.</param>
/// <param name="IsService">An order or service message: shown, but exempt from caps.</param>
/// <param name="Offer">Hash of the offer's or motif's key.</param>
/// <param name="Decision">Low half of the decision's id.</param>
public readonly record struct Contact(
    long AtMs, ContactChannel Channel, ContactState State, bool IsService, ulong Offer,
    ulong Decision);

/// <summary>What a customer turned off; the numbers are stored.</summary>
public enum RestKind : byte
{
    /// <summary>One offer or motif.</summary>
    Offer = 1,

    /// <summary>One campaign.</summary>
    Campaign = 2,

    /// <summary>One reason code: nothing is shown for it.</summary>
    Reason = 3,
}

/// <summary>Something that rests by the customer's own word.</summary>
/// <param name="Kind">What.</param>
/// <param name="Target">Hash of its key; for a reason its number.</param>
/// <param name="UntilMs">First instant at which it may be shown again.</param>
public readonly record struct Rest(RestKind Kind, ulong Target, long UntilMs);

/// <summary>
/// A leaf's contacts and rests: its own record (kind Contacts), so that a reservation never waits
/// for a fold. Immutable. Contacts are kept 13 months, on-site ones 90 days, at most
/// <see cref="MaxContacts"/>. Bytes: version, count, contacts, count, rests; little-endian.
/// </summary>
public sealed record Contacts
{
    /// <summary>Nothing yet.</summary>
    public static readonly Contacts Empty = new();

    /// <summary>Contacts kept; far above what caps let through in 13 months.</summary>
    public const int MaxContacts = 400;

    /// <summary>Rests kept.</summary>
    public const int MaxRests = 100;

    private const byte Format = 1;
    private const int ContactBytes = 23;
    private const int RestBytes = 17;
    private const long DayMs = 86_400_000;

    /// <summary>Oldest first.</summary>
    public Contact[] Items { get; init; } = [];

    /// <summary>In no order.</summary>
    public Rest[] Rests { get; init; } = [];

    /// <summary>With one contact more, without what has expired.</summary>
    public Contacts With(in Contact contact)
    {
        var kept = new List<Contact>(Items.Length + 1);
        foreach (var item in Items)
        {
            if (!IsExpired(item, contact.AtMs))
                kept.Add(item);
        }
        kept.Add(contact);
        kept.Sort(static (a, b) => a.AtMs.CompareTo(b.AtMs));
        if (kept.Count > MaxContacts)
            kept.RemoveRange(0, kept.Count - MaxContacts);
        return this with { Items = [.. kept] };
    }

    /// <summary>With a contact known to be seen; a released one comes back, for it did happen.</summary>
    public Contacts Seen(in Contact contact)
    {
        for (var i = 0; i < Items.Length; i++)
        {
            if (Items[i].Decision != contact.Decision)
                continue;
            var items = (Contact[])Items.Clone();
            items[i] = items[i] with { State = ContactState.Seen };
            return this with { Items = items };
        }
        return With(contact with { State = ContactState.Seen });
    }

    /// <summary>Without reservations made at or before an instant that nobody saw.</summary>
    public Contacts Released(long untilMs)
    {
        var kept = Array.FindAll(Items, item => item.State != ContactState.Reserved
            || item.Channel != ContactChannel.OnSite || item.AtMs > untilMs);
        return kept.Length == Items.Length ? this : this with { Items = kept };
    }

    /// <summary>With a rest more; the same target's longer rest wins, expired ones go.</summary>
    public Contacts With(Rest rest, long nowMs)
    {
        var kept = new List<Rest>(Rests.Length + 1);
        var untilMs = rest.UntilMs;
        foreach (var other in Rests)
        {
            if (other.Kind == rest.Kind && other.Target == rest.Target)
                untilMs = Math.Max(untilMs, other.UntilMs);
            else if (other.UntilMs > nowMs)
                kept.Add(other);
        }
        kept.Add(rest with { UntilMs = untilMs });
        if (kept.Count > MaxRests)
            kept.RemoveAt(0);
        return this with { Rests = [.. kept] };
    }

    /// <summary>When the earliest reservation still unseen must be released; null: none.</summary>
    public long? NextReleaseMs(long afterMs)
    {
        foreach (var item in Items)
        {
            if (item is { State: ContactState.Reserved, Channel: ContactChannel.OnSite })
                return item.AtMs + afterMs;
        }
        return null;
    }

    /// <summary>The record's bytes; at most 11 KB, typically below 300 bytes.</summary>
    public byte[] Write()
    {
        var bytes = new byte[5 + Items.Length * ContactBytes + Rests.Length * RestBytes];
        var target = bytes.AsSpan();
        target[0] = Format;
        BinaryPrimitives.WriteUInt16LittleEndian(target[1..], (ushort)Items.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(target[3..], (ushort)Rests.Length);
        target = target[5..];
        foreach (var item in Items)
        {
            // 48 bits of milliseconds reach beyond the year 10,000.
            BinaryPrimitives.WriteInt64LittleEndian(target, item.AtMs);
            target[6] = (byte)((int)item.Channel << 4 | (int)item.State << 1
                | (item.IsService ? 1 : 0));
            BinaryPrimitives.WriteUInt64LittleEndian(target[7..], item.Offer);
            BinaryPrimitives.WriteUInt64LittleEndian(target[15..], item.Decision);
            target = target[ContactBytes..];
        }
        foreach (var rest in Rests)
        {
            target[0] = (byte)rest.Kind;
            BinaryPrimitives.WriteUInt64LittleEndian(target[1..], rest.Target);
            BinaryPrimitives.WriteInt64LittleEndian(target[9..], rest.UntilMs);
            target = target[RestBytes..];
        }
        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> wrote; empty for no bytes.</summary>
    /// <exception cref="FormatException">Not ours: the caller suppresses, it never guesses.</exception>
    public static Contacts Read(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty)
            return Empty;
        if (source.Length < 5 || source[0] != Format)
            throw new FormatException("Unknown form of contacts.");
        var items = new Contact[BinaryPrimitives.ReadUInt16LittleEndian(source[1..])];
        var rests = new Rest[BinaryPrimitives.ReadUInt16LittleEndian(source[3..])];
        source = source[5..];
        if (source.Length != items.Length * ContactBytes + rests.Length * RestBytes)
            throw new FormatException("Contacts of another length.");
        for (var i = 0; i < items.Length; i++, source = source[ContactBytes..])
        {
            items[i] = new Contact(
                BinaryPrimitives.ReadInt64LittleEndian(source) & 0xFFFF_FFFF_FFFF,
                (ContactChannel)(source[6] >> 4), (ContactState)(source[6] >> 1 & 7),
                (source[6] & 1) != 0, BinaryPrimitives.ReadUInt64LittleEndian(source[7..]),
                BinaryPrimitives.ReadUInt64LittleEndian(source[15..]));
        }
        for (var i = 0; i < rests.Length; i++, source = source[RestBytes..])
        {
            rests[i] = new Rest((RestKind)source[0],
                BinaryPrimitives.ReadUInt64LittleEndian(source[1..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[9..]));
        }
        return new Contacts { Items = items, Rests = rests };
    }

    private static bool IsExpired(in Contact contact, long nowMs) =>
        nowMs - contact.AtMs > (contact.Channel == ContactChannel.OnSite ? 90 : 396) * DayMs;
}
