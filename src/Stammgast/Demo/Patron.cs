namespace Stammgast.Demo;

/// <summary>An invented customer of Sporthaus Adler.</summary>
/// <param name="UserId">The shop's account id.</param>
/// <param name="Name">Plainly invented: a bird and a place that is an example.</param>
/// <param name="Habit">What they come for.</param>
/// <param name="Given">Categories that they said yes to.</param>
/// <param name="Orders">Oldest first.</param>
internal sealed record Patron(
    string UserId, string Name, Habit Habit, IReadOnlyList<string> Given,
    IReadOnlyList<PastOrder> Orders)
{
    /// <summary>An address under a domain that can never exist.</summary>
    public string Email => Name.ToLowerInvariant().Replace(' ', '.') + "@example.invalid";
}

/// <summary>What an invented customer comes for.</summary>
internal enum Habit
{
    /// <summary>Roads, socks and gels.</summary>
    Runner,

    /// <summary>Woods and mountains.</summary>
    Hiker,

    /// <summary>Clay and balls.</summary>
    Tennis,

    /// <summary>What one wears.</summary>
    Everyday,

    /// <summary>Runs, and expects a child.</summary>
    Expecting,
}

/// <summary>An order of the past.</summary>
internal sealed record PastOrder(string Id, DateTimeOffset At, IReadOnlyList<PastLine> Lines);

/// <summary>A line of it; <paramref name="Reason"/> says why it came back, if it did.</summary>
internal sealed record PastLine(
    Style Style, StyleVariant Variant, int Quantity, bool Gift, string? Reason,
    DateTimeOffset? ReturnedAt);
