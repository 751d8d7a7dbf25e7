using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Stammgast.Collect;

/// <summary>
/// From the bytes of one request to well-formed, judged events and the fate of each:
/// <list type="number">
/// <item>JSON: read once onto a tape; what is wrong inside one event stays its own affair.</item>
/// <item>Call: its type, name and message id.</item>
/// <item>Time: corrected by the sender's skew, never after receipt, not too old.</item>
/// <item>Who: identifiers that this source may be believed, normalised, best anchor first.</item>
/// <item>What: products, order and reason, enriched from the catalogue.</item>
/// <item>Gate: the verdict over the event's consent stamp.</item>
/// <item>Once: leaf, message key, and whether it was taken a short while ago.</item>
/// <item>Less: of the payload only what the platform keeps.</item>
/// </list>
/// Does no I/O; the instant of receipt is handed in. Reused from request to request by one thread
/// at a time. Its memory is bounded by the request's limit.
/// </summary>
internal sealed partial class Admission
{
    private const long DayMs = 86_400_000;
    private const long NotableSkewMs = 60_000;

    private readonly AdmissionRules _rules;
    private readonly JsonTape _tape = new();
    private readonly StringPool _pool = new();
    private readonly AnchorCache _anchors;
    private readonly Commerce _commerce;
    private readonly HashSet<ulong> _inRequest = [];
    private readonly List<Identifier> _identifiers = [];
    private readonly byte[] _plain = new byte[Limits.EventBytes];
    private readonly StampReader _stamps;
    private Request _request;
    private Current _e;

    /// <summary>A fresh one; about 200 KB.</summary>
    public Admission(AdmissionRules rules)
    {
        _rules = rules;
        _anchors = new AnchorCache(rules.Index);
        _commerce = new Commerce(_tape, _pool, rules.LookUp, rules.Currency);
        _stamps = new StampReader(_tape);
    }

    /// <summary>Step 1. Why the request cannot be read at all, or null.</summary>
    public Problem? Read(ReadOnlyMemory<byte> body, CollectCall call)
    {
        var problem = _tape.Read(body, call);
        if (problem is not null)
            return problem;
        _request = new Request { Call = call, Shared = EventSlots.Of(_tape, 0), SentAtMs = null };
        if (call == CollectCall.Batch && _tape.Find(0, "batch"u8) is var batch
            && (batch < 0 || _tape[batch].Kind == JsonTokenType.Null))
            return Problems.Invalid("A batch holds its events in this array.", "/batch");
        if (_tape.Many && _request.Shared.Context >= 0
            && _tape[_request.Shared.Context].Kind != JsonTokenType.StartObject)
            return Problems.Invalid("The context must be an object.", "/context");
        return null;
    }

    /// <summary>The request's own <c>writeKey</c>, or empty; valid until the next read.</summary>
    public string WriteKey()
    {
        var token = _request.Shared.WriteKey;
        return token >= 0 && _tape[token].Kind == JsonTokenType.String && _tape[token].Length <= 128
            ? _pool.Get(_tape.Raw(token))
            : "";
    }

    /// <summary>Steps 2–8 for every event of the request.</summary>
    public Admitted Admit(Source source, bool privacySignal, long receivedAtMs)
    {
        var items = _tape.Items;
        var admitted = new Admitted(items.Count);
        _request.Source = source;
        _request.PrivacySignal = privacySignal;
        _request.ReceivedAtMs = receivedAtMs;
        _inRequest.Clear();
        _anchors.Age(receivedAtMs);
        _request.Arena = new Arena(_tape.Body.Length + items.Count * Minimiser.Overhead);
        if (_tape.Many && _request.Shared.SentAt >= 0
            && TryInstant(_request.Shared.SentAt, out var sentAtMs))
            _request.SentAtMs = sentAtMs;
        for (var at = 0; at < items.Count; at++)
            Admit(items[at], at, admitted);
        return admitted;
    }

    private void Admit(in TapeItem item, int index, Admitted admitted)
    {
        Judge(item, index, admitted);
        admitted.Names.Add(_e.Name);
    }

    private void Judge(in TapeItem item, int index, Admitted admitted)
    {
        _e = new Current
        {
            Index = index,
            Slots = EventSlots.Of(_tape, item.Token),
            MessageId = "",
            Name = "",
            Code = "",
            Field = "",
        };
        if (item.Code is not null)
        {
            // Its JSON is refused; its message id may still be read, so that the sender can tell.
            TryMessageId(item.Token);
            (_e.Code, _e.Field) = (item.Code, item.Field ?? "");
        }
        else if (TryCall(item.Token) && TryTime() && TryIdentifiers() && TryContent() && TryGate())
        {
            Finish(admitted);
            return;
        }
        admitted.Fates.Add(new EventFate(
            _e.MessageId, Fate.Rejected, _e.Code, _e.Field.Length > 0 ? _e.Field : null));
        if (_e.Gated || _tape[item.Token].Length > Limits.EventBytes)
            return;
        var call = _tape.Many ? CollectCall.Batch : _request.Call;
        if (!MayKeep())
        {
            admitted.Rejected.Add(new RejectedEvent(call, [], _e.Code, _e.Field, LeafId.None));
            return;
        }
        var leaf = _e.Anchored ? _anchors.Leaf(_identifiers[0]) : LeafId.None;
        admitted.Rejected.Add(new RejectedEvent(call, Alone(item.Token), _e.Code, _e.Field, leaf));
    }

