using System.Buffers.Binary;
using System.Globalization;

namespace Stammgast;

/// <summary>
/// A leaf: what one anchor identifier brought. 128 bits of a keyed hash of the anchor
/// (see <c>Keys.BlindIndex</c>); its first byte is the bucket.
/// </summary>
public readonly record struct LeafId(UInt128 Value) : IComparable<LeafId>
{
    /// <summary>The owner of rows that belong to the cell and to no person.</summary>
    public static readonly LeafId None;

    /// <summary>0–255, for ever: the unit of ordering and of distribution.</summary>
    public byte Bucket => (byte)(Value >> 120);

    /// <inheritdoc/>
    public int CompareTo(LeafId other) => Value.CompareTo(other.Value);

    /// <summary>16 bytes, big-endian, so that byte order is numeric order.</summary>
    public void Write(Span<byte> target) => BinaryPrimitives.WriteUInt128BigEndian(target, Value);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static LeafId Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(source));

    /// <summary>The public, opaque profile id: <c>p_</c> and 32 hex digits.</summary>
    public override string ToString() =>
        "p_" + Value.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>Reads the public form; anything else is <c>false</c>.</summary>
    public static bool TryParse(string? text, out LeafId id)
    {
        id = None;
        if (text is not { Length: 34 } || !text.StartsWith("p_", StringComparison.Ordinal))
            return false;
        if (!UInt128.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out var value))
            return false;
        id = new LeafId(value);
        return true;
    }
}

/// <summary>Keyed 64-bit hash of source, anchor and message id: what makes an event count once.</summary>
public readonly record struct MessageKey(ulong Value);

/// <summary>A configured source of events (web, app, till, server, import).</summary>
public readonly record struct SourceId(ushort Value);

/// <summary>A place in the cell's log: everything appended at or before it is durable.</summary>
public readonly record struct LogPosition(long Value) : IComparable<LogPosition>
{
    /// <inheritdoc/>
    public int CompareTo(LogPosition other) => Value.CompareTo(other.Value);

    /// <summary>Opaque to callers; they only hand it back.</summary>
    public override string ToString() => Value.ToString("x", CultureInfo.InvariantCulture);
}

/// <summary>A decision's opaque id: <c>d_</c> and 32 hex digits.</summary>
public readonly record struct DecisionId(UInt128 Value)
{
    /// <inheritdoc/>
    public override string ToString() =>
        "d_" + Value.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>Reads the public form; anything else is <c>false</c>.</summary>
    public static bool TryParse(string? text, out DecisionId id)
    {
        id = default;
        if (text is not { Length: 34 } || !text.StartsWith("d_", StringComparison.Ordinal))
            return false;
        var ok = UInt128.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out var value);
        id = new DecisionId(value);
        return ok;
    }
}
