using Stammgast.Identity;

namespace Stammgast.Profiles;

/// <summary>One leaf's part of a batch.</summary>
public sealed record FoldInput
{
    /// <summary>The leaf as committed; null: nothing is known of it yet.</summary>
    public required LeafState? State { get; init; }

    /// <summary>Events of this one leaf, at least one, in any order.</summary>
    public required IReadOnlyList<LoggedEvent> Events { get; init; }

    /// <summary>Message keys of the leaf's last 35 days, in any order.</summary>
    public required ReadOnlyMemory<ulong> KnownMessages { get; init; }
}

/// <summary>What one leaf's part of a batch comes to.</summary>
public sealed record FoldOutput
{
    /// <summary>The new state; its <see cref="LeafState.Pieces"/> counts the pieces below.</summary>
    public required LeafState State { get; init; }

    /// <summary>Events that were new and are folded in; consents and notices go by these.</summary>
    public required IReadOnlyList<Event> Folded { get; init; }

    /// <summary>History to be sealed and appended, numbered from the old state's pieces on.</summary>
    public required IReadOnlyList<PlainPiece> Pieces { get; init; }

    /// <summary>Identifiers that now name the leaf in look-ups.</summary>
    public required IReadOnlyList<Identifier> LookUpsAdded { get; init; }

    /// <summary>Identifiers that no longer do (a bound dropped them).</summary>
    public required IReadOnlyList<Identifier> LookUpsRemoved { get; init; }

    /// <summary>
    /// Whether, after the commit, <c>IdentityWorker</c> must look who the leaf is: its links are
    /// new, or some event was a duplicate, which may mean a crash between commit and look.
    /// </summary>
    public required bool MustSettle { get; init; }

    /// <summary>How many events had been counted before.</summary>
    public required int Duplicates { get; init; }

    /// <summary>How many events were older than the leaf's erasure.</summary>
    public required int Refused { get; init; }
}

/// <summary>
/// The fold of one leaf, pure: (1) leave out what was counted or is older than the erasure,
/// (2) fold, (3) cut history, (4) compare the links. Linear in events and marks.
/// </summary>
public static class Fold
{
    /// <summary>Folds one leaf's part of a batch.</summary>
    public static FoldOutput Run(FoldInput input, IdentityRules rules)
    {
        var first = input.Events[0].Event;
        var old = input.State ?? LeafState.New(first.Leaf, AnchorOf(first));
        var (fresh, duplicates, refused) = Sort(input, old.ErasedAtMs);
        var folded = new Event[fresh.Count];
        for (var i = 0; i < folded.Length; i++)
            folded[i] = fresh[i].Event;
        var state = fresh.Count == 0 ? old : LeafFold.Apply(old, folded, rules);
        var pieces = HistoryCodec.Cut(fresh);
        var before = input.State?.Links() ?? [];
        var after = fresh.Count == 0 ? before : state.Links();
        return new FoldOutput
        {
            State = pieces.Count == 0 ? state : state.WithPieces(old.Pieces + pieces.Count),
            Folded = folded,
            Pieces = pieces,
            LookUpsAdded = Missing(after, before),
            LookUpsRemoved = Missing(before, after),
            MustSettle = duplicates > 0 || !before.SequenceEqual(after)
                || old.FirstSeenMs() != state.FirstSeenMs(),
            Duplicates = duplicates,
            Refused = refused,
        };
    }

    /// <summary>What no event at all comes to.</summary>
    public static FoldOutput Nothing(LeafId leaf, LeafState? state) => new()
    {
        State = state ?? LeafState.New(leaf, IdentifierType.AnonymousId),
        Folded = [],
        Pieces = [],
        LookUpsAdded = [],
        LookUpsRemoved = [],
        MustSettle = false,
        Duplicates = 0,
        Refused = 0,
    };

    private static (List<LoggedEvent> Fresh, int Duplicates, int Refused) Sort(
        FoldInput input, long erasedAtMs)
    {
        var fresh = new List<LoggedEvent>(input.Events.Count);
        var seen = new HashSet<ulong>();
        int duplicates = 0, refused = 0;
        foreach (var logged in input.Events)
        {
            var message = logged.Event.Message.Value;
            if (logged.Event.AtMs <= erasedAtMs)
                refused++;
            else if (input.KnownMessages.Span.Contains(message) || !seen.Add(message))
                duplicates++;
            else
                fresh.Add(logged);
        }
        return (fresh, duplicates, refused);
    }

    private static List<Identifier> Missing(
        IReadOnlyList<(Identifier Identifier, long)> all,
        IReadOnlyList<(Identifier Identifier, long)> from)
    {
        var missing = new List<Identifier>();
        foreach (var (identifier, _) in all)
        {
            if (!from.Any(other => other.Identifier == identifier))
                missing.Add(identifier);
        }
        return missing;
    }

    private static IdentifierType AnchorOf(Event e) =>
        e.Identifiers.Count > 0 ? e.Identifiers[0].Type : IdentifierType.AnonymousId;
}
