using System.Text.Json.Serialization;

namespace Stammgast.Privacy;

/// <summary>Source-generated JSON of this room; unknown and repeated members are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PrivacyOrder))]
[JsonSerializable(typeof(PrivacyDone))]
internal sealed partial class PrivacyJson : JsonSerializerContext;

/// <summary>A data-subject request; the only type so far is <c>erasure</c>.</summary>
internal sealed record PrivacyOrder(string Type, string ProfileId);

/// <summary>A request that has been carried out.</summary>
internal sealed record PrivacyDone(
    string Type, string ProfileId, string Status, DateTimeOffset CompletedAt, int Leaves);
