namespace Stammgast.Consent;

/// <summary>Whether a request was answered before.</summary>
internal enum Repetition : byte
{
    /// <summary>No.</summary>
    New,

    /// <summary>Yes, the same request.</summary>
    Same,

    /// <summary>The key was used for another request.</summary>
    Other,
}

/// <summary>
/// The last sixteen idempotency keys answered for a leaf, each with what was asked: a row of the
/// leaf that is committed together with what they did, so that a repeated request does nothing
/// twice, and that is erased with the leaf. Newest first. Immutable.
/// </summary>
internal sealed class IdempotencyMemory
{
    private const byte Version = 1;
    private const int Most = 16;

    private readonly (ulong Key, ulong Request)[] _entries;

    private IdempotencyMemory((ulong Key, ulong Request)[] entries) => _entries = entries;

    /// <summary>Reads the stored form; empty where there is none.</summary>
    public static IdempotencyMemory Read(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
            return new IdempotencyMemory([]);
        var reader = new ByteReader(body);
        if (reader.Byte() != Version)
            throw ByteReader.Damaged();
        var entries = new (ulong, ulong)[reader.Count(16)];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = (reader.Fixed64(), reader.Fixed64());
        reader.End();
        return new IdempotencyMemory(entries);
    }

    /// <summary>The stored form.</summary>
    public byte[] Write()
    {
        var bytes = new byte[1 + ByteWriter.VarintBytes + 16 * _entries.Length];
        var writer = new ByteWriter(bytes);
        writer.Byte(Version);
        writer.Varint((ulong)_entries.Length);
        foreach (var (key, request) in _entries)
        {
            writer.Fixed64(key);
            writer.Fixed64(request);
        }
        return bytes[..writer.Length];
    }

    /// <summary>Whether this was answered before.</summary>
    public Repetition Find(ulong key, ulong request)
    {
        foreach (var entry in _entries)
            if (entry.Key == key)
                return entry.Request == request ? Repetition.Same : Repetition.Other;
        return Repetition.New;
    }

    /// <summary>With one more; the oldest beyond sixteen goes.</summary>
    public IdempotencyMemory With(ulong key, ulong request) =>
        new([(key, request), .. _entries.Take(Most - 1)]);
}
