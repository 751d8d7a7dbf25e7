using System.Text.Json;

namespace Stammgast.Collect;

/// <summary>
/// Reads <c>consent.categoryPreferences</c>. The events of a visit carry the same stamp, byte for
/// byte, so the last one is remembered and costs a comparison.
/// </summary>
internal sealed class StampReader(JsonTape tape)
{
    private const int CategoriesAtMost = 64;
    private byte[] _raw = [];
    private StampInput _last = StampInput.Absent;

    /// <summary>The stamp that a <c>consent</c> member holds (−1: there is none).</summary>
    public StampInput Read(int consent)
    {
        if (consent < 0)
            return StampInput.Absent;
        var raw = tape.Raw(consent);
        if (raw.SequenceEqual(_raw))
            return _last;
        _last = Parse(tape.Find(consent, "categoryPreferences"u8));
        _raw = raw.ToArray();
        return _last;
    }

    private StampInput Parse(int preferences)
    {
        if (preferences < 0 || tape[preferences].Kind != JsonTokenType.StartObject)
            return StampInput.Unreadable;
        var categories = new Dictionary<string, bool>(StringComparer.Ordinal);
        var end = tape[preferences].Next;
        for (var name = preferences + 1; name < end; name = tape[name + 1].Next)
        {
            var kind = tape[name + 1].Kind;
            if (kind is not (JsonTokenType.True or JsonTokenType.False)
                || categories.Count == CategoriesAtMost)
                return StampInput.Unreadable;
            categories[JsonText.Text(tape.Raw(name), tape[name].Escaped)] =
                kind == JsonTokenType.True;
        }
        return new StampInput(true, false, categories);
    }
}
