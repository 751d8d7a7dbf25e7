namespace Stammgast.Kernels;

/// <summary>Counts with exponential decay: what is popular now.</summary>
public static class Popularity
{
    /// <summary>
    /// Weight of something that happened <paramref name="ageDays"/> ago when
    /// <paramref name="halfLifeDays"/> halve it. Ages below zero count as now.
    /// </summary>
    public static double Weight(double ageDays, double halfLifeDays) =>
        Math.Pow(0.5, Math.Max(0, ageDays) / halfLifeDays);
}
