using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Stammgast.Keys;

namespace Stammgast.Consent;

/// <summary>Makes an address what the second layer knows: normalised, then a keyed hash.</summary>
public static class Addresses
{
    /// <summary>
    /// Normalises and hashes; <c>false</c> for what is no such address. Never keep or log the text.
    /// </summary>
    public static bool TryRead(
        BlindIndex index, AddressKind kind, string? text, out ContactAddress address)
    {
        address = default;
        var type = kind switch
        {
            AddressKind.Email => IdentifierType.Email,
            AddressKind.Sms => IdentifierType.Phone,
            // A registration or a postal address has no form of its own: trimmed text.
            _ => IdentifierType.AnonymousId,
        };
        if (!Normaliser.TryNormalise(type, text, out var value))
            return false;
        Span<byte> bytes = stackalloc byte[1 + 3 * Limits.IdentifierChars];
        bytes[0] = (byte)kind;
        var length = 1 + Encoding.UTF8.GetBytes(value, bytes[1..]);
        var hash = index.Hash("subscription"u8, bytes[..length]);
        address = new ContactAddress(kind, (ulong)(hash >> 64));
        return true;
    }

    /// <summary>Reads a kind as Segment and as we write it; anything else is <c>false</c>.</summary>
    public static bool TryReadKind(string? text, out AddressKind kind)
    {
        kind = text?.ToUpperInvariant() switch
        {
            "EMAIL" => AddressKind.Email,
            "SMS" => AddressKind.Sms,
            "PUSH" or "ANDROID_PUSH" or "IOS_PUSH" => AddressKind.Push,
            "POST" => AddressKind.Post,
            _ => default,
        };
        return kind != default;
    }

    /// <summary>Reads a state as Segment and as we write it; anything else is <c>false</c>.</summary>
    public static bool TryReadStatus(
        [NotNullWhen(true)] string? text, out SubscriptionStatus status)
    {
        status = text?.ToUpperInvariant().Replace('-', '_') switch
        {
            "SUBSCRIBED" => SubscriptionStatus.Subscribed,
            "UNSUBSCRIBED" => SubscriptionStatus.Unsubscribed,
            "DID_NOT_SUBSCRIBE" => SubscriptionStatus.DidNotSubscribe,
            _ => SubscriptionStatus.NeverGiven,
        };
        return status != SubscriptionStatus.NeverGiven;
    }

    /// <summary>The wire name.</summary>
    public static string Wire(SubscriptionStatus status) => status switch
    {
        SubscriptionStatus.NeverGiven => "never_given",
        SubscriptionStatus.DidNotSubscribe => "did_not_subscribe",
        SubscriptionStatus.Subscribed => "subscribed",
        SubscriptionStatus.Unsubscribed => "unsubscribed",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    /// <summary>The wire name.</summary>
    public static string Wire(AddressKind kind) => kind switch
    {
        AddressKind.Email => "email",
        AddressKind.Sms => "sms",
        AddressKind.Push => "push",
        AddressKind.Post => "post",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>An address's opaque name in answers: 16 hex digits of its hash.</summary>
    public static string Name(ContactAddress address)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, address.Hash);
        return Convert.ToHexStringLower(bytes);
    }
}
