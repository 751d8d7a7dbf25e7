using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Stammgast.Collect;

/// <summary>
/// A request's JSON, read once into a flat list of tokens that can be walked without parsing
/// again. Refuses what a lenient reader would let through: duplicate members, deep nesting, half
/// surrogates, numbers beyond a double. What is wrong inside one event is noted on that event and
/// leaves its neighbours alone. Reused; one request at a time.
/// </summary>
/// <remarks>O(bytes), and per object O(members²) vectorised up to 1,024 members.</remarks>
internal sealed class JsonTape
{
    private const int KeepTokens = 64 * 1024;
    private static readonly JsonReaderOptions Lenient = new() { MaxDepth = int.MaxValue };

    private readonly Frame[] _frames = new Frame[Limits.JsonDepth + 3];
    private readonly List<TapeItem> _items = [];
    private TapeToken[] _tokens = new TapeToken[4096];
    private ulong[] _nameHashes = new ulong[1024];
    private int[] _nameTokens = new int[1024];
    private ReadOnlyMemory<byte> _body;
    private Problem? _problem;
    private int _count;
    private int _depth;
    private int _names;
    private int _itemsDepth;
    private bool _inItem;
    private bool _many;

    /// <summary>The body that the tokens point into.</summary>
    public ReadOnlySpan<byte> Body => _body.Span;

    /// <summary>The events, in the order of the request.</summary>
    public IReadOnlyList<TapeItem> Items => _items;

    /// <summary>Whether the items stand in an array (their pointers say which).</summary>
    public bool Many => _many;

    /// <summary>A token.</summary>
    public ref readonly TapeToken this[int token] => ref _tokens[token];

    /// <summary>Reads a body; the answer is why it cannot be read at all, or null.</summary>
    public Problem? Read(ReadOnlyMemory<byte> body, CollectCall call)
    {
        Reset(body, call);
        var span = _body.Span;
        if (!Utf8.IsValid(span))
            return Problems.Malformed("The body is not valid UTF-8.");
        try
        {
            var reader = new Utf8JsonReader(span, Lenient);
            while (reader.Read())
                Take(ref reader, call);
        }
        catch (JsonException e)
        {
            return Problems.Malformed("The body is not valid JSON "
                + $"(line {e.LineNumber + 1}, byte {e.BytePositionInLine}).");
        }
        if (_problem is null && _tokens[0].Kind != JsonTokenType.StartObject)
            return Problems.Malformed("The body must be a JSON object.", "");
        return _problem;
    }

    /// <summary>The value of an object's member, or −1.</summary>
    public int Find(int parent, ReadOnlySpan<byte> name)
    {
        if (parent < 0 || _tokens[parent].Kind != JsonTokenType.StartObject)
            return -1;
        var end = _tokens[parent].Next;
        for (var at = parent + 1; at < end; at = _tokens[at + 1].Next)
        {
            if (NameIs(at, name))
                return at + 1;
        }
        return -1;
    }

    /// <summary>
    /// A string's content, a number or a literal, as sent; a container with its brackets.
    /// </summary>
    public ReadOnlySpan<byte> Raw(int token) =>
        _body.Span.Slice(_tokens[token].Start, _tokens[token].Length);

    /// <summary>
    /// As <see cref="Raw"/>, a string with its quotes: ready to be copied into JSON.
    /// </summary>
    public ReadOnlySpan<byte> Json(int token)
    {
        ref readonly var found = ref _tokens[token];
        return found.Kind is JsonTokenType.String or JsonTokenType.PropertyName
            ? _body.Span.Slice(found.Start - 1, found.Length + 2)
            : _body.Span.Slice(found.Start, found.Length);
    }

    /// <summary>Whether a member name, unescaped, is this one.</summary>
    public bool NameIs(int token, ReadOnlySpan<byte> name)
    {
        ref readonly var found = ref _tokens[token];
        if (!found.Escaped)
            return found.Length == name.Length && Raw(token).SequenceEqual(name);
        Span<byte> plain = stackalloc byte[Limits.NameBytes];
        return plain[..JsonText.Unescape(Raw(token), plain)].SequenceEqual(name);
    }

