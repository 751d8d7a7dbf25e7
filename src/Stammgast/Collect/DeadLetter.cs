using System.Globalization;

namespace Stammgast.Collect;

/// <summary>A rejected event as it is kept. Personal data: sealed at rest, never logged.</summary>
internal sealed record DeadLetter
{
    private const byte Version = 1;

    /// <summary>Which source sent it.</summary>
    public required SourceId Source { get; init; }

    /// <summary>When it came in, ms since 1970 UTC.</summary>
    public required long ReceivedAtMs { get; init; }

    /// <summary>With which <see cref="Body"/> can be read again.</summary>
    public required CollectCall Call { get; init; }

    /// <summary>Why it was rejected.</summary>
    public required string Code { get; init; }

    /// <summary>Which field was to blame, as a pointer into its request; may be empty.</summary>
    public required string Field { get; init; }

    /// <summary>The event, alone.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The binary form.</summary>
    public byte[] Write()
    {
        var buffer = new byte[
            64 + ByteWriter.BoundOf(Code) + ByteWriter.BoundOf(Field) + Body.Length];
        var writer = new ByteWriter(buffer);
        writer.Byte(Version);
        writer.Varint(Source.Value);
        writer.Signed(ReceivedAtMs);
        writer.Byte((byte)Call);
        writer.Text(Code);
        writer.Text(Field);
        writer.Blob(Body.Span);
        return buffer[..writer.Length];
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Another version, or damaged.</exception>
    public static DeadLetter Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.Byte() != Version)
            throw ByteReader.Damaged();
        var letter = new DeadLetter
        {
            Source = new SourceId(reader.Small()),
            ReceivedAtMs = reader.Signed(),
            Call = (CollectCall)reader.Byte(),
            Code = reader.Text(),
            Field = reader.Text(),
            Body = reader.Blob().ToArray(),
        };
        reader.End();
        return letter;
    }
}

/// <summary>
/// Where a dead letter lies: its owner and its place in the order of receipt (milliseconds above,
/// 20 bits of a count below). On the wire: <c>l_</c> and 48 hex digits.
/// </summary>
internal readonly record struct DeadLetterId(LeafId Owner, ulong Order)
{
    private const int CountBits = 20;

    /// <summary>Of the letter that came in as the n-th since start.</summary>
    public static DeadLetterId At(LeafId owner, long receivedAtMs, uint count) =>
        new(owner, (ulong)receivedAtMs << CountBits | count & (1u << CountBits) - 1);

    /// <summary>The day of its receipt, counted from 1970: which key seals it.</summary>
    public long Day => (long)(Order >> CountBits) / 86_400_000;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"l_{Owner.Value:x32}{Order:x16}");

    /// <summary>Reads the public form; anything else is <c>false</c>.</summary>
    public static bool TryParse(string? text, out DeadLetterId id)
    {
        id = default;
        if (text is not { Length: 50 } || !text.StartsWith("l_", StringComparison.Ordinal)
            || !UInt128.TryParse(text.AsSpan(2, 32), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out var owner)
            || !ulong.TryParse(text.AsSpan(34), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out var order))
            return false;
        id = new DeadLetterId(new LeafId(owner), order);
        return true;
    }
}
