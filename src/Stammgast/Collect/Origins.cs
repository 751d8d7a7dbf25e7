using Stammgast.Keys;

namespace Stammgast.Collect;

/// <summary>Which pages may use a key.</summary>
internal static class Origins
{
    /// <summary>
    /// Whether a key may be used from an origin. No header: no browser sent it across origins, and
    /// a list keeps nobody out who writes headers himself. An empty list lets every page.
    /// </summary>
    public static bool Allows(ApiKey key, string? origin) =>
        string.IsNullOrEmpty(origin) || key.Origins.Count == 0 || Lists(key, origin);

    private static bool Lists(ApiKey key, string? origin)
    {
        for (var at = 0; origin is not null && at < key.Origins.Count; at++)
        {
            if (string.Equals(key.Origins[at], origin, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }
}
