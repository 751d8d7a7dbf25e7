using Stammgast.Kernels;

namespace Stammgast.Intelligence;

/// <summary>
/// Scratch of one thread: adds up what several models say of a product and remembers which said
/// most. Arrays over the catalogue, cleared in the time of what was touched.
/// </summary>
internal sealed class Blend
{
    private float[] sums = [];
    private float[] most = [];
    private ShownFor[] reasons = [];
    private int[] because = [];
    private int[] touched = [];
    private Scored[] ranked = [];
    private int count;

    /// <summary>Scratch of the sessions model.</summary>
    public SessionKnn.Work Work { get; } = new();

    /// <summary>Products that have a score.</summary>
    public int Count => count;

    /// <summary>Begins anew over so many products.</summary>
    public void Clear(int items)
    {
        for (var i = 0; i < count; i++)
            (sums[touched[i]], most[touched[i]], reasons[touched[i]]) = (0, 0, ShownFor.None);
        count = 0;
        if (sums.Length >= items)
            return;
        sums = new float[items];
        most = new float[items];
        reasons = new ShownFor[items];
        because = new int[items];
        touched = new int[items];
        ranked = new Scored[items];
    }

    /// <summary>Adds a model's word; not above 0 is no word.</summary>
    public void Add(int item, float score, ShownFor reason, int cause = -1)
    {
        if (!(score > 0) || (uint)item >= (uint)sums.Length)
            return;
        if (reasons[item] == ShownFor.None)
            touched[count++] = item;
        sums[item] += score;
        if (score > most[item] || reasons[item] == ShownFor.None)
            (most[item], reasons[item], because[item]) = (score, reason, cause);
    }

    /// <summary>A product's sum, and what said most of it.</summary>
    public (float Score, ShownFor Reason, int Because) Of(int item) =>
        (sums[item], reasons[item], because[item]);

    /// <summary>The best products, best first.</summary>
    public ReadOnlySpan<Scored> Best(int top)
    {
        for (var i = 0; i < count; i++)
            ranked[i] = new Scored(touched[i], sums[touched[i]]);
        return ranked.AsSpan(0, Kernels.Best.First(ranked.AsSpan(0, count), top));
    }
}
