namespace Stammgast.Profiles;

/// <summary>
/// Where a fact comes from and what it may ever serve. Partials are kept apart by it, so that a
/// view adds only what it may see.
/// </summary>
/// <param name="Allowed">The gate's verdict over the event: purposes it may ever serve.</param>
/// <param name="Provenance">Never better than the event's ceiling.</param>
public readonly record struct Origin(PurposeSet Allowed, Provenance Provenance)
    : IComparable<Origin>
{
    /// <summary>
    /// An event's origin. A ceiling that is none of the known ones counts as third party: what
    /// nobody vouches for must not pass for something better.
    /// </summary>
    public static Origin Of(Event e) => new(e.Allowed, Known(e.Ceiling));

    /// <summary>What is computed from both: the worst provenance, what both allow.</summary>
    public static Origin Combine(in Origin a, in Origin b) => new(
        a.Allowed & b.Allowed, a.Provenance > b.Provenance ? a.Provenance : b.Provenance);

    /// <summary>Whether identifiers of this origin may link leaves.</summary>
    public bool Links => Provenance <= Provenance.Observed;

    /// <summary>Whether only views that are not marketing may see it.</summary>
    public bool IsForeign => Provenance >= Provenance.ThirdParty;

    /// <inheritdoc/>
    public int CompareTo(Origin other)
    {
        var order = Allowed.Bits.CompareTo(other.Allowed.Bits);
        return order != 0 ? order : Provenance.CompareTo(other.Provenance);
    }

    private static Provenance Known(Provenance ceiling) =>
        ceiling is >= Provenance.Declared and <= Provenance.Public
            ? ceiling
            : Provenance.ThirdParty;
}
