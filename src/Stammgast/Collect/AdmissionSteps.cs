using System.Text.Json;

namespace Stammgast.Collect;

/// <summary>
/// The steps 2–6 of <see cref="Admission"/>; each refuses with a code and a field.
/// </summary>
internal sealed partial class Admission
{
    // Step 2: type, name, message id.
    private bool TryCall(int token)
    {
        if (!TryMessageId(token) || !TryType())
            return false;
        var name = _e.Type switch
        {
            EventType.Track => _e.Slots.Event,
            EventType.Page or EventType.Screen =>
                _e.Slots.Name >= 0 ? _e.Slots.Name : _e.Slots.Category,
            _ => -1,
        };
        if (_e.Type == EventType.Track && (name < 0 || _tape[name].Length == 0))
            return Refuse(Refusal.Required, "/event");
        var field = _e.Type == EventType.Track ? "/event"
            : name == _e.Slots.Name ? "/name" : "/category";
        if (name >= 0 && !TryName(name, field))
            return false;
        _e.Kind = EventKinds.Of(_e.Type, _e.Name);
        return IsObject(_e.Slots.Properties, "/properties") && IsObject(_e.Slots.Traits, "/traits")
            && IsObject(_e.Slots.Context, "/context");
    }

    private bool TryType()
    {
        if (!_tape.Many)
        {
            _e.Type = (EventType)_request.Call;
            return true;
        }
        if (_e.Slots.Type < 0)
            return Refuse(Refusal.Required, "/type");
        return _tape[_e.Slots.Type].Kind == JsonTokenType.String
            && EventKinds.TryType(_tape.Raw(_e.Slots.Type), out _e.Type)
            || Refuse(Refusal.InvalidValue, "/type");
    }

    private bool TryName(int token, string field)
    {
        if (_tape[token].Kind != JsonTokenType.String)
            return Refuse(Refusal.WrongType, field);
        var text = Text(token);
        if (text.Length > 3 * Limits.NameChars)
            return Refuse(Refusal.TooLong, field);
        _e.Name = _pool.Get(text);
        if (_e.Name.Length > Limits.NameChars)
            return Refuse(Refusal.TooLong, field);
        return !HasControl(_e.Name) || Refuse(Refusal.ControlCharacter, field);
    }

    // A message without an id is known by its content, so that a repetition is seen as one. Where
    // it names no instant, two alike may well be two: then receipt and place tell them apart.
    private bool TryMessageId(int token)
    {
        var slot = _e.Slots.MessageId;
        if (slot >= 0 && _tape[slot].Kind is not (JsonTokenType.String or JsonTokenType.Number))
            return Refuse(Refusal.WrongType, "/messageId");
        if (slot >= 0 && !Fits(slot))
            return Refuse(Refusal.TooLong, "/messageId");
        var text = slot < 0 ? [] : Text(slot).Trim((byte)' ');
        if (text.Length > 3 * Limits.MessageIdChars)
            return Refuse(Refusal.TooLong, "/messageId");
        if (text.IsEmpty)
        {
            var named = _e.Slots.Timestamp >= 0 || _e.Slots.OriginalTimestamp >= 0;
            var hash = _rules.Index.Hash("collect message"u8, _tape.Json(token))
                + (named ? UInt128.Zero : ((UInt128)_request.ReceivedAtMs << 32) + (uint)_e.Index);
            _e.MessageId = "sg-" + hash.ToString("x32", null);
            return true;
        }
        var id = System.Text.Encoding.UTF8.GetString(text);
        if (id.Length > Limits.MessageIdChars)
            return Refuse(Refusal.TooLong, "/messageId");
        if (HasControl(id))
            return Refuse(Refusal.ControlCharacter, "/messageId");
        _e.MessageId = id;
        return true;
    }

