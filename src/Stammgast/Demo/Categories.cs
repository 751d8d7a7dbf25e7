namespace Stammgast.Demo;

/// <summary>The categories of the consent dialogue, as the platform's notice names them.</summary>
internal static class Categories
{
    /// <summary>Everything that can be said yes to, in the order of the dialogue.</summary>
    public static readonly IReadOnlyList<string> All =
        ["functional", "personalization", "fit", "analytics", "advertising", "marketing", "advice"];

    /// <summary>
    /// The stamp that a script hands over with a form: <c>functional.personalization</c>. Null: the
    /// visitor was not asked, or no script ran.
    /// </summary>
    public static Dictionary<string, bool>? Stamp(string given) => given.Length is 0 or > 200
        ? null
        : All.ToDictionary(category => category, given.Split('.').Contains);
}
