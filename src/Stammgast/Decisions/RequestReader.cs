using System.Globalization;
using System.Text.Json;

namespace Stammgast.Decisions;

/// <summary>A field of a request is wrong; caught where the request is read, never further.</summary>
internal sealed class FieldException(string message, string pointer) : Exception(message)
{
    /// <summary>JSON pointer to the field.</summary>
    public string Pointer { get; } = pointer;
}

/// <summary>Reads checked members of one JSON object and names the field that is wrong.</summary>
internal readonly struct RequestReader
{
    private readonly string pointer;

    /// <summary>An object at a place in the request.</summary>
    public RequestReader(JsonElement element, string pointer)
    {
        this.pointer = pointer;
        Element = element.ValueKind == JsonValueKind.Object ? element
            : throw new FieldException("An object is expected.", pointer);
    }

    /// <summary>The object.</summary>
    public JsonElement Element { get; }

    /// <summary>What to throw when a member is wrong.</summary>
    public FieldException Wrong(string name, string detail) => new(detail, $"{pointer}/{name}");

    /// <summary>A text of 1 to so many characters without control characters; null where absent.</summary>
    public string? Text(string name, int maxChars) =>
        Find(name) is { } value ? Text(value, name, maxChars) : null;

    /// <summary>A whole number within bounds; null where absent.</summary>
    public long? Number(string name, long min, long max)
    {
        if (Find(name) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
            && number >= min && number <= max
            ? number : throw Wrong(name, $"A whole number, at least {min} and at most {max}.");
    }

    /// <summary>Texts; empty where absent.</summary>
    public IReadOnlyList<string> Texts(string name, int maxCount)
    {
        if (Find(name) is not { } value)
            return [];
        var texts = new string[Array(value, name, maxCount)];
        var i = 0;
        foreach (var item in value.EnumerateArray())
        {
            texts[i] = Text(item, Item(name, i), Limits.ItemIdChars);
            i++;
        }
        return texts;
    }

    /// <summary>An object; null where absent.</summary>
    public RequestReader? Object(string name) =>
        Find(name) is { } value ? new RequestReader(value, $"{pointer}/{name}") : null;

    /// <summary>An object, if it is one.</summary>
    public bool TryObject(string name, out RequestReader reader)
    {
        var isObject = Find(name) is { ValueKind: JsonValueKind.Object };
        reader = isObject ? Object(name)!.Value : default;
        return isObject;
    }

    /// <summary>Objects, none where absent.</summary>
    public IEnumerable<RequestReader> Objects(string name, int maxCount)
    {
        if (Find(name) is not { } value)
            yield break;
        var count = Array(value, name, maxCount);
        for (var i = 0; i < count; i++)
            yield return new RequestReader(value[i], $"{pointer}/{Item(name, i)}");
    }

    /// <summary>How many items an array has; 0 where absent or no array.</summary>
    public int Length(string name) =>
        Find(name) is { ValueKind: JsonValueKind.Array } value ? value.GetArrayLength() : 0;

    private JsonElement? Find(string name) =>
        Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value : null;

    private int Array(JsonElement value, string name, int maxCount) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= maxCount
            ? value.GetArrayLength() : throw Wrong(name, $"A list of at most {maxCount}.");

    private string Text(JsonElement value, string name, int maxChars)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Wrong(name, "A text is expected.");
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong(name, "Not valid Unicode.");
        }
        if (text.Length is 0 || text.Length > maxChars || HasControl(text))
            throw Wrong(name, $"1 to {maxChars} characters without control characters.");
        return text;
    }

    private static bool HasControl(string text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c))
                return true;
        }
        return false;
    }

    private static string Item(string name, int index) =>
        name + "/" + index.ToString(CultureInfo.InvariantCulture);
}
