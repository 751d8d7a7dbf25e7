using System.Text.Json.Serialization;

namespace Stammgast.Demo;

/// <summary>A question to the platform: events in, decisions out.</summary>
internal sealed record ExperienceQuestion
{
    public required ExperienceContext Context { get; init; }
    public required IReadOnlyList<Placement> Placements { get; init; }
}

/// <summary>Where the question comes from.</summary>
internal sealed record ExperienceContext(string Locale, string Timezone);

/// <summary>A place on a page.</summary>
internal sealed record Placement(string Key, string Type)
{
    public int? Limit { get; init; }
    public string? ProductId { get; init; }
    public IReadOnlyList<string>? ProductIds { get; init; }
    public IReadOnlyList<string>? Exclude { get; init; }
}

/// <summary>The platform's answer.</summary>
internal sealed record ExperienceAnswer
{
    public static readonly ExperienceAnswer Silent = new() { Decisions = [] };
    public required IReadOnlyList<DecisionAnswer> Decisions { get; init; }

    /// <summary>What was decided for a place; null: the platform did not say.</summary>
    public DecisionAnswer? For(string placement) =>
        Decisions.FirstOrDefault(decision => decision.Placement == placement);
}

/// <summary>What was decided for one place.</summary>
internal sealed record DecisionAnswer
{
    public required string DecisionId { get; init; }
    public required string Placement { get; init; }
    public required string Outcome { get; init; }
    public IReadOnlyList<ItemAnswer> Items { get; init; } = [];
    public string? MotifId { get; init; }
    public ReasonAnswer? Reason { get; init; }
}

/// <summary>One product of a decision.</summary>
internal sealed record ItemAnswer(string ProductId);

/// <summary>The customer's sentence, and the switch that turns its reason off.</summary>
internal sealed record ReasonAnswer(string Code, string Text, string? Switch);

/// <summary>Events of record, as the Segment batch call takes them.</summary>
internal sealed record EventBatch(IReadOnlyList<TrackEvent> Batch);

/// <summary>One event of record.</summary>
internal sealed record TrackEvent
{
    public required string Type { get; init; }
    public required string MessageId { get; init; }
    public string? UserId { get; init; }
    public string? AnonymousId { get; init; }
    public string? Event { get; init; }
    public DateTimeOffset? Timestamp { get; init; }
    public EventProperties? Properties { get; init; }
    public IReadOnlyDictionary<string, string>? Traits { get; init; }
    public EventContext? Context { get; init; }
}

/// <summary>What the shop's events say.</summary>
internal sealed record EventProperties
{
    [JsonPropertyName("order_id")]
    public string? OrderId { get; init; }
    [JsonPropertyName("product_id")]
    public string? ProductId { get; init; }
    public decimal? Total { get; init; }
    public string? Currency { get; init; }
    public string? Reason { get; init; }
    public IReadOnlyList<EventProduct>? Products { get; init; }
}

/// <summary>A line of an order.</summary>
internal sealed record EventProduct
{
    [JsonPropertyName("product_id")]
    public required string ProductId { get; init; }
    [JsonPropertyName("variant_id")]
    public string? Variant { get; init; }
    public required int Quantity { get; init; }
    public decimal? Price { get; init; }
    public bool? Gift { get; init; }
}

/// <summary>What came with the event.</summary>
internal sealed record EventContext(ConsentContext? Consent);

/// <summary>The stamp.</summary>
internal sealed record ConsentContext(IReadOnlyDictionary<string, bool> CategoryPreferences);

/// <summary>The line on standard output that says that the demo serves; the names are fixed.</summary>
internal sealed record ReadyLine(
    string Url, string WriteKey, string TillKey, string ServerKey, string AdminKey, string DataDir,
    string MailUrl, string SmsUrl, string ClockUrl);

/// <summary>What the clock is put to.</summary>
internal sealed record ClockMove(DateTimeOffset Now);

/// <summary>Who the shop signed in, with its word for it.</summary>
internal sealed record IdentityAnswer(string UserId, string IdentityToken);

/// <summary>An article as <c>PUT /v1/catalog/products</c> takes it.</summary>
internal sealed record WireProduct
{
    public required string Id { get; init; }
    public required string Title { get; init; }
    public required string TitleEn { get; init; }
    public required string Brand { get; init; }
    public required string Category { get; init; }
    public required long PriceMinor { get; init; }
    public long? ListPriceMinor { get; init; }
    public required string Currency { get; init; }
    public required string ImageUrl { get; init; }
    public required string Link { get; init; }
    public required bool Sensitive { get; init; }
    public int? ReplenishDays { get; init; }

    /// <summary>By size, by measure: smallest and largest, millimetres.</summary>
    public IReadOnlyDictionary<string, Dictionary<string, int[]>>? SizeChart { get; init; }
    public required IReadOnlyList<WireVariant> Variants { get; init; }
}

/// <summary>One size and colour.</summary>
internal sealed record WireVariant(string Id, string? Size, string Colour, int Stock);

/// <summary>A motif as <c>PUT /v1/motifs/{key}</c> takes it.</summary>
internal sealed record WireMotif(
    string Key, string CampaignId, WireText Title, string Link, string ImageUrl, string Placement,
    int Priority, bool Active);

/// <summary>A text in both languages.</summary>
internal sealed record WireText(string De, string En);
