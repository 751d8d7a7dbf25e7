namespace Stammgast.Demo;

/// <summary>
/// What a visitor answered to the consent dialogue: one strictly necessary cookie that holds the
/// categories said yes to and no identifier, so that a refusal is remembered of a browser without
/// knowing whose it is.
/// </summary>
internal sealed record Choice(bool Asked, IReadOnlyList<string> Given)
{
    /// <summary>The cookie's name.</summary>
    public const string Cookie = "consent";

    /// <summary>Everything that can be said yes to, in the order of the dialogue.</summary>
    public static readonly IReadOnlyList<string> Categories =
        ["functional", "personalization", "fit", "analytics", "advertising", "marketing", "advice"];

    /// <summary>Nobody has been asked: nothing is allowed.</summary>
    public static readonly Choice None = new(Asked: false, []);

    /// <summary>Whether a category was said yes to.</summary>
    public bool Allows(string category) => Given.Contains(category);

    /// <summary>The stamp that events of this visitor carry.</summary>
    public Dictionary<string, bool> Stamp() => Categories.ToDictionary(c => c, Allows);

    /// <summary>The cookie's value: <c>1.</c> and the categories.</summary>
    public static string Write(IEnumerable<string> given) =>
        "1." + string.Join('.', Categories.Intersect(given));

    /// <summary>Reads the cookie; what is malformed was never asked.</summary>
    public static Choice Read(string? cookie) =>
        cookie is not null && cookie.Length < 200 && cookie.StartsWith("1.", StringComparison.Ordinal)
            ? new(Asked: true, [.. cookie.Split('.').Skip(1).Intersect(Categories)])
            : None;
}
