using Stammgast.Kernels;

namespace Stammgast.Intelligence;

/// <summary>
/// Visits, cut at pauses, and the neighbours model over them: an old part that is shared between
/// snapshots and a new one that is built with each. One thread.
/// </summary>
internal sealed class SessionLog(TrainingOptions options)
{
    // Beyond this the new part joins the old one; below, building it takes about a millisecond.
    private const int NewSessions = 10_000;

    private readonly List<Visit> visits = [];
    private readonly Dictionary<int, Visit> running = [];
    private readonly HashSet<int> removed = [];
    private List<(int Owner, int[] Items)> old = [];
    private SessionKnn model = SessionKnn.Build([]);

    /// <summary>Sessions that vote.</summary>
    public int Count => old.Count + visits.Count - removed.Count;

    /// <summary>Takes the old part from leaf-by-leaf, time-ordered uses.</summary>
    public void Load(List<Click> clicks)
    {
        var found = new List<Visit>();
        Visit? visit = null;
        foreach (var click in clicks)
        {
            if (visit is null || visit.Owner != click.Owner
                || click.AtSeconds - visit.LastAtSeconds > options.SessionGapSeconds)
                found.Add(visit = new Visit(click.Owner));
            visit.Add(click, options.MaxSessionItems);
        }
        // Owners are ranks of leaves here: the order depends on nothing but what happened.
        found.RemoveAll(static single => single.Items.Count < 2);
        found.Sort(static (a, b) => a.LastAtSeconds != b.LastAtSeconds
            ? a.LastAtSeconds.CompareTo(b.LastAtSeconds) : a.Owner.CompareTo(b.Owner));
        var from = Math.Max(0, found.Count - options.MaxSessions);
        old = [.. found.Skip(from).Select(each => (each.Owner, each.Items.ToArray()))];
        model = SessionKnn.Build([.. old.Select(each => each.Items)]);
    }

    /// <summary>
    /// Adds a use as it happens. One from before the running visit waits for the next full
    /// training, which sees all in order.
    /// </summary>
    public void Add(in Click click)
    {
        if (!running.TryGetValue(click.Owner, out var visit)
            || click.AtSeconds - visit.LastAtSeconds > options.SessionGapSeconds)
        {
            visit = new Visit(click.Owner);
            running[click.Owner] = visit;
            visits.Add(visit);
        }
        else if (visit.LastAtSeconds - click.AtSeconds > options.SessionGapSeconds)
        {
            return;
        }
        visit.Add(click, options.MaxSessionItems);
    }

    /// <summary>An owner's visits vote no more.</summary>
    public void Remove(int owner)
    {
        running.Remove(owner);
        visits.RemoveAll(visit => visit.Owner == owner);
        for (var i = 0; i < old.Count; i++)
        {
            if (old[i].Owner == owner)
                removed.Add(i);
        }
    }

    /// <summary>The model as of now.</summary>
    public SessionKnn Publish()
    {
        if (visits.Count > NewSessions)
            Compact();
        var now = visits.Count == 0 ? model
            : SessionKnn.Build([.. visits.Select(visit => visit.Items.ToArray())], older: model);
        return removed.Count == 0 ? now : now.Without(removed);
    }

    private void Compact()
    {
        var kept = new List<(int Owner, int[] Items)>(old.Count + visits.Count);
        for (var i = 0; i < old.Count; i++)
        {
            if (!removed.Contains(i))
                kept.Add(old[i]);
        }
        foreach (var visit in visits)
        {
            if (visit.Items.Count > 1)
                kept.Add((visit.Owner, [.. visit.Items]));
        }
        if (kept.Count > options.MaxSessions)
            kept.RemoveRange(0, kept.Count - options.MaxSessions);
        (old, model) = (kept, SessionKnn.Build([.. kept.Select(each => each.Items)]));
        visits.Clear();
        running.Clear();
        removed.Clear();
    }

    private sealed class Visit(int owner)
    {
        public int Owner { get; } = owner;

        public int LastAtSeconds { get; private set; }

        public List<int> Items { get; } = [];

        // Looking again at the same changes nothing; the robot's hundredth product neither.
        public void Add(in Click click, int maxItems)
        {
            LastAtSeconds = Math.Max(LastAtSeconds, click.AtSeconds);
            if (Items.Count < maxItems && !Items.Contains(click.Item))
                Items.Add(click.Item);
        }
    }
}
