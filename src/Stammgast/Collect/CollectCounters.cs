using System.Diagnostics.Metrics;

namespace Stammgast.Collect;

/// <summary>What the gate counts. Tags are fates and codes of closed sets, never a value.</summary>
internal static class CollectCounters
{
    private static readonly Meter Meter = new("Stammgast.Collect");

    private static readonly Counter<long> Events = Meter.CreateCounter<long>(
        "stammgast.collect.fates", "{event}", "Events by fate and refusal code");

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "stammgast.collect.requests", "{request}", "Requests by status");

    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>(
        "stammgast.collect.bytes", "By", "Bytes of bodies after decompression");

    private static readonly Counter<long> Letters = Meter.CreateCounter<long>(
        "stammgast.collect.dead_letters", "{event}", "Rejected events, kept or only counted");

    /// <summary>Counts a request's events: one addition a fate or code, not one an event.</summary>
    public static void Count(Admitted admitted, int bodyBytes)
    {
        Bytes.Add(bodyBytes);
        var accepted = 0;
        var duplicate = 0;
        foreach (var fate in admitted.Fates)
        {
            if (fate.Fate == Fate.Accepted)
                accepted++;
            else if (fate.Fate == Fate.Duplicate)
                duplicate++;
            else
                Events.Add(1, Tag("fate", "rejected"), Tag("code", fate.Code));
        }
        if (accepted > 0)
            Events.Add(accepted, Tag("fate", "accepted"));
        if (duplicate > 0)
            Events.Add(duplicate, Tag("fate", "duplicate"));
    }

    /// <summary>Counts a request.</summary>
    public static void Answered(int status) => Requests.Add(1, Tag("status", status));

    /// <summary>Counts a dead letter.</summary>
    public static void Letter(bool kept) => Letters.Add(1, Tag("kept", kept));

    private static KeyValuePair<string, object?> Tag(string name, object? value) =>
        new(name, value);
}
