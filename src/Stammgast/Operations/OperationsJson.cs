using System.Text.Json.Serialization;

namespace Stammgast.Operations;

/// <summary>Source-generated JSON of this room.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StationReport))]
[JsonSerializable(typeof(List<Figure>))]
internal sealed partial class OperationsJson : JsonSerializerContext;
