namespace Stammgast.Profiles;

/// <summary>
/// What one purpose may see of one person at one moment: all that a room to the right of Profiles
/// ever gets. What is withheld has no effect on any value here; it is only counted. Immutable;
/// computed on demand. Only <see cref="Profile.For"/> makes one.
/// </summary>
public sealed class ProfileView
{
    private readonly MarkTable _marks;
    private readonly WithheldCounts _withheld;

    private readonly IReadOnlyDictionary<LeafId, Sight> _sights;

    internal ProfileView(Profile profile, Purpose purpose, MarkTable marks,
        WithheldCounts withheld, IReadOnlyDictionary<LeafId, Sight> sights)
    {
        Purpose = purpose;
        Person = profile.Root;
        NowMs = profile.NowMs;
        (_marks, _withheld, _sights) = (marks, withheld, sights);
    }

    /// <summary>In whose name this was looked at.</summary>
    public Purpose Purpose { get; }

    /// <summary>The person's root leaf: the profile id.</summary>
    public LeafId Person { get; }

    /// <summary>The moment, ms since 1970 UTC.</summary>
    public long NowMs { get; }

    /// <summary>Whether the purpose is in force for the person at all.</summary>
    public bool IsInForce => _sights.Values.Any(sight => sight.IsInForce);

    /// <summary>Known to be under 16: every view that is not essential is empty then.</summary>
    public required bool IsMinor { get; init; }

    /// <summary>How many facts and pieces of the past this purpose may not see.</summary>
    public int Withheld => _withheld.Identifiers + _withheld.Facts + _withheld.Purchases + _withheld.Others;

    /// <summary>
    /// How many purchases are among them. To a suppression they are unknown, and unknown
    /// suppresses: with any withheld, nothing may be taken for not bought.
    /// </summary>
    public int WithheldPurchases => _withheld.Purchases;

    /// <summary>How many identifiers are among them.</summary>
    public int WithheldIdentifiers => _withheld.Identifiers;

    /// <summary>Traits, by key.</summary>
    public IReadOnlyList<Fact> Traits
    {
        get
        {
            var facts = new List<Fact>();
            foreach (ref readonly var mark in _marks.Of(MarkKind.Trait))
            {
                if (mark.C != "null")
                {
                    facts.Add(new Fact(mark.A, mark.C, mark.Origin.Provenance,
                        mark.Origin.Allowed, new SourceId((ushort)mark.N), mark.AtMs));
                }
            }
            return facts;
        }
    }

    /// <summary>Orders of record, added up.</summary>
    public OrderTotals Orders
    {
        get
        {
            var revenue = One(MarkKind.Revenue).N - One(MarkKind.Refunded).N;
            return new OrderTotals(One(MarkKind.Orders).N, Math.Max(0, revenue),
                One(MarkKind.FirstOrder).AtMs, One(MarkKind.LastOrder).AtMs);
        }
    }

    /// <summary>Events seen.</summary>
    public long Events => One(MarkKind.Events).N;

    /// <summary>The first event, ms since 1970 UTC; 0: none.</summary>
    public long FirstSeenAtMs => One(MarkKind.FirstSeen).AtMs;

    /// <summary>The last event, ms since 1970 UTC; 0: none.</summary>
    public long LastSeenAtMs => One(MarkKind.LastSeen).AtMs;

    /// <summary>Interests, strongest first, then by category.</summary>
    public IReadOnlyList<CategoryAffinity> Affinities => Affinity.Of(_marks.Of(MarkKind.Affinity), NowMs);

    /// <summary>
    /// The quartiles of the prices of what was bought for oneself, to half an octave; null below
    /// three pieces, which make no habit.
    /// </summary>
    public PriceRange? UsualPrice => Prices.Usual(_marks.Of(MarkKind.PriceBand));

    /// <summary>Products looked at, newest first.</summary>
    public IReadOnlyList<RecentItem> Viewed => Recent(MarkKind.Viewed, 0);

