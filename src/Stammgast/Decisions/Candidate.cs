namespace Stammgast.Decisions;

/// <summary>A product that a model proposes.</summary>
/// <param name="ProductId">The catalogue's id.</param>
/// <param name="Score">Fixed point, millionths; comparable among candidates of one placement.</param>
/// <param name="Source">Why it is proposed.</param>
public readonly record struct Candidate(string ProductId, int Score, ShownFor Source);

/// <summary>
/// A candidate as judged. <paramref name="Rank"/> 1 is the first shown, 0 not shown;
/// <paramref name="Position"/> is where it stood among those handed in.
/// </summary>
/// <param name="Key">Product id or motif key.</param>
/// <param name="Score">Fixed point, millionths, 0 and up.</param>
/// <param name="Source">Why it was proposed.</param>
/// <param name="Held">Why it is held back; <see cref="HeldBack.None"/>: it may be shown.</param>
/// <param name="Position">From 0, unique within the decision, at most 2,047.</param>
/// <param name="Rank">Place in what is shown, from 1; 0: not shown.</param>
public readonly record struct Judged(
    string Key, int Score, ShownFor Source, HeldBack Held, short Position, short Rank);

/// <summary>Model scores become integers once, here: only integers are compared and recorded.</summary>
public static class FixedPoint
{
    /// <summary>Units of one.</summary>
    public const int Scale = 1_000_000;

    /// <summary>Rounds half away from zero; NaN and below zero are 0; saturates at 2,000.</summary>
    public static int Of(double value) =>
        value is > 0 ? (int)Math.Min(Math.Round(value * Scale, MidpointRounding.AwayFromZero),
            2_000d * Scale) : 0;
}