    // Step 3: at = receivedAt − (sentAt − originalTimestamp).
    private bool TryTime()
    {
        var received = _request.ReceivedAtMs;
        var (original, field) = _e.Slots.OriginalTimestamp >= 0
            ? (_e.Slots.OriginalTimestamp, "/originalTimestamp")
            : (_e.Slots.Timestamp, "/timestamp");
        _e.AtMs = received;
        if (original < 0)
            return true;
        if (!TryInstant(original, out var originalMs))
            return Refuse(Refusal.TimestampInvalid, field);
        var sentMs = _request.SentAtMs;
        if (_e.Slots.SentAt >= 0)
        {
            if (!TryInstant(_e.Slots.SentAt, out var own))
                return Refuse(Refusal.TimestampInvalid, "/sentAt");
            sentMs = own;
        }
        _e.AtMs = sentMs is { } sent ? received - (sent - originalMs) : originalMs;
        if (_e.AtMs > received)
        {
            if (_e.AtMs - received > NotableSkewMs)
                _e.Note = "timestamp_in_future";
            _e.AtMs = received;
        }
        return received - _e.AtMs <= Limits.DedupeDays * DayMs
            || _request.Source.Kind == SourceKind.Import
            || Refuse(Refusal.TimestampTooOld, field);
    }

    private bool TryInstant(int token, out long atMs)
    {
        atMs = 0;
        return _tape[token].Kind == JsonTokenType.String && _tape[token].Length <= 64
            && Instant.TryParse(Text(token), out atMs);
    }

    // Step 5: what it is about. Of amounts in another currency only the article is understood.
    private bool TryContent()
    {
        _e.Commerce = EventKinds.IsCommerce(_e.Kind);
        if (!_e.Commerce)
            return true;
        if (!_commerce.Read(_e.Kind, _e.Slots.Properties))
            return Refuse(_commerce.Refused.Code, "/properties" + _commerce.Refused.Field);
        if (_commerce.Foreign)
            _e.Note ??= "currency_foreign";
        return true;
    }

    // Step 6: the gate. What it refuses leaves a count only.
    private bool TryGate()
    {
        var source = _request.Source;
        _e.Ceiling = Ceiling(source);
        var stamp = ReadStamp();
        if (_e.Kind == EventKind.ConsentUpdated && (!stamp.Present || stamp.Malformed))
            return Refuse(Refusal.Required, "/context/consent/categoryPreferences");
        _e.Verdict = _rules.Judge(
            source, stamp with { PrivacySignal = _request.PrivacySignal }, _e.Kind);
        if (_e.Verdict.Keep)
            return true;
        _e.Gated = true;
        return Refuse(_e.Verdict.RefusalCode ?? "consent_missing", "/context/consent");
    }

    private StampInput ReadStamp()
    {
        var consent = _tape.Find(_e.Slots.Context, "consent"u8);
        if (consent < 0 && _tape.Many)
            consent = _tape.Find(_request.Shared.Context, "consent"u8);
        return _stamps.Read(consent);
    }

    // Only what somebody said of herself can be declared; whatever else happened was observed. An
    // event can lower its source's ceiling, never raise it; an unknown word is the worst.
    private Provenance Ceiling(Source source)
    {
        var best = _e.Kind == EventKind.Identify || source.Ceiling > Provenance.Observed
            ? source.Ceiling : Provenance.Observed;
        var token = _tape.Find(_e.Slots.Context, "provenance"u8);
        if (token < 0)
            return best;
        var said = _tape[token].Kind != JsonTokenType.String ? Provenance.Public
            : _tape.Raw(token) switch
            {
                var text when text.SequenceEqual("declared"u8) => Provenance.Declared,
                var text when text.SequenceEqual("observed"u8) => Provenance.Observed,
                var text when text.SequenceEqual("derived"u8) => Provenance.Derived,
                var text when text.SequenceEqual("inferred"u8) => Provenance.Inferred,
                var text when text.SequenceEqual("third_party"u8) => Provenance.ThirdParty,
                _ => Provenance.Public,
            };
        return said > best ? said : best;
    }

    private bool IsObject(int token, string field) =>
        token < 0 || _tape[token].Kind == JsonTokenType.StartObject
        || Refuse(Refusal.WrongType, field);

    private static bool HasControl(string text)
    {
        foreach (var letter in text)
        {
            if (char.IsControl(letter))
                return true;
        }
        return false;
    }
}
