using System.Text.Json;

namespace Stammgast.Consent;

/// <summary>What is wrong with a configuration file, naming its member.</summary>
public sealed class ConsentConfigurationException(string file, string pointer, string what)
    : Exception($"{file}: {(pointer.Length == 0 ? "/" : pointer)}: {what}")
{
    /// <summary>JSON pointer to the member at fault.</summary>
    public string Pointer { get; } = pointer;
}

/// <summary>
/// A JSON object of a configuration, read strictly: what nobody asked for is an error, and every
/// error names its member by a JSON pointer. For start-up only; nothing here is fast.
/// </summary>
internal sealed class ConfigurationReader
{
    private readonly string _file;
    private readonly string _pointer;
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);

    private ConfigurationReader(string file, string pointer, JsonElement element)
    {
        _file = file;
        _pointer = pointer;
        if (element.ValueKind != JsonValueKind.Object)
            throw new ConsentConfigurationException(file, pointer, "an object is expected");
        foreach (var member in element.EnumerateObject())
            if (!_members.TryAdd(member.Name, member.Value))
                throw Wrong(member.Name, "stands here twice");
    }

    /// <summary>Reads a whole file.</summary>
    public static ConfigurationReader Open(string file, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return new ConfigurationReader(file, "", document.RootElement.Clone());
        }
        catch (JsonException broken)
        {
            throw new ConsentConfigurationException(file, "",
                $"not JSON at line {broken.LineNumber + 1}, byte {broken.BytePositionInLine}");
        }
    }

    /// <summary>A text of 1 to <paramref name="maxChars"/> characters.</summary>
    public string Text(string name, int maxChars = 200)
    {
        var text = Take(name, JsonValueKind.String, "a text").GetString() ?? "";
        return text.Length is > 0 && text.Length <= maxChars
            ? text
            : throw Wrong(name, $"has 1 to {maxChars} characters");
    }

    /// <summary>A text, or null where the member is absent.</summary>
    public string? OptionalText(string name) => _members.ContainsKey(name) ? Text(name) : null;

    /// <summary>A whole number within bounds.</summary>
    public int Number(string name, int min, int max) =>
        Take(name, JsonValueKind.Number, "a number").TryGetInt32(out var value)
            && value >= min && value <= max
            ? value
            : throw Wrong(name, $"is a whole number from {min} to {max}");

    /// <summary>An object.</summary>
    public ConfigurationReader Object(string name) =>
        new(_file, PointerOf(name), Take(name, JsonValueKind.Object, "an object"));

    /// <summary>The names of the members that are left, and each as an object.</summary>
    public IEnumerable<(string Name, ConfigurationReader Value)> Objects()
    {
        foreach (var name in _members.Keys.ToArray())
            yield return (name, Object(name));
    }

    /// <summary>A list of objects, at least one.</summary>
    public IReadOnlyList<ConfigurationReader> List(string name)
    {
        var list = Take(name, JsonValueKind.Array, "a list").EnumerateArray()
            .Select((item, i) => new ConfigurationReader(_file, $"{PointerOf(name)}/{i}", item))
            .ToArray();
        return list.Length > 0 ? list : throw Wrong(name, "is empty");
    }

    /// <summary>A list of texts.</summary>
    public IReadOnlyList<string> Texts(string name) =>
        [.. Take(name, JsonValueKind.Array, "a list").EnumerateArray().Select((item, i) =>
            item.ValueKind == JsonValueKind.String && item.GetString() is { Length: > 0 } text
                ? text
                : throw Wrong($"{name}/{i}", "a text is expected"))];

    /// <summary>Refuses what nobody asked for.</summary>
    public void End()
    {
        foreach (var name in _members.Keys)
            throw Wrong(name, "is not a member that is known here");
    }

    /// <summary>The error that names a member of this object.</summary>
    public ConsentConfigurationException Wrong(string name, string what) =>
        new(_file, PointerOf(name), what);

    private string PointerOf(string name) => $"{_pointer}/{name}";

    private JsonElement Take(string name, JsonValueKind kind, string what)
    {
        if (!_members.Remove(name, out var value))
            throw Wrong(name, "is missing");
        return value.ValueKind == kind ? value : throw Wrong(name, $"{what} is expected");
    }
}
