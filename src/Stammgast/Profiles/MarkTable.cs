using System.Runtime.InteropServices;

namespace Stammgast.Profiles;

/// <summary>
/// Marks sorted by their keys, each key once: a join-semilattice for all but sums, which add. Two
/// uses: a leaf's state, by origin; and a view, in which origins have been joined.
/// Mutable, one thread; a published table is never changed.
/// </summary>
internal sealed class MarkTable
{
    private const int Spare = 12;

    private readonly List<Mark> _marks;
    private readonly bool _byOrigin;

    /// <summary>An empty table.</summary>
    public MarkTable(bool byOrigin)
    {
        _byOrigin = byOrigin;
        _marks = [];
    }

    private MarkTable(MarkTable other)
    {
        _byOrigin = other._byOrigin;
        // Room for what a batch brings: growing would copy all of it again.
        _marks = new List<Mark>(other._marks.Count + Spare);
        _marks.AddRange(other._marks);
    }

    /// <summary>The marks in the order of their keys.</summary>
    public ReadOnlySpan<Mark> Marks => CollectionsMarshal.AsSpan(_marks);

    /// <summary>How many.</summary>
    public int Count => _marks.Count;

    /// <summary>The same marks, to be changed apart.</summary>
    public MarkTable Copy() => new(this);

    /// <summary>Makes room for about so many.</summary>
    public void Expect(int marks) => _marks.EnsureCapacity(marks);

    /// <summary>Adds marks that are already sorted and unique, as a codec reads them.</summary>
    public void AddSorted(in Mark mark) => _marks.Add(mark);

    /// <summary>Combines a mark by the law of its kind. O(log n) to find, O(n) to insert.</summary>
    public void Add(in Mark mark)
    {
        var law = MarkLaw.Of(mark.Kind);
        var at = Find(mark);
        if (at >= 0)
        {
            _marks[at] = law.Join(_marks[at], mark);
            return;
        }
        _marks.Insert(~at, mark);
        if (_byOrigin)
            KeepBound(law, ~at);
    }

    /// <summary>The marks of one kind, over all origins where the table keeps them apart.</summary>
    public ReadOnlySpan<Mark> Of(MarkKind kind)
    {
        var from = FirstOf(kind);
        var to = FirstOf(kind + 1);
        return Marks[from..to];
    }

    private int FirstOf(MarkKind kind)
    {
        int low = 0, high = _marks.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_marks[middle].Kind < kind)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private void KeepBound(in MarkLaw law, int around)
    {
        var all = Marks;
        ref readonly var added = ref all[around];
        int from = around, to = around + 1;
        while (from > 0 && IsSameRun(all[from - 1], added))
            from--;
        while (to < all.Length && IsSameRun(all[to], added))
            to++;
        if (to - from <= law.Bound)
            return;
        var worst = from;
        for (var i = from + 1; i < to; i++)
        {
            if (law.DropsFirst(all[i], all[worst]))
                worst = i;
        }
        _marks.RemoveAt(worst);
    }

    private static bool IsSameRun(in Mark x, in Mark y) =>
        x.Kind == y.Kind && x.Origin == y.Origin;

    private int Find(in Mark mark)
    {
        int low = 0, high = _marks.Count - 1;
        var all = Marks;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Compare(all[middle], mark);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    private int Compare(in Mark x, in Mark y)
    {
        var order = x.Kind.CompareTo(y.Kind);
        if (order == 0 && _byOrigin)
            order = x.Origin.CompareTo(y.Origin);
        return order != 0 ? order : Mark.CompareKeys(x, y);
    }
}
