using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Stammgast.Kernels;

/// <summary>Settings of <see cref="SessionKnn"/>; the defaults are measured best over three shops.</summary>
public sealed record SessionKnnSettings
{
    /// <summary>m: newest sessions of an item that are looked at, and newest candidates kept.</summary>
    public int Newest { get; init; } = 500;

    /// <summary>k: neighbours that vote.</summary>
    public int Neighbours { get; init; } = 100;

    /// <summary>L: last items of the running session that count.</summary>
    public int Last { get; init; } = 6;

    /// <summary>Share of the best score given to what she looked at before.</summary>
    public float Reminder { get; init; } = 0.25f;
}

/// <summary>
/// Session-based nearest neighbours (VMIS-kNN): sessions that share the last items of the running
/// one vote for their other items,
/// <c>score(i) = idf(i) · Σ_n r(n) / √s(n)</c>, <c>r(n) = Σ_shared (j/L)²</c>, s(n) =
/// steps back to the latest shared item, <c>idf = ln(N/df)</c>, and a reminder of the session's own
/// earlier items. The root lies between the published decays: linear finds a little more, 1/s ranks
/// it higher, the root is near the better one in both (rsc15: .688/.368, against .691/.360 and
/// .690/.368). Immutable; any thread, each with its own <see cref="Work"/>. A query costs
/// O(L·m + k·length) whatever the number of sessions; memory is 8 bytes an item of a session. No
/// NaN: scores are finite and positive.
/// </summary>
public sealed class SessionKnn
{
    private readonly SessionKnnSettings settings;
    private readonly SessionKnn? older;
    private readonly int sessionBase;
    private readonly int[] sessionStart;
    private readonly int[] sessionItems;
    private readonly int[] postingStart;
    private readonly int[] postings;
    private readonly int[] frequency;
    private readonly ulong[] removed;

    private SessionKnn(
        SessionKnnSettings settings, SessionKnn? older, Lists sessions, Lists byItem,
        int[] frequency, ulong[] removed)
    {
        (this.settings, this.older, this.removed) = (settings, older, removed);
        sessionBase = older?.Sessions ?? 0;
        (sessionStart, sessionItems) = (sessions.Start, sessions.Values);
        (postingStart, postings) = (byItem.Start, byItem.Values);
        this.frequency = frequency;
    }

    /// <summary>Sessions known, the removed ones included.</summary>
    public int Sessions => sessionBase + sessionStart.Length - 1;

    /// <summary>
    /// Builds from sessions, oldest first; their order is the only notion of time. O(clicks).
    /// </summary>
    /// <param name="sessions">Items of each session in order; doubles are allowed.</param>
    /// <param name="settings">Null: the defaults.</param>
    /// <param name="older">Sessions from before, shared and not copied; at most one such step.</param>
    public static SessionKnn Build(
        IReadOnlyList<int[]> sessions, SessionKnnSettings? settings = null, SessionKnn? older = null)
    {
        settings ??= older?.settings ?? new SessionKnnSettings();
        if (older?.older is not null)
            throw new ArgumentException("Only one step back.", nameof(older));
        var distinct = Distinct(sessions);
        var items = 0;
        foreach (var item in distinct.Values)
            items = Math.Max(items, item + 1);
        var counts = new int[items];
        foreach (var item in distinct.Values)
            counts[item]++;
        var start = new int[items + 1];
        for (var i = 0; i < items; i++)
            start[i + 1] = start[i] + Math.Min(counts[i], settings.Newest);
        var lists = new int[start[items]];
        var fill = start[1..];
        // Newest sessions last in each list: filled from its end while going back in time.
        for (var s = sessions.Count - 1; s >= 0; s--)
        {
            for (var at = distinct.Start[s]; at < distinct.Start[s + 1]; at++)
            {
                var item = distinct.Values[at];
                if (fill[item] > start[item])
                    lists[--fill[item]] = s;
            }
        }
        return new SessionKnn(settings, older, distinct, new Lists(start, lists), counts, []);
    }

    /// <summary>The same without some sessions, by their place over the older ones and these.</summary>
    public SessionKnn Without(IEnumerable<int> sessions)
    {
        var bits = new ulong[Sessions / 64 + 1];
        removed.CopyTo(bits, 0);
        foreach (var session in sessions)
            bits[session >> 6] |= 1UL << session;
        return new SessionKnn(settings, older, new Lists(sessionStart, sessionItems),
            new Lists(postingStart, postings), frequency, bits);
    }

