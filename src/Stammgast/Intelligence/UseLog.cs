namespace Stammgast.Intelligence;

/// <summary>One use of a product as training collects it: 16 bytes.</summary>
/// <param name="Owner">The leaf's place.</param>
/// <param name="AtSeconds">Since 1970 UTC, clamped to what fits.</param>
/// <param name="Item">Dense product index.</param>
/// <param name="Kind">What was done.</param>
internal readonly record struct Click(int Owner, int AtSeconds, int Item, Behaviour Kind);

/// <summary>
/// Collects the rows of a full training, in any order, within a bound, and gives them back leaf by
/// leaf in an order that depends on nothing but what they are.
/// </summary>
internal sealed class UseLog(int maxClicks)
{
    private readonly Dictionary<LeafId, int> owners = [];
    private readonly List<LeafId> leaves = [];
    private List<Click> clicks = [];

    /// <summary>Leaves met.</summary>
    public IReadOnlyList<LeafId> Leaves => leaves;

    /// <summary>Adds a use. At the bound the older half leaves: what is newest teaches most.</summary>
    public void Add(LeafId leaf, long atMs, int item, Behaviour kind)
    {
        if (!owners.TryGetValue(leaf, out var owner))
        {
            owners.Add(leaf, owner = leaves.Count);
            leaves.Add(leaf);
        }
        if (clicks.Count >= maxClicks)
        {
            clicks.Sort(static (a, b) => a.AtSeconds.CompareTo(b.AtSeconds));
            clicks = clicks[(clicks.Count / 2)..];
        }
        clicks.Add(new Click(owner, Seconds(atMs), item, kind));
    }

    /// <summary>All uses by leaf, time, product and kind. O(n log n).</summary>
    public List<Click> Sorted()
    {
        // Owners as ranks, so that sorting compares small numbers.
        var byLeaf = Enumerable.Range(0, leaves.Count).ToArray();
        Array.Sort(byLeaf, (a, b) => leaves[a].CompareTo(leaves[b]));
        var ranks = new int[leaves.Count];
        for (var rank = 0; rank < byLeaf.Length; rank++)
            ranks[byLeaf[rank]] = rank;
        for (var i = 0; i < clicks.Count; i++)
            clicks[i] = clicks[i] with { Owner = ranks[clicks[i].Owner] };
        var sorted = leaves.Order().ToArray();
        leaves.Clear();
        leaves.AddRange(sorted);
        clicks.Sort(static (a, b) =>
        {
            var by = a.Owner.CompareTo(b.Owner);
            if (by == 0)
                by = a.AtSeconds.CompareTo(b.AtSeconds);
            if (by == 0)
                by = a.Item.CompareTo(b.Item);
            return by != 0 ? by : a.Kind.CompareTo(b.Kind);
        });
        return clicks;
    }

    /// <summary>Seconds since 1970, within 0 and the year 2038.</summary>
    public static int Seconds(long atMs) => (int)Math.Clamp(atMs / 1000, 0, int.MaxValue);
}
