using System.Text.Json;

namespace Stammgast.Collect;

/// <summary>
/// Where the members of an event (or of the request around it) stand on the tape; −1 where one is
/// absent or null. Members that are not named here are tolerated and dropped.
/// </summary>
internal struct EventSlots
{
    public int Type, MessageId, Timestamp, OriginalTimestamp, SentAt, UserId, AnonymousId, Event,
        Name, Category, Properties, Traits, PreviousId, Context, IdentityToken, WriteKey;

    /// <summary>Reads an object's members once.</summary>
    public static EventSlots Of(JsonTape tape, int parent)
    {
        var slots = new EventSlots
        {
            Type = -1, MessageId = -1, Timestamp = -1, OriginalTimestamp = -1, SentAt = -1,
            UserId = -1, AnonymousId = -1, Event = -1, Name = -1, Category = -1, Properties = -1,
            Traits = -1, PreviousId = -1, Context = -1, IdentityToken = -1, WriteKey = -1,
        };
        if (tape[parent].Kind != JsonTokenType.StartObject)
            return slots;
        var end = tape[parent].Next;
        for (var name = parent + 1; name < end; name = tape[name + 1].Next)
        {
            if (tape[name + 1].Kind != JsonTokenType.Null)
                slots.Put(tape.Raw(name), name + 1);
        }
        return slots;
    }

    // Names with escapes are other names to us: no SDK escapes these.
    private void Put(ReadOnlySpan<byte> name, int value)
    {
        switch (name.Length)
        {
            case 4 when name.SequenceEqual("type"u8): Type = value; break;
            case 4 when name.SequenceEqual("name"u8): Name = value; break;
            case 5 when name.SequenceEqual("event"u8): Event = value; break;
            case 6 when name.SequenceEqual("userId"u8): UserId = value; break;
            case 6 when name.SequenceEqual("sentAt"u8): SentAt = value; break;
            case 6 when name.SequenceEqual("traits"u8): Traits = value; break;
            case 7 when name.SequenceEqual("context"u8): Context = value; break;
            case 8 when name.SequenceEqual("category"u8): Category = value; break;
            case 8 when name.SequenceEqual("writeKey"u8): WriteKey = value; break;
            case 9 when name.SequenceEqual("messageId"u8): MessageId = value; break;
            case 9 when name.SequenceEqual("timestamp"u8): Timestamp = value; break;
            case 10 when name.SequenceEqual("properties"u8): Properties = value; break;
            case 10 when name.SequenceEqual("previousId"u8): PreviousId = value; break;
            case 11 when name.SequenceEqual("anonymousId"u8): AnonymousId = value; break;
            case 13 when name.SequenceEqual("identityToken"u8): IdentityToken = value; break;
            case 17 when name.SequenceEqual("originalTimestamp"u8):
                OriginalTimestamp = value;
                break;
            default: break;
        }
    }
}