    /// <summary>
    /// What comes next, best first, at most <paramref name="top"/>; empty when nobody's session
    /// shares anything. The current (last) item may be among them: a page drops it.
    /// </summary>
    /// <param name="session">Items of the running session, oldest first.</param>
    /// <param name="top">How many.</param>
    /// <param name="work">Scratch of this thread; the answer lies in it until its next use.</param>
    public ReadOnlySpan<Scored> Query(ReadOnlySpan<int> session, int top, Work work)
    {
        work.Clear();
        var last = session[Math.Max(0, session.Length - settings.Last)..];
        Gather(last, work);
        var candidates = Newest(work);
        candidates = KeepBest(candidates, work);
        for (var i = 0; i < candidates.Length; i++)
            Vote(candidates[i], last, work);
        var best = Weigh(work);
        Remind(last, best, work);
        var count = 0;
        foreach (var (item, score) in work.Scores)
            work.Ranked(count++) = new Scored(item, score);
        count = Best.First(work.RankedSpan(count), top);
        return work.RankedSpan(count);
    }

    /// <summary>Adds everything that answers depend on to a hash.</summary>
    public void Append(IncrementalHash hash)
    {
        older?.Append(hash);
        hash.AppendData(MemoryMarshal.AsBytes(sessionStart.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(sessionItems.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(postings.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(removed.AsSpan()));
    }

    private void Gather(ReadOnlySpan<int> last, Work work)
    {
        for (var j = last.Length - 1; j >= 0; j--)
        {
            if (last[(j + 1)..].Contains(last[j]))
                continue;
            var weight = (j + 1f) / last.Length;
            weight *= weight;
            // Newest first over this part and then the older one, together at most m.
            var left = settings.Newest - Walk(last[j], weight, settings.Newest, work);
            if (older is not null && left > 0)
                older.WalkFor(this, last[j], weight, left, work);
        }
    }

    private int Walk(int item, float weight, int most, Work work) =>
        WalkFor(this, item, weight, most, work);

    private int WalkFor(SessionKnn view, int item, float weight, int most, Work work)
    {
        if ((uint)item + 1 >= (uint)postingStart.Length)
            return 0;
        var taken = 0;
        for (var at = postingStart[item + 1] - 1; at >= postingStart[item] && taken < most; at--)
        {
            var session = sessionBase + postings[at];
            if (view.IsRemoved(session))
                continue;
            taken++;
            work.Sessions.Add(session, weight);
        }
        return taken;
    }

    private Span<Scored> Newest(Work work)
    {
        var count = 0;
        foreach (var (session, _) in work.Sessions)
            work.Ranked(count++) = new Scored(session, 0);
        var all = work.RankedSpan(count);
        if (count <= settings.Newest)
            return all;
        // Score 0 everywhere: the order is by number, so newest means the highest, kept last.
        for (var i = 0; i < count; i++)
            all[i] = new Scored(-all[i].Item, 0);
        all = all[..Best.First(all, settings.Newest)];
        for (var i = 0; i < all.Length; i++)
            all[i] = new Scored(-all[i].Item, 0);
        return all;
    }

    private Span<Scored> KeepBest(Span<Scored> candidates, Work work)
    {
        // Negative numbers again: of equally near sessions the newer one stays.
        for (var i = 0; i < candidates.Length; i++)
            candidates[i] = new Scored(
                -candidates[i].Item, work.Sessions.Get(candidates[i].Item));
        var kept = Best.First(candidates, settings.Neighbours);
        for (var i = 0; i < kept; i++)
            candidates[i] = candidates[i] with { Item = -candidates[i].Item };
        return candidates[..kept];
    }

    private void Vote(in Scored neighbour, ReadOnlySpan<int> last, Work work)
    {
        var items = ItemsOf(neighbour.Item);
        var steps = last.Length;
        for (var j = last.Length - 1; j >= 0; j--)
        {
            if (items.Contains(last[j]))
            {
                steps = last.Length - j;
                break;
            }
        }
        var vote = neighbour.Score / MathF.Sqrt(steps);
        foreach (var item in items)
            work.Scores.Add(item, vote);
    }

    private ReadOnlySpan<int> ItemsOf(int session)
    {
        if (session < sessionBase)
            return older!.ItemsOf(session);
        session -= sessionBase;
        return sessionItems.AsSpan(
            sessionStart[session], sessionStart[session + 1] - sessionStart[session]);
    }

    // An item that every session has would weigh nothing and vanish; it stays, last.
    private float Weigh(Work work)
    {
        var best = 0f;
        double sessions = Sessions;
        for (var i = 0; i < work.Scores.Count; i++)
        {
            ref var entry = ref work.Scores.At(i);
            var idf = Math.Max(1e-3, Math.Log(sessions / Math.Max(1, Frequency(entry.Key))));
            entry.Value *= (float)idf;
            best = Math.Max(best, entry.Value);
        }
        return best;
    }

    private void Remind(ReadOnlySpan<int> last, float best, Work work)
    {
        if (best <= 0)
            return;
        for (var j = 0; j < last.Length - 1; j++)
        {
            if (last[(j + 1)..].Contains(last[j]))
                continue;
            var weight = (j + 1f) / last.Length;
            work.Scores.Add(last[j], settings.Reminder * best * weight * weight);
        }
    }

    private int Frequency(int item) =>
        ((uint)item < (uint)frequency.Length ? frequency[item] : 0) + (older?.Frequency(item) ?? 0);

    private bool IsRemoved(int session) =>
        session >> 6 < removed.Length && (removed[session >> 6] >> session & 1) != 0;

    private static Lists Distinct(IReadOnlyList<int[]> sessions)
    {
        var start = new int[sessions.Count + 1];
        var total = 0;
        foreach (var session in sessions)
            total += session.Length;
        var values = new int[total];
        var at = 0;
        var seen = new HashSet<int>();
        for (var s = 0; s < sessions.Count; s++)
        {
            seen.Clear();
            foreach (var item in sessions[s])
            {
                ArgumentOutOfRangeException.ThrowIfNegative(item, nameof(sessions));
                if (seen.Add(item))
                    values[at++] = item;
            }
            start[s + 1] = at;
        }
        Array.Resize(ref values, at);
        return new Lists(start, values);
    }

    private readonly record struct Lists(int[] Start, int[] Values);

    /// <summary>Scratch of one thread, reused from query to query.</summary>
    public sealed class Work
    {
        private Scored[] ranked = new Scored[4096];

        internal SmallMap Sessions { get; } = new();

        internal SmallMap Scores { get; } = new();

        internal ref Scored Ranked(int at)
        {
            if (at >= ranked.Length)
                Array.Resize(ref ranked, ranked.Length * 2);
            return ref ranked[at];
        }

        internal Span<Scored> RankedSpan(int count) => ranked.AsSpan(0, count);

        internal void Clear()
        {
            Sessions.Clear();
            Scores.Clear();
        }
    }
}

/// <summary>
/// Sums by whole-number key, in the order of first appearance: open addressing, cleared in the time
/// of what was put in, no allocation once warm.
/// </summary>
internal sealed class SmallMap
{
    private Entry[] entries = new Entry[4096];
    private int[] slots = new int[8192];

    public int Count { get; private set; }

    public ref Entry At(int index) => ref entries[index];

    public void Add(int key, float value)
    {
        var slot = Slot(key);
        if (slots[slot] != 0)
        {
            entries[slots[slot] - 1].Value += value;
            return;
        }
        if (Count == entries.Length)
        {
            Grow();
            slot = Slot(key);
        }
        entries[Count] = new Entry { Key = key, Value = value, Place = slot };
        slots[slot] = ++Count;
    }

    public float Get(int key)
    {
        var at = slots[Slot(key)];
        return at == 0 ? 0 : entries[at - 1].Value;
    }

    public void Clear()
    {
        for (var i = 0; i < Count; i++)
            slots[entries[i].Place] = 0;
        Count = 0;
    }

    public Enumerator GetEnumerator() => new(this);

    private int Slot(int key)
    {
        var mask = slots.Length - 1;
        var slot = (int)((uint)key * 2_654_435_769u >> (32 - BitOperations.Log2((uint)slots.Length)));
        while (slots[slot] != 0 && entries[slots[slot] - 1].Key != key)
            slot = (slot + 1) & mask;
        return slot;
    }

    private void Grow()
    {
        Array.Resize(ref entries, entries.Length * 2);
        slots = new int[slots.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            entries[i].Place = Slot(entries[i].Key);
            slots[entries[i].Place] = i + 1;
        }
    }

    internal struct Entry
    {
        public int Key;
        public float Value;
        public int Place;
    }

    internal struct Enumerator(SmallMap map)
    {
        private int at = -1;

        public readonly (int Key, float Value) Current => (map.entries[at].Key, map.entries[at].Value);

        public bool MoveNext() => ++at < map.Count;
    }
}
