namespace Stammgast.Collect;

/// <summary>
/// Judges an event before it is stored or joined to anybody; <c>Consent.ConsentGate</c> implements
/// it. Pure and thread-safe: called on every request thread.
/// </summary>
internal delegate GateVerdict Judge(Source source, in StampInput stamp, EventKind kind);

/// <summary>Whether a stamp covers keeping a session on the customer's device.</summary>
internal delegate bool CoversSession(Source source, in StampInput stamp);

/// <summary>What an event's <c>context.consent.categoryPreferences</c> said.</summary>
/// <param name="Present">Whether <c>context.consent</c> was there at all.</param>
/// <param name="Malformed">There, but not an object of booleans: means no to everything.</param>
/// <param name="Categories">Category to yes or no; empty if absent or malformed.</param>
internal readonly record struct StampInput(
    bool Present, bool Malformed, IReadOnlyDictionary<string, bool> Categories)
{
    private static readonly Dictionary<string, bool> Empty = [];

    /// <summary>
    /// Whether the request carried <c>Sec-GPC: 1</c> (any of several headers). It only lowers:
    /// advertising and sharing are neither served nor granted by this event.
    /// </summary>
    public bool PrivacySignal { get; init; }

    /// <summary>No stamp.</summary>
    public static StampInput Absent { get; } = new(false, false, Empty);

    /// <summary>A stamp that cannot be read.</summary>
    public static StampInput Unreadable { get; } = new(true, true, Empty);
}

/// <summary>The gate's answer for one event.</summary>
/// <param name="Allowed">The purposes that it may ever serve.</param>
/// <param name="Stamp">The stamp as purposes.</param>
/// <param name="Keep">False: nothing of it is kept but a count.</param>
/// <param name="RefusalCode">Why it is not kept; null if it is.</param>
internal readonly record struct GateVerdict(
    PurposeSet Allowed, ConsentStamp Stamp, bool Keep, string? RefusalCode);
