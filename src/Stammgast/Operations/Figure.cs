namespace Stammgast.Operations;

/// <summary>One measured figure of the benchmark.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">How much.</param>
/// <param name="Unit">Of what.</param>
/// <param name="Bound">What it must reach, as a sentence; empty where it is only reported.</param>
/// <param name="Holds">Whether the bound holds; null without one.</param>
/// <param name="Note">The raw limit measured in the same run, and what else explains it.</param>
internal sealed record Figure(
    string Name, double Value, string Unit, string Bound, bool? Holds, string Note)
{
    /// <summary>A figure that must not be less than a bound.</summary>
    public static Figure AtLeast(string name, double value, string unit, double bound, string note) =>
        new(name, value, unit, $"≥ {bound:n0}", value >= bound, note);

    /// <summary>A figure that must not be more than a bound.</summary>
    public static Figure AtMost(string name, double value, string unit, double bound, string note) =>
        new(name, value, unit, $"≤ {bound:0.##}", value <= bound, note);

    /// <summary>A figure without a bound of its own.</summary>
    public static Figure Reported(string name, double value, string unit, string note) =>
        new(name, value, unit, "", null, note);
}
