using System.Text.Json;

namespace Stammgast.Collect;

/// <summary>
/// Step 4 of <see cref="Admission"/>: whom an event is about, as far as its source may be
/// believed. Servers, tills and imports are believed; a browser only its anonymous id, and its
/// user id only with an identity token. What is not believed is dropped, not refused.
/// </summary>
internal sealed partial class Admission
{
    private bool TryIdentifiers()
    {
        _identifiers.Clear();
        var believed = _request.Source.OfRecord;
        var shared = _tape.Many ? _request.Shared : EventSlots.Of(_tape, 0);
        var user = _e.Slots.UserId >= 0 ? _e.Slots.UserId : shared.UserId;
        var anonymous = _e.Slots.AnonymousId >= 0 ? _e.Slots.AnonymousId : shared.AnonymousId;
        if (!TryAdd(anonymous, IdentifierType.AnonymousId, "/anonymousId"))
            return false;
        if (!TryUser(user, believed))
            return false;
        if (believed && !(TryTraits() && TryExternal()))
            return false;
        if ((believed || _e.UserVerified) && _e.Type == EventType.Alias
            && !TryAdd(_e.Slots.PreviousId, IdentifierType.AnonymousId, "/previousId"))
            return false;
        if (_identifiers.Count == 0)
            return Refuse(Refusal.IdentityMissing, "/anonymousId");
        _e.Anchored = true;
        AnchorFirst();
        return true;
    }

    private bool TryUser(int user, bool believed)
    {
        if (user < 0)
            return true;
        var before = _identifiers.Count;
        if (!TryAdd(user, IdentifierType.UserId, "/userId"))
            return false;
        if (_identifiers.Count == before || believed)
            return true;
        _e.UserVerified = IsVerified(_identifiers[before].Value,
            before > 0 ? _identifiers[0].Value : "");
        if (_e.UserVerified)
            return true;
        _identifiers.RemoveAt(before);
        _e.Note ??= "user_id_unverified";
        return true;
    }

    private bool IsVerified(string userId, string anonymousId)
    {
        var token = _e.Slots.IdentityToken >= 0
            ? _e.Slots.IdentityToken
            : _tape.Find(_e.Slots.Context, "identityToken"u8);
        if (token < 0)
            token = _request.Shared.IdentityToken;
        if (token < 0 || _tape[token].Kind != JsonTokenType.String || _tape[token].Length > 256)
            return false;
        Span<char> text = stackalloc char[256];
        var length = System.Text.Encoding.UTF8.GetChars(Text(token), text);
        return _rules.Identity(text[..length], userId, anonymousId, _request.ReceivedAtMs);
    }

    // What the shop says of its own customer; an address that has no valid form is no identifier.
    private bool TryTraits()
    {
        if (_e.Type != EventType.Identify)
            return true;
        TryQuietly(_tape.Find(_e.Slots.Traits, "email"u8), IdentifierType.Email);
        TryQuietly(_tape.Find(_e.Slots.Traits, "phone"u8), IdentifierType.Phone);
        return true;
    }

    // context.externalIds: [{id, type, collection, encoding}]
    private bool TryExternal()
    {
        var all = _tape.Find(_e.Slots.Context, "externalIds"u8);
        if (all < 0 || _tape[all].Kind == JsonTokenType.Null)
            return true;
        if (_tape[all].Kind != JsonTokenType.StartArray)
            return Refuse(Refusal.WrongType, "/context/externalIds");
        var end = _tape[all].Next;
        for (var at = all + 1; at < end; at = _tape[at].Next)
        {
            var type = _tape.Find(at, "type"u8);
            if (type < 0 || _tape[type].Kind != JsonTokenType.String
                || TypeOf(_tape.Raw(type)) is not { } known)
                continue;
            if (!TryAdd(_tape.Find(at, "id"u8), known, "/context/externalIds"))
                return false;
        }
        return true;
    }

    private static IdentifierType? TypeOf(ReadOnlySpan<byte> name) => name switch
    {
        var text when text.SequenceEqual("user_id"u8) => IdentifierType.UserId,
        var text when text.SequenceEqual("loyalty_card"u8) => IdentifierType.LoyaltyCard,
        var text when text.SequenceEqual("email"u8) => IdentifierType.Email,
        var text when text.SequenceEqual("phone"u8) => IdentifierType.Phone,
        var text when text.SequenceEqual("anonymous_id"u8) => IdentifierType.AnonymousId,
        _ => null,
    };

    private void TryQuietly(int token, IdentifierType type)
    {
        if (token >= 0 && _tape[token].Kind == JsonTokenType.String
            && Fits(token) && _anchors.TryGet(type, Text(token), out var id))
            Add(id);
    }

    private bool TryAdd(int token, IdentifierType type, string field)
    {
        if (token < 0 || _tape[token].Kind == JsonTokenType.Null)
            return true;
        if (_tape[token].Kind is not (JsonTokenType.String or JsonTokenType.Number))
            return Refuse(Refusal.WrongType, field);
        if (!Fits(token))
            return Refuse(Refusal.TooLong, field);
        var text = Text(token).Trim((byte)' ');
        if (text.IsEmpty)
            return true;
        if (!_anchors.TryGet(type, text, out var id))
            return Refuse(WhyInvalid(text), field);
        Add(id);
        return true;
    }

    private static string WhyInvalid(ReadOnlySpan<byte> text)
    {
        if (text.Length > 4 * Limits.IdentifierChars)
            return Refusal.TooLong;
        var decoded = System.Text.Encoding.UTF8.GetString(text);
        return HasControl(decoded) ? Refusal.ControlCharacter
            : decoded.Length > Limits.IdentifierChars ? Refusal.TooLong
            : Refusal.InvalidValue;
    }

    private void Add(Identifier id)
    {
        if (!BlockedValues.Default.Contains(id) && !_identifiers.Contains(id))
            _identifiers.Add(id);
    }

    // Insertion sort: one to four of them, best type first, stable.
    private void AnchorFirst()
    {
        for (var at = 1; at < _identifiers.Count; at++)
        {
            for (var to = at; to > 0 && _identifiers[to].Type < _identifiers[to - 1].Type; to--)
                (_identifiers[to], _identifiers[to - 1]) = (_identifiers[to - 1], _identifiers[to]);
        }
    }
}
