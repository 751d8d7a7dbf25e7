using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Stammgast.Keys;
using Stammgast.Profiles;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>
/// The customer's word on what she was shown. Words come in as events and stand in her profile; here
/// they become rests of the campaign or reason that the decision was about. Only decisions made
/// for her own leaves count. What a decision was about is remembered, bounded.
/// </summary>
internal sealed class FeedbackWorker(ReservationWorker reservations, CapRules rules)
{
    private const int Remembered = 10_000;
    private const long DayMs = 86_400_000;
    private const long ForEverMs = 9_000_000_000_000_000;

    private readonly Channel<Event> folded = Channel.CreateBounded<Event>(
        new BoundedChannelOptions(Remembered) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly ConcurrentDictionary<DecisionId, (LeafId Leaf, Rest Target)> about = new();

    /// <summary>What rests by these words, for a person of these leaves.</summary>
    public async ValueTask<IReadOnlyList<Rest>> RestsAsync(
        IReadOnlyList<Feedback> words, IReadOnlyList<LeafId> leaves, CancellationToken cancel)
    {
        if (words.Count == 0)
            return [];
        var rests = new List<Rest>(words.Count);
        foreach (var word in words)
        {
            if (DecisionId.TryParse(word.DecisionId, out var id)
                && await AboutAsync(id, cancel) is { } found && leaves.Contains(found.Leaf))
                rests.Add(found.Target with { UntilMs = UntilMs(word) });
        }
        return rests;
    }

    /// <summary>
    /// For the fold, after its commit: never waits. What is dropped under load is a banner that
    /// counts until its release instead of for 90 days.
    /// </summary>
    public void Observe(Event e)
    {
        if (IsSight(e))
            folded.Writer.TryWrite(e);
    }

    /// <summary>Drops what is remembered of a leaf: erased.</summary>
    public void Forget(LeafId leaf)
    {
        foreach (var (id, known) in about)
        {
            if (known.Leaf == leaf)
                about.TryRemove(id, out _);
        }
    }

    /// <summary>Works off what the fold handed over, until the end.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await foreach (var e in folded.Reader.ReadAllAsync(cancel))
        {
            try
            {
                await ObserveAsync([e], cancel);
            }
            catch (OverloadedException)
            {
                // As if it had been dropped under load.
                continue;
            }
        }
    }

    /// <summary>
    /// Takes note of banners seen (<c>Promotion Viewed</c> and <c>Promotion Clicked</c> with the
    /// decision's id): they count after the release, too. Twice is harmless.
    /// </summary>
    public async ValueTask ObserveAsync(IReadOnlyList<Event> events, CancellationToken cancel)
    {
        foreach (var e in events)
        {
            if (!IsSight(e)
                || !DecisionId.TryParse(PropertyOf(e, "decision_id"), out var id)
                || await reservations.FindAsync(id, cancel) is not { } found || found.Leaf != e.Leaf
                || ReservationWorker.Reservation(DecisionRecord.Decode(found.Record)) is not { } contact)
                continue;
            try
            {
                await reservations.ChangeAsync(
                    e.Leaf, contacts => contacts.Seen(contact), rules, cancel);
            }
            catch (KeyGoneException)
            {
                // Erased meanwhile: there is nothing left to count.
            }
        }
    }

    private async ValueTask<(LeafId Leaf, Rest Target)?> AboutAsync(
        DecisionId id, CancellationToken cancel)
    {
        if (about.TryGetValue(id, out var known))
            return known;
        if (await reservations.FindAsync(id, cancel) is not { } found)
            return null;
        var decision = DecisionRecord.Decode(found.Record);
        if (!decision.IsShown)
            return null;
        var target = decision.Type == PlacementType.Banner
            ? new Rest(RestKind.Campaign, KeyHash.Of(decision.Campaign), 0)
            : new Rest(RestKind.Reason, (ulong)decision.Reason, 0);
        // Full: forget all; what is asked for again is read again.
        if (about.Count >= Remembered)
            about.Clear();
        return about[id] = (found.Leaf, target);
    }

    private static bool IsSight(Event e) => e.Name is "Promotion Viewed" or "Promotion Clicked";

    private long UntilMs(Feedback word) => word.Value switch
    {
        FeedbackValue.TooMuch => word.AtMs + rules.DismissedDays * DayMs,
        FeedbackValue.NotTrue => word.AtMs + BoughtIsDone.DefaultRestDays * DayMs,
        _ => ForEverMs,
    };

    private static string? PropertyOf(Event e, string name)
    {
        if (e.Body.IsEmpty)
            return null;
        using var body = JsonDocument.Parse(e.Body);
        return body.RootElement.TryGetProperty("properties", out var properties)
            && properties.ValueKind == JsonValueKind.Object
            && properties.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