    // Rejected before the gate: its content is kept for correction only if the gate would have let
    // it pass. Otherwise nothing of anybody is kept, only that there was such an error.
    private bool MayKeep()
    {
        var stamp = ReadStamp() with { PrivacySignal = _request.PrivacySignal };
        return _rules.Judge(_request.Source, stamp, _e.Kind).Keep;
    }

    // The event by itself, in a batch of one with what its batch said for all.
    private byte[] Alone(int token)
    {
        if (!_tape.Many)
            return _tape.Json(token).ToArray();
        var target = new ArrayBufferWriter<byte>(_tape[token].Length + 256);
        target.Write("{\"batch\":["u8);
        target.Write(_tape.Json(token));
        target.Write("]"u8);
        Beside("\"sentAt\":"u8, _request.Shared.SentAt);
        Beside("\"context\":"u8, _request.Shared.Context);
        Beside("\"userId\":"u8, _request.Shared.UserId);
        Beside("\"anonymousId\":"u8, _request.Shared.AnonymousId);
        target.Write("}"u8);
        return target.WrittenSpan.ToArray();

        void Beside(ReadOnlySpan<byte> name, int value)
        {
            // Larger than an event may be: not kept with each of a batch's events.
            if (value < 0 || _tape[value].Length > Limits.EventBytes)
                return;
            target.Write(","u8);
            target.Write(name);
            target.Write(_tape.Json(value));
        }
    }

    // Steps 7 and 8.
    private void Finish(Admitted admitted)
    {
        var anchor = _identifiers[0];
        var leaf = _anchors.Leaf(anchor);
        var id = Utf8(_e.MessageId, _plain);
        var message = _rules.Index.Message(_request.Source.Id, leaf, id);
        if (!_inRequest.Add(message.Value) || _rules.Recent.Contains(message))
        {
            admitted.Fates.Add(new EventFate(_e.MessageId, Fate.Duplicate));
            return;
        }
        var kind = _e.Kind;
        admitted.Events.Add(new Event
        {
            Leaf = leaf,
            Message = message,
            Source = _request.Source.Id,
            Type = _e.Type,
            Kind = kind,
            Name = _e.Name,
            AtMs = _e.AtMs,
            ReceivedAtMs = _request.ReceivedAtMs,
            Allowed = _e.Verdict.Allowed,
            Ceiling = _e.Ceiling,
            // A signed-in browser vouches for who it is, not for what it says it bought.
            OfRecord = _request.Source.OfRecord || _e.UserVerified && !EventKinds.IsOrder(kind),
            Identifiers = _identifiers.ToArray(),
            Items = _e.Commerce ? _commerce.Items : [],
            OrderId = _e.Commerce ? _commerce.OrderId : "",
            TotalMinor = _e.Commerce ? _commerce.TotalMinor : 0,
            Reason = _e.Commerce ? _commerce.Reason : ReturnReason.None,
            Stamp = _e.Verdict.Stamp,
            Body = WriteBody(),
        });
        admitted.Fates.Add(new EventFate(_e.MessageId, Fate.Accepted, Note: _e.Note));
    }

    private ReadOnlyMemory<byte> WriteBody()
    {
        var shared = _tape.Many ? _request.Shared.Context : -1;
        var bound = Minimiser.Overhead
            + Bytes(_e.Slots.Properties) + Bytes(_e.Slots.Traits)
            + Bytes(_e.Slots.Context) + Bytes(shared);
        var target = _request.Arena.Reserve(bound);
        var page = _e.Type is EventType.Page or EventType.Screen;
        return _request.Arena.Take(Minimiser.Write(_tape, _e.Slots, shared, page, target));
    }

    private int Bytes(int token) => token < 0 ? 0 : _tape[token].Length;

    // Text of a string token, at most an event long (see Fits); the shared buffer holds one
    // unescaped text at a time.
    private ReadOnlySpan<byte> Text(int token)
    {
        var raw = _tape.Raw(token);
        return _tape[token].Escaped ? _plain.AsSpan(0, JsonText.Unescape(raw, _plain)) : raw;
    }

    private bool Fits(int token) => _tape[token].Length <= _plain.Length;

    private bool Refuse(string code, string field)
    {
        (_e.Code, _e.Field) = (code, Prefix() + field);
        return false;
    }

    private string Prefix() => _request.Call switch
    {
        CollectCall.Batch => "/batch/" + _e.Index.ToString(CultureInfo.InvariantCulture),
        CollectCall.Experience => "/events/" + _e.Index.ToString(CultureInfo.InvariantCulture),
        _ => "",
    };

    private static ReadOnlySpan<byte> Utf8(string text, byte[] buffer) =>
        buffer.AsSpan(0, Encoding.UTF8.GetBytes(text, buffer));

    // What is the same for all events of the request.
    private struct Request
    {
        public CollectCall Call;
        public EventSlots Shared;
        public Source Source;
        public bool PrivacySignal;
        public long ReceivedAtMs;
        public long? SentAtMs;
        public Arena Arena;
    }

    // The event at hand.
    private struct Current
    {
        public int Index;
        public EventSlots Slots;
        public string MessageId;
        public EventType Type;
        public EventKind Kind;
        public string Name;
        public long AtMs;
        public Provenance Ceiling;
        public GateVerdict Verdict;
        public bool UserVerified;
        public bool Anchored;
        public bool Commerce;
        public bool Gated;
        public string? Note;
        public string Code;
        public string Field;
    }
}
