using System.Buffers;
using System.Text.Json;
using Stammgast.Collect;

namespace Stammgast.Decisions;

/// <summary>
/// The answer of <c>POST /v1/experience</c>: the customer's voice only. No score, candidate,
/// audience or provenance is written here, whoever asks.
/// </summary>
internal static class ExperienceAnswer
{
    /// <summary>Writes the whole answer.</summary>
    public static void Write(IBufferWriter<byte> target, in Answered answered)
    {
        using var json = new Utf8JsonWriter(target);
        json.WriteStartObject();
        json.WriteString("position"u8, answered.Position.ToString());
        if (answered.IsStale)
            json.WriteBoolean("stale"u8, true);
        if (answered.IsDegraded)
            json.WriteBoolean("degraded"u8, true);
        json.WriteStartArray("events"u8);
        foreach (var fate in answered.Fates)
            Write(json, fate);
        json.WriteEndArray();
        json.WriteStartArray("decisions"u8);
        foreach (var decision in answered.Decisions)
            Write(json, decision, answered);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, in EventFate fate)
    {
        json.WriteStartObject();
        json.WriteString("messageId"u8, fate.MessageId);
        json.WriteString("fate"u8, fate.Fate switch
        {
            Fate.Accepted => "accepted"u8,
            Fate.Duplicate => "duplicate"u8,
            _ => "rejected"u8,
        });
        if (fate.Code is not null)
            json.WriteString("code"u8, fate.Code);
        if (fate.Field is not null)
            json.WriteString("field"u8, fate.Field);
        if (fate.Note is not null)
            json.WriteString("note"u8, fate.Note);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Decision decision, in Answered answered)
    {
        var isBanner = decision.Type == PlacementType.Banner && decision.IsShown;
        json.WriteStartObject();
        json.WriteString("decisionId"u8, decision.Id.ToString());
        json.WriteString("placement"u8, decision.Placement);
        json.WriteString("outcome"u8, decision.IsShown ? "shown"u8 : "silent"u8);
        json.WriteStartArray("items"u8);
        if (decision.Type is PlacementType.Items or PlacementType.Rank)
        {
            foreach (ref readonly var item in decision.Candidates.AsSpan(0, decision.ShownCount))
            {
                json.WriteStartObject();
                json.WriteString("productId"u8, item.Key);
                json.WriteEndObject();
            }
        }
        json.WriteEndArray();
        json.WriteNull("offerId"u8);
        json.WriteString("campaignId"u8, isBanner ? decision.Campaign : null);
        json.WriteString("motifId"u8, isBanner ? decision.Candidates[0].Key : null);
        json.WriteString("advice"u8, decision.Type == PlacementType.Size ? "abstain" : null);
        if (isBanner && answered.MotifOf(decision.Candidates[0].Key) is { } motif)
            Write(json, motif, answered.Locale);
        Reason(json, decision, answered.Locale);
        json.WriteString("silence"u8, decision.IsShown ? null : ReasonCodes.Of(decision.Silence));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Motif motif, string? locale)
    {
        json.WriteStartObject("creative"u8);
        json.WriteString("title"u8, motif.Title.In(locale));
        json.WriteString("text"u8, motif.Text?.In(locale));
        json.WriteString("link"u8, motif.Link);
        json.WriteString("imageUrl"u8, motif.ImageUrl.Length > 0 ? motif.ImageUrl : null);
        json.WriteEndObject();
    }

    private static void Reason(Utf8JsonWriter json, Decision decision, string? locale)
    {
        if (!decision.IsShown)
        {
            json.WriteNull("reason"u8);
            return;
        }
        json.WriteStartObject("reason"u8);
        json.WriteString("code"u8, ReasonCodes.Of(decision.Reason));
        json.WriteString("text"u8, CustomerVoice.Sentence(decision, locale));
        json.WriteString("switch"u8, CustomerVoice.Switch(decision));
        json.WriteEndObject();
    }
}

/// <summary>What the answer is made of.</summary>
internal readonly record struct Answered
{
    /// <summary>Handed back as <c>after</c> by a later request that must see this one.</summary>
    public required LogPosition Position { get; init; }

    /// <summary>The fold had not passed the position asked for within 5 ms.</summary>
    public bool IsStale { get; init; }

    /// <summary>Nothing personal was answered though it could be: overload, or consents not fresh.</summary>
    public bool IsDegraded { get; init; }

    /// <summary>What became of the events.</summary>
    public required IReadOnlyList<EventFate> Fates { get; init; }

    /// <summary>One per placement, in their order.</summary>
    public required IReadOnlyList<Decision> Decisions { get; init; }

    /// <summary>The motifs that were decided over.</summary>
    public required IReadOnlyList<Motif> Motifs { get; init; }

    /// <summary>Language of sentences and texts, or null.</summary>
    public string? Locale { get; init; }

    /// <summary>A motif by its key.</summary>
    public Motif? MotifOf(string key)
    {
        for (var i = 0; i < Motifs.Count; i++)
        {
            if (string.Equals(Motifs[i].Key, key, StringComparison.Ordinal))
                return Motifs[i];
        }
        return null;
    }
}
