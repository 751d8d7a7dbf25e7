using System.Text.Json.Serialization;

namespace Stammgast.Operations;

/// <summary>Source-generated JSON of this room.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StationReport))]
internal sealed partial class OperationsJson : JsonSerializerContext;