    /// <summary>
    /// Products in the basket, newest first; one that has been bought since is in it no longer.
    /// </summary>
    public IReadOnlyList<RecentItem> Carted =>
        [.. Recent(MarkKind.Carted, 1).Where(item => !IsBoughtSince(item))];

    /// <summary>Products wished for, newest first.</summary>
    public IReadOnlyList<RecentItem> Wished => Recent(MarkKind.Wished, 1);

    /// <summary>The latest purchases by variant, newest first, with what became of them.</summary>
    public IReadOnlyList<PurchaseLine> Purchases => PurchaseLines.Of(_marks);

    /// <summary>Cases that are open, oldest first.</summary>
    public IReadOnlyList<OpenCase> OpenCases => ServiceCases.Open(
        _marks.Of(MarkKind.CaseOpened), _marks.Of(MarkKind.CaseClosed));

    /// <summary>The customer's words on decisions, by decision.</summary>
    public IReadOnlyList<Feedback> Feedback
    {
        get
        {
            var words = new List<Feedback>();
            foreach (ref readonly var mark in _marks.Of(MarkKind.Feedback))
                words.Add(new Feedback(mark.A, (FeedbackValue)mark.N, mark.AtMs));
            return words;
        }
    }

    /// <summary>Identifiers with their first sighting, best type first.</summary>
    public IReadOnlyList<(Identifier Identifier, long FirstSeenMs)> Identifiers
    {
        get
        {
            var all = new List<(Identifier, long)>();
            foreach (ref readonly var mark in _marks.Marks)
            {
                if (mark.Kind > MarkKind.AnonymousId)
                    break;
                all.Add((new Identifier((IdentifierType)mark.Kind, mark.A), mark.AtMs));
            }
            return all;
        }
    }

    /// <summary>
    /// When a product was last bought, to the day, ms since 1970 UTC, however long ago and however
    /// much was bought since; 0: never, as far as this purpose sees.
    /// </summary>
    public long BoughtAtMs(string productId)
    {
        var slot = (long)ProductHash.Of(productId);
        foreach (ref readonly var mark in _marks.Of(MarkKind.Rested))
        {
            if (mark.Slot == slot)
                return mark.AtMs;
        }
        return 0;
    }

    /// <summary>
    /// Whether this purpose may see an event of the person's history; not an event of a stranger.
    /// </summary>
    public bool Shows(Event e) => _sights.TryGetValue(e.Leaf, out var sight) && sight.Allows(e);

    /// <summary>Traits and computed facts in one list, by key, as the API shows them.</summary>
    public IReadOnlyList<Fact> Facts() => ComputedFacts.Of(this, _marks);

    private Mark One(MarkKind kind)
    {
        var all = _marks.Of(kind);
        return all.IsEmpty ? Mark.Of(kind, default) : all[0];
    }

    private bool IsBoughtSince(RecentItem item)
    {
        foreach (ref readonly var mark in _marks.Of(MarkKind.Bought))
        {
            if (mark.A == item.ProductId && mark.AtMs >= item.AtMs)
                return true;
        }
        return false;
    }

    // A removed item stays a mark with no pieces, so that late news of its adding cannot revive it.
    private List<RecentItem> Recent(MarkKind kind, int fewest)
    {
        var items = new List<RecentItem>();
        foreach (ref readonly var mark in _marks.Of(kind))
        {
            if (-mark.N >= fewest)
                items.Add(new RecentItem(mark.A, mark.B, mark.AtMs, (int)Math.Max(1, -mark.N)));
        }
        items.Sort(static (x, y) => x.AtMs != y.AtMs
            ? y.AtMs.CompareTo(x.AtMs)
            : string.CompareOrdinal(x.ProductId + "\0" + x.VariantId, y.ProductId + "\0" + y.VariantId));
        return items;
    }
}
