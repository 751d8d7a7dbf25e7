using System.Text.Json.Serialization;

namespace Stammgast.Demo;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Assortment))]
[JsonSerializable(typeof(ExperienceQuestion))]
[JsonSerializable(typeof(ExperienceAnswer))]
[JsonSerializable(typeof(ReadyLine))]
[JsonSerializable(typeof(ClockMove))]
[JsonSerializable(typeof(IdentityAnswer))]
[JsonSerializable(typeof(DemoMark))]
[JsonSerializable(typeof(WireProduct[]))]
[JsonSerializable(typeof(WireMotif))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class DemoJson : JsonSerializerContext;

// The Segment wire writes what the shop says in snake case, the rest in camel case.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EventBatch))]
[JsonSerializable(typeof(TrackEvent))]
internal sealed partial class SegmentJson : JsonSerializerContext;
