using Stammgast.Identity;

namespace Stammgast.Profiles;

/// <summary>
/// What one anchor identifier brought, folded: a table of marks by origin, and where the leaf
/// belongs. Its facts have no accessor: they leave only as a <see cref="ProfileView"/>, through a
/// <see cref="Sight"/>, which names a purpose. Published states are never changed.
/// </summary>
public sealed partial class LeafState
{
    private readonly MarkTable _marks;

    private LeafState(LeafId leaf, IdentifierType anchor, MarkTable marks)
    {
        Leaf = leaf;
        Anchor = anchor;
        Root = leaf;
        _marks = marks;
    }

    /// <summary>Whose.</summary>
    public LeafId Leaf { get; }

    /// <summary>The kind of identifier that the leaf is named after.</summary>
    public IdentifierType Anchor { get; private init; }

    /// <summary>The root leaf of the person it belongs to; itself while it is alone.</summary>
    public LeafId Root { get; private init; }

    /// <summary>Explicit merges and unmerges, sorted by the other leaf.</summary>
    public IReadOnlyList<Tie> Ties { get; private init; } = [];

    /// <summary>How many history pieces there are: the sequence of the newest.</summary>
    public long Pieces { get; private init; }

    /// <summary>
    /// Until when this leaf is erased, ms since 1970 UTC; 0: never was. Events that happened at or
    /// before are refused.
    /// </summary>
    public long ErasedAtMs { get; private init; }

    /// <summary>Whether nothing has been folded since it began or was erased.</summary>
    public bool IsEmpty => _marks.Count == 0;

    /// <summary>A leaf of which nothing is known yet.</summary>
    public static LeafState New(LeafId leaf, IdentifierType anchor) =>
        new(leaf, anchor, new MarkTable(byOrigin: true));

    /// <summary>The same leaf under another root.</summary>
    public LeafState WithRoot(LeafId root) => Copy(root: root);

    /// <summary>The same leaf with these ties.</summary>
    public LeafState WithTies(IEnumerable<Tie> ties) =>
        Copy(ties: [.. ties.OrderBy(tie => tie.Other)]);

    /// <summary>The same leaf after so many history pieces.</summary>
    public LeafState WithPieces(long pieces) => Copy(pieces: pieces);

    /// <summary>Folds events into the leaf; none may have been folded before.</summary>
    internal LeafState With(IReadOnlyList<Event> events, IdentityRules rules)
    {
        var table = _marks.Copy();
        var anchor = Anchor;
        foreach (var e in events)
        {
            if (e.Leaf != Leaf)
                throw new ArgumentException("An event of another leaf.", nameof(events));
            if (e.AtMs <= ErasedAtMs)
                continue;
            anchor = e.Identifiers.Count > 0 ? e.Identifiers[0].Type : anchor;
            LeafFold.Mark(e, rules, table);
        }
        return new LeafState(Leaf, anchor, table)
        {
            Root = Root,
            Ties = Ties,
            Pieces = Pieces,
            ErasedAtMs = ErasedAtMs,
        };
    }

    /// <summary>The identifiers that may link this leaf, each with its earliest sighting.</summary>
    internal IReadOnlyList<(Identifier Identifier, long FirstSeenMs)> Links()
    {
        var links = new List<(Identifier, long)>();
        foreach (ref readonly var mark in _marks.Marks)
        {
            if (mark.Kind > MarkKind.AnonymousId)
                break;
            if (!mark.Origin.Links)
                continue;
            var id = new Identifier((IdentifierType)mark.Kind, mark.A);
            var known = links.FindIndex(link => link.Item1 == id);
            if (known < 0)
                links.Add((id, mark.AtMs));
            else if (mark.AtMs < links[known].Item2)
                links[known] = (id, mark.AtMs);
        }
        return links;
    }

    /// <summary>The earliest event time; 0 while empty.</summary>
    internal long FirstSeenMs()
    {
        var first = long.MaxValue;
        foreach (ref readonly var mark in _marks.Of(MarkKind.FirstSeen))
            first = Math.Min(first, mark.AtMs);
        return first == long.MaxValue ? 0 : first;
    }

    /// <summary>
    /// Whether any trait, whoever may see it, says under 16. The one question that is answered
    /// without a purpose: its answer only ever protects.
    /// </summary>
    internal bool IsKnownMinor(long nowMs)
    {
        foreach (ref readonly var mark in _marks.Of(MarkKind.Trait))
        {
            if (Minors.IsUnderAge(mark, nowMs))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Lets marks out: those that the sight allows go into <paramref name="into"/>; the others are
    /// only counted, by kind.
    /// </summary>
    internal void Show(in Sight sight, MarkTable into, WithheldCounts withheld)
    {
        foreach (ref readonly var mark in _marks.Marks)
        {
            if (sight.Allows(mark))
                into.Add(mark);
            else
                withheld.Add(mark.Kind);
        }
    }

    private LeafState Copy(LeafId? root = null, IReadOnlyList<Tie>? ties = null, long? pieces = null)
        => new(Leaf, Anchor, _marks)
        {
            Root = root ?? Root,
            Ties = ties ?? Ties,
            Pieces = pieces ?? Pieces,
            ErasedAtMs = ErasedAtMs,
        };
}
