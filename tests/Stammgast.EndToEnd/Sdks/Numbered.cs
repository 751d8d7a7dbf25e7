using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Sdks;

/// <summary>
/// The events that every SDK test sends: numbered 0, 1, …, so that a lost or doubled one shows in
/// what the platform keeps of their person.
/// </summary>
internal static class Numbered
{
    // One of those that the stamp of these events, analytics: true, covers.
    private const string Purpose = "analytics.reporting.content_performance";

    /// <summary>
    /// Waits until the timeline holds all of them, then asserts that it holds each exactly once.
    /// </summary>
    public static async Task AssertKeptOnceAsync(
        Platform platform, (string Type, string Value) who, int count)
    {
        var cancel = TestContext.Current.CancellationToken;
        var kept = await Eventually.GetAsync(
            () => NumbersAsync(platform, who, cancel), numbers => numbers.Count >= count, cancel);
        Assert.Equal(Enumerable.Range(0, count), kept.Order());
    }

    /// <summary>
    /// A plan by which each batch meets faults of its own until all kinds have been met, then all
    /// again.
    /// </summary>
    public static Func<int, IReadOnlyList<Fault>> EachMeets(int perBatch, Fault[] faults) =>
        batch => [.. Enumerable.Range(batch * perBatch, perBatch)
            .Select(i => faults[i % faults.Length])];

    /// <summary>Fails if some kind of fault was not met.</summary>
    public static void AssertAllMet(FaultProxy proxy, Fault[] faults)
    {
        var met = proxy.Requests.Select(seen => seen.Outcome).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(faults.Select(fault => fault.ToString()).Except(met));
    }

    private static async Task<List<int>> NumbersAsync(
        Platform platform, (string Type, string Value) who, CancellationToken cancel)
    {
        var events = await platform.EventsOfAsync(who.Type, who.Value, Purpose, cancel);
        return [.. events.Where(each => each.GetProperty("event").GetString() == "Numbered")
            .Select(each => each.GetProperty("payload").GetProperty("properties").GetProperty("n")
                .GetInt32())];
    }
}