    private void Reset(ReadOnlyMemory<byte> body, CollectCall call)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        _body = body.Span.StartsWith(mark) ? body[mark.Length..] : body;
        if (_tokens.Length > KeepTokens)
            _tokens = new TapeToken[4096];
        _items.Clear();
        _problem = null;
        _count = _depth = _names = 0;
        _many = call is CollectCall.Batch or CollectCall.Experience;
        _itemsDepth = _many ? int.MaxValue : 0;
        _inItem = false;
    }

    private void Take(ref Utf8JsonReader reader, CollectCall call)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                TakeName(ref reader);
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                Open(ref reader, call);
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                Close((int)reader.BytesConsumed);
                break;
            default:
                BeginValue(ref reader);
                TakeScalar(ref reader);
                EndValue();
                break;
        }
    }

    private void TakeName(ref Utf8JsonReader reader)
    {
        ref var frame = ref _frames[_depth - 1];
        var name = reader.ValueSpan;
        frame.Name = _count;
        Add(reader.TokenType, (int)reader.TokenStartIndex + 1, name.Length, reader.ValueIsEscaped);
        if (name.Length > Limits.NameBytes)
        {
            _count--;
            frame.Name = -1;
            Fault(Refusal.TooLong);
            frame.Name = _count++;
            // Names of refused events are compared no more.
            _tokens[frame.Name].Length = 0;
            return;
        }
        if (reader.ValueIsEscaped && !JsonText.IsWellFormed(name))
        {
            // Has no text: from here on it stands for its raw bytes, in the pointer too.
            _tokens[frame.Name].Escaped = false;
            Fault(Refusal.InvalidUnicode);
            return;
        }
        NoteName(ref frame, reader.ValueIsEscaped);
    }

    private void NoteName(ref Frame frame, bool escaped)
    {
        if (_names - frame.NameBase >= Limits.ObjectMembers)
        {
            Fault(Refusal.TooMany);
            return;
        }
        var hash = escaped ? HashEscaped(frame.Name) : JsonText.Hash(Raw(frame.Name));
        var seen = _nameHashes.AsSpan(frame.NameBase, _names - frame.NameBase);
        for (int from = 0, hit; (hit = seen[from..].IndexOf(hash)) >= 0; from += hit + 1)
        {
            if (SameName(_nameTokens[frame.NameBase + from + hit], frame.Name))
            {
                Fault(Refusal.DuplicateMember);
                break;
            }
        }
        if (_names == _nameHashes.Length)
        {
            Array.Resize(ref _nameHashes, _names * 2);
            Array.Resize(ref _nameTokens, _names * 2);
        }
        _nameHashes[_names] = hash;
        _nameTokens[_names++] = frame.Name;
    }

    private ulong HashEscaped(int token)
    {
        Span<byte> plain = stackalloc byte[Limits.NameBytes];
        return JsonText.Hash(plain[..JsonText.Unescape(Raw(token), plain)]);
    }

    private bool SameName(int a, int b)
    {
        if (!_tokens[a].Escaped)
            return NameIs(b, Raw(a));
        Span<byte> plain = stackalloc byte[Limits.NameBytes];
        return NameIs(b, plain[..JsonText.Unescape(Raw(a), plain)]);
    }

    private void Open(ref Utf8JsonReader reader, CollectCall call)
    {
        BeginValue(ref reader);
        var deepest = Limits.JsonDepth + (_inItem && _many ? 2 : 0);
        if (_depth >= deepest)
        {
            Fault(Refusal.TooDeep);
            Add(JsonTokenType.Null, (int)reader.TokenStartIndex, 0, false);
            reader.Skip();
            EndValue();
            return;
        }
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        if (_many && _depth == 1 && IsItems(call))
        {
            if (isObject)
                _problem ??= Problems.Invalid("This member must be an array.", Pointer());
            else
                _itemsDepth = 2;
        }
        _frames[_depth++] = new Frame
        {
            Token = _count, IsObject = isObject, Index = -1, NameBase = _names, Name = -1,
        };
        Add(reader.TokenType, (int)reader.TokenStartIndex, 0, false);
    }

    private bool IsItems(CollectCall call) =>
        _frames[0].IsObject && _frames[0].Name >= 0
        && NameIs(_frames[0].Name, call == CollectCall.Batch ? "batch"u8 : "events"u8);

    private void Close(int end)
    {
        ref var frame = ref _frames[--_depth];
        ref var token = ref _tokens[frame.Token];
        token.Length = end - token.Start;
        token.Next = _count;
        _names = frame.NameBase;
        if (_inItem && _depth == _itemsDepth && token.Length > Limits.EventBytes)
            Fault(Refusal.TooLarge);
        // The array of events is closed: what follows belongs to the request.
        if (_many && _depth == 1 && _itemsDepth == 2)
            _itemsDepth = int.MaxValue;
        EndValue();
    }

    private void BeginValue(ref Utf8JsonReader reader)
    {
        if (_depth > 0 && !_frames[_depth - 1].IsObject)
            _frames[_depth - 1].Index++;
        if (_depth != _itemsDepth)
            return;
        _inItem = true;
        _items.Add(new TapeItem { Token = _count });
        if (_items.Count > Limits.BatchEvents)
            Fault(Refusal.TooMany);
        else if (reader.TokenType != JsonTokenType.StartObject)
            Fault(Refusal.WrongType);
    }

    private void EndValue()
    {
        if (_depth == _itemsDepth)
            _inItem = false;
    }

    private void TakeScalar(ref Utf8JsonReader reader)
    {
        var value = reader.ValueSpan;
        var start = (int)reader.TokenStartIndex;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                var sound = !reader.ValueIsEscaped || JsonText.IsWellFormed(value);
                if (!sound)
                    Fault(Refusal.InvalidUnicode);
                var length = sound ? value.Length : 0;
                Add(JsonTokenType.String, start + 1, length, reader.ValueIsEscaped);
                break;
            case JsonTokenType.Number:
                if (!JsonText.IsInRange(value))
                    Fault(Refusal.OutOfRange);
                Add(JsonTokenType.Number, start, value.Length, false);
                break;
            default:
                Add(reader.TokenType, start, value.Length, false);
                break;
        }
        if (_many && _depth == 1 && (IsItems(CollectCall.Batch) || IsItems(CollectCall.Experience))
            && reader.TokenType != JsonTokenType.Null)
            _problem ??= Problems.Invalid("This member must be an array.", Pointer());
    }

    private void Add(JsonTokenType kind, int start, int length, bool escaped)
    {
        if (_count == _tokens.Length)
            Array.Resize(ref _tokens, _count * 2);
        _tokens[_count] = new TapeToken
        {
            Start = start, Length = length, Next = _count + 1, Kind = kind, Escaped = escaped,
        };
        _count++;
    }

    // The first fault of an event counts; outside of events it refuses the request.
    private void Fault(string code)
    {
        if (!_inItem)
        {
            _problem ??= Problems.Invalid($"The request is refused: {code}.", Pointer());
            return;
        }
        var item = _items[^1];
        if (item.Code is null)
            _items[^1] = item with { Code = code, Field = Pointer() };
    }

    // Costs only on refusal; RFC 6901.
    private string Pointer()
    {
        var text = new StringBuilder();
        for (var depth = 0; depth < _depth; depth++)
        {
            ref var frame = ref _frames[depth];
            if (!frame.IsObject)
                text.Append('/').Append(frame.Index);
            else if (frame.Name >= 0)
                text.Append('/').Append(JsonText.PointerPart(
                    JsonText.Text(Raw(frame.Name), _tokens[frame.Name].Escaped)));
        }
        return text.ToString();
    }

    private struct Frame
    {
        public int Token;
        public int NameBase;
        public int Index;
        public int Name;
        public bool IsObject;
    }
}

/// <summary>One event of a request, as far as its JSON goes.</summary>
internal readonly record struct TapeItem
{
    /// <summary>Its object (or what stands in its place).</summary>
    public required int Token { get; init; }

    /// <summary>Why its JSON is refused, else null.</summary>
    public string? Code { get; init; }

    /// <summary>JSON pointer to what is refused.</summary>
    public string? Field { get; init; }
}

/// <summary>A token: where it stands, and which token follows after all that it holds.</summary>
internal struct TapeToken
{
    /// <summary>First byte: of a string its content, of a container its bracket.</summary>
    public int Start;

    /// <summary>Bytes.</summary>
    public int Length;

    /// <summary>The token after it and its children.</summary>
    public int Next;

    /// <summary>Start tokens stand for their whole container.</summary>
    public JsonTokenType Kind;

    /// <summary>Whether the content holds escapes.</summary>
    public bool Escaped;
}
