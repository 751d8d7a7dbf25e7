using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stammgast.Consent;

/// <summary>The body of <c>PUT /v1/profiles/{id}/consents</c>.</summary>
internal sealed record ConsentsPut
{
    /// <summary>Purpose, or a parent of purposes, to status.</summary>
    public Dictionary<string, string>? Purposes { get; init; }

    /// <summary><c>person</c> (default) or <c>device</c>.</summary>
    public string? Scope { get; init; }

    /// <summary>The notice's version; grants need it.</summary>
    public int? Notice { get; init; }

    /// <summary>In which language it was asked, such as <c>de</c> or <c>de-AT</c>.</summary>
    public string? Language { get; init; }

    /// <summary>How it was said, such as <c>portal</c>; default <c>api</c>.</summary>
    public string? Method { get; init; }

    /// <summary>Where it was asked, such as <c>web/account</c>.</summary>
    public string? Surface { get; init; }

    /// <summary>When it was said; default: now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Of addresses.</summary>
    public List<SubscriptionPut>? Subscriptions { get; init; }
}

/// <summary>One subscription as sent.</summary>
internal sealed record SubscriptionPut
{
    /// <summary><c>email sms push post</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The address. Personal; kept as a hash only.</summary>
    public required string Address { get; init; }

    /// <summary>The topic; absent: the address as a whole.</summary>
    public string? Topic { get; init; }

    /// <summary><c>subscribed unsubscribed did_not_subscribe</c>.</summary>
    public required string State { get; init; }
}

/// <summary>The answer of a <c>PUT</c>.</summary>
internal sealed record ConsentsWritten(string ProfileId, DateTimeOffset? ReceivedAt, bool Repeated);

/// <summary>The answer of a <c>GET</c>.</summary>
internal sealed record ConsentsRead
{
    public required string ProfileId { get; init; }

    public required DateTimeOffset At { get; init; }

    public required IReadOnlyList<PurposeRead> Data { get; init; }

    public required IReadOnlyList<SubscriptionRead> Subscriptions { get; init; }

    public string? Next { get; init; }

    public int Withheld { get; init; }
}

/// <summary>One purpose in the answer of a <c>GET</c>.</summary>
internal sealed record PurposeRead
{
    public required string Purpose { get; init; }

    public required string LegalBasis { get; init; }

    public required string Status { get; init; }

    public required bool Allowed { get; init; }

    public DateTimeOffset? MadeAt { get; init; }

    public DateTimeOffset? ReceivedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public EvidenceRead? Evidence { get; init; }
}

/// <summary>What an answer rests on.</summary>
internal sealed record EvidenceRead(
    int? Notice, string? Language, string Method, string? Surface, string Scope,
    DateTimeOffset MadeAt, DateTimeOffset ReceivedAt);

/// <summary>One subscription in the answer of a <c>GET</c>; the address only as a hash.</summary>
internal sealed record SubscriptionRead(
    string Type, string AddressId, string? Topic, string State);

/// <summary>A text in both languages.</summary>
internal sealed record TextRead(string De, string En);

/// <summary>A configured purpose.</summary>
internal sealed record PurposeConfigured(
    string Key, int Bit, TextRead Title, string LegalBasis, string? Category, int RetentionDays);

/// <summary>All configured purposes.</summary>
internal sealed record PurposesConfigured(
    IReadOnlyList<PurposeConfigured> Data, string? Next = null);

/// <summary>A configured notice version.</summary>
internal sealed record NoticeConfigured(
    int Version, DateTimeOffset EffectiveFrom, int ValidMonths, IReadOnlyList<string> Purposes,
    IReadOnlyList<NoticeShown> Texts);

/// <summary>All configured notice versions.</summary>
internal sealed record NoticesConfigured(IReadOnlyList<NoticeConfigured> Data, string? Next = null);

/// <summary>A notice as the consent dialogue shows it, in one language.</summary>
internal sealed record NoticeShown(
    int Version, string Language, string Title, string Body, string AcceptAll, string RefuseAll,
    string Save, IReadOnlyList<CategoryShown> Categories);

/// <summary>A category as the consent dialogue shows it.</summary>
internal sealed record CategoryShown(
    string Key, string Title, string Text, IReadOnlyList<string> Purposes);

/// <summary>The wire of this room: what nobody asked for, and what stands twice, is an error.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false, NumberHandling = JsonNumberHandling.Strict,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never, PropertyNameCaseInsensitive = false)]
[JsonSerializable(typeof(ConsentsPut))]
[JsonSerializable(typeof(ConsentsWritten))]
[JsonSerializable(typeof(ConsentsRead))]
[JsonSerializable(typeof(PurposesConfigured))]
[JsonSerializable(typeof(NoticesConfigured))]
[JsonSerializable(typeof(NoticeShown))]
internal sealed partial class ConsentJson : JsonSerializerContext;
