using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stammgast.Decisions;

/// <summary>The room's resources as JSON: camel case, unknown and duplicate members refused.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(Motif))]
[JsonSerializable(typeof(PlacementSetting))]
[JsonSerializable(typeof(StoredStops))]
internal sealed partial class DecisionsJson : JsonSerializerContext;
