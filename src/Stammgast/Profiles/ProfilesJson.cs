using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stammgast.Profiles;

/// <summary>Source-generated JSON of this room; unknown and repeated members are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(LookUpOrder))]
[JsonSerializable(typeof(MergeOrder))]
[JsonSerializable(typeof(UnmergeOrder))]
[JsonSerializable(typeof(ProfileFound))]
[JsonSerializable(typeof(ProfilesParted))]
[JsonSerializable(typeof(ListRead<FactRead>))]
[JsonSerializable(typeof(ListRead<EventRead>))]
[JsonSerializable(typeof(ListRead<IdentifierRead>))]
[JsonSerializable(typeof(ListRead<string>))]
[JsonSerializable(typeof(ExplanationRead))]
internal sealed partial class ProfilesJson : JsonSerializerContext;

/// <summary>Which profile does this identifier name?</summary>
internal sealed record LookUpOrder(string Type, string Value);

/// <summary>Join this profile with another.</summary>
internal sealed record MergeOrder(string ProfileId);

/// <summary>Part these leaves from the rest of the profile.</summary>
internal sealed record UnmergeOrder(IReadOnlyList<string> Leaves);

/// <summary>A profile's id.</summary>
internal sealed record ProfileFound(string ProfileId);

/// <summary>The profiles after an unmerge.</summary>
internal sealed record ProfilesParted(IReadOnlyList<string> ProfileIds);

/// <summary>A list as every list of the API.</summary>
internal sealed record ListRead<T>(IReadOnlyList<T> Data, string? Next, int Withheld);

/// <summary>A fact with all that is known of it.</summary>
internal sealed record FactRead(string Key, JsonElement Value, string Provenance,
    IReadOnlyList<string> Purposes, int? Source, DateTimeOffset? At);

/// <summary>An event of the timeline.</summary>
internal sealed record EventRead(string Type, string Event, DateTimeOffset At,
    DateTimeOffset ReceivedAt, int Source, string Provenance, bool OfRecord, string? OrderId,
    long? TotalMinor, IReadOnlyList<ItemRead> Items, JsonElement? Payload);

/// <summary>A product of an event.</summary>
internal sealed record ItemRead(
    string ProductId, string VariantId, string Category, int Quantity, long PriceMinor, bool Gift);

/// <summary>An identifier of the profile.</summary>
internal sealed record IdentifierRead(string Type, string Value, DateTimeOffset FirstSeenAt);

/// <summary>Why the profile is as it is.</summary>
internal sealed record ExplanationRead(string ProfileId, IReadOnlyList<MemberRead> Members,
    IReadOnlyList<LinkRead> Links, int Withheld);

/// <summary>A leaf of the profile.</summary>
internal sealed record MemberRead(string Leaf, DateTimeOffset? JoinedAt);

/// <summary>A link considered: which identifier, when first seen, by which rule it was decided.</summary>
internal sealed record LinkRead(string Leaf, string? Type, string? Value, DateTimeOffset At,
    string Rule, bool Linked, string? Other);
