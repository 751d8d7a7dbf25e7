namespace Stammgast.Collect;

/// <summary>What became of one event of a request.</summary>
internal enum Fate : byte
{
    /// <summary>Durable in the log.</summary>
    Accepted = 1,

    /// <summary>Seen a short while ago and not taken twice. Advisory: the fold is exact.</summary>
    Duplicate = 2,

    /// <summary>Not taken; the code says why, the pointer where.</summary>
    Rejected = 3,
}

/// <summary>Fates as on the wire.</summary>
internal static class Fates
{
    /// <summary>The wire's word.</summary>
    public static string Name(Fate fate) => fate switch
    {
        Fate.Accepted => "accepted",
        Fate.Duplicate => "duplicate",
        _ => "rejected",
    };
}

/// <summary>An event's fate as the 200 lists it.</summary>
/// <param name="MessageId">As sent, or as made here; empty where it could not be read.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="Code">Why it was rejected (see <see cref="Refusal"/>), else null.</param>
/// <param name="Field">JSON pointer into the request, where a field is to blame.</param>
/// <param name="Note">What was changed of an accepted event, else null.</param>
internal readonly record struct EventFate(
    string MessageId, Fate Fate, string? Code = null, string? Field = null, string? Note = null);

/// <summary>How a request to Collect ended.</summary>
internal abstract record Collected
{
    private Collected()
    {
    }

    /// <summary>The 200. Each event has its own fate; the accepted ones are durable.</summary>
    /// <param name="Fates">In the order of the request.</param>
    /// <param name="Position">
    /// Reading after it sees these events; the head if none was appended.
    /// </param>
    /// <param name="Events">The accepted ones, decoded, in order.</param>
    /// <param name="ReceivedAtMs">When it came in, ms since 1970 UTC.</param>
    public sealed record Accepted(
        IReadOnlyList<EventFate> Fates, LogPosition Position, IReadOnlyList<Event> Events,
        long ReceivedAtMs) : Collected
    {
        /// <summary>Whether a change of consent among them says no to anything.</summary>
        public bool Lowers => Events.Any(
            static e => e.Kind == EventKind.ConsentUpdated && !e.Stamp.Refused.IsEmpty);
    }

    /// <summary>Nothing of it was taken.</summary>
    public sealed record Refused(Problem Problem) : Collected;
}

/// <summary>Which call brought a body.</summary>
internal enum CollectCall : byte
{
    /// <summary><c>{"batch":[…]}</c>; each event says its type.</summary>
    Batch = 0,

    /// <summary>One <c>track</c>.</summary>
    Track = EventType.Track,

    /// <summary>One <c>identify</c>.</summary>
    Identify = EventType.Identify,

    /// <summary>One <c>page</c>.</summary>
    Page = EventType.Page,

    /// <summary>One <c>screen</c>.</summary>
    Screen = EventType.Screen,

    /// <summary>One <c>group</c>.</summary>
    Group = EventType.Group,

    /// <summary>One <c>alias</c>.</summary>
    Alias = EventType.Alias,

    /// <summary><c>{"events":[…]}</c> beside placements; the array may be absent.</summary>
    Experience = 7,

    /// <summary>
    /// An item of the log that was accepted and could not be folded; its body is the item's.
    /// </summary>
    Logged = 8,
}

/// <summary>Why an event was rejected: closed, in snake case as on the wire.</summary>
internal static class Refusal
{
    /// <summary>The field must be there and is not.</summary>
    public const string Required = "required";

    /// <summary>The field has the wrong JSON type.</summary>
    public const string WrongType = "wrong_type";

    /// <summary>The field's value is none of those that it can have.</summary>
    public const string InvalidValue = "invalid_value";

    /// <summary>Longer than its limit.</summary>
    public const string TooLong = "too_long";

    /// <summary>The event has more bytes than an event may have.</summary>
    public const string TooLarge = "event_too_large";

    /// <summary>More events, items or members than there may be.</summary>
    public const string TooMany = "too_many";

    /// <summary>Nested deeper than it may be.</summary>
    public const string TooDeep = "too_deep";

    /// <summary>The same member twice in one object.</summary>
    public const string DuplicateMember = "duplicate_member";

    /// <summary>A control character in an id or a name.</summary>
    public const string ControlCharacter = "control_character";

    /// <summary>An escape that is no Unicode character (half of a surrogate pair).</summary>
    public const string InvalidUnicode = "invalid_unicode";

    /// <summary>A number that is too large, negative or broken where it may not be.</summary>
    public const string OutOfRange = "number_out_of_range";

    /// <summary>Not an ISO 8601 instant.</summary>
    public const string TimestampInvalid = "timestamp_invalid";

    /// <summary>Older than duplicates are remembered: only an import brings the past.</summary>
    public const string TimestampTooOld = "timestamp_too_old";

    /// <summary>
    /// Neither a userId nor an anonymousId nor another identifier that may be believed.
    /// </summary>
    public const string IdentityMissing = "identity_missing";

    /// <summary>Accepted, and a fault of the line's own kept it from being counted.</summary>
    public const string NotFolded = "not_folded";
}
