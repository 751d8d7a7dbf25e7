namespace Stammgast.Decisions;

/// <summary>
/// The latest decisions with all their candidates, for the glass box: a ring in memory, never
/// stored. A decision for nobody is found here only; one for a person only as long as her stored
/// record can be opened, so that erasing reaches this too. Any thread.
/// </summary>
internal sealed class RecentDecisions
{
    private const int Kept = 1_024;

    private readonly Lock gate = new();
    private readonly Dictionary<DecisionId, (Decision Decision, LeafId Leaf)> byId = new(Kept);
    private readonly Queue<DecisionId> order = new(Kept);

    /// <summary>Remembers one; the oldest goes.</summary>
    public void Add(Decision decision, LeafId leaf)
    {
        lock (gate)
        {
            if (!byId.TryAdd(decision.Id, (decision, leaf)))
                return;
            order.Enqueue(decision.Id);
            if (order.Count > Kept)
                byId.Remove(order.Dequeue());
        }
    }

    /// <summary>Drops what was decided for a leaf: erased.</summary>
    public void Forget(LeafId leaf)
    {
        lock (gate)
        {
            foreach (var (id, entry) in byId)
            {
                if (entry.Leaf == leaf)
                    byId.Remove(id);
            }
        }
    }

    /// <summary>One of the latest, and its leaf (none: nobody's).</summary>
    public bool TryFind(DecisionId id, out Decision? decision, out LeafId leaf)
    {
        lock (gate)
        {
            var found = byId.TryGetValue(id, out var entry);
            (decision, leaf) = entry;
            return found;
        }
    }
}
