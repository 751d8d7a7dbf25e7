using System.Buffers;

namespace Stammgast.Consent;

/// <summary>
/// The stored form of <see cref="ConsentState"/>: a version byte, then entries in canonical order,
/// so that equal states have equal bytes. One stamp's yes takes about 25 bytes.
/// </summary>
internal static class ConsentCodec
{
    private const byte Version = 1;
    private const int EntryBytes = 1 + 5 * ByteWriter.VarintBytes;
    private const int SubscriptionBytes = 1 + 8 + 1 + 4 * ByteWriter.VarintBytes;

    /// <summary>Writes a state; nothing for the empty one.</summary>
    public static void Write(ConsentState state, IBufferWriter<byte> target)
    {
        if (state.IsEmpty)
            return;
        var entries = state.Entries;
        var subscriptions = state.Subscriptions.Entries;
        var bound = 1 + 2 * ByteWriter.VarintBytes + entries.Length * EntryBytes;
        foreach (var entry in subscriptions)
            bound += SubscriptionBytes + ByteWriter.BoundOf(entry.Topic);
        var writer = new ByteWriter(target.GetSpan(bound));
        writer.Byte(Version);
        writer.Varint((ulong)entries.Length);
        foreach (var entry in entries)
            Write(ref writer, entry);
        writer.Varint((ulong)subscriptions.Length);
        foreach (var entry in subscriptions)
            Write(ref writer, entry);
        target.Advance(writer.Length);
    }

    /// <summary>Reads what <see cref="Write(ConsentState, IBufferWriter{byte})"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Damaged: treat as nothing given.</exception>
    public static ConsentState Read(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
            return ConsentState.Empty;
        var reader = new ByteReader(body);
        if (reader.Byte() != Version)
            throw ByteReader.Damaged();
        var entries = new ConsentEntry[reader.Count(6)];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = ReadEntry(ref reader);
        var subscriptions = new SubscriptionEntry[reader.Count(15)];
        for (var i = 0; i < subscriptions.Length; i++)
            subscriptions[i] = ReadSubscription(ref reader);
        reader.End();
        Check(entries, subscriptions);
        return ConsentState.Of(entries, SubscriptionState.Of(subscriptions));
    }

    private static void Write(ref ByteWriter writer, in ConsentEntry entry)
    {
        var mark = entry.Mark;
        writer.Byte((byte)mark.Kind);
        writer.Signed(mark.MadeAtMs);
        writer.Signed(mark.ReceivedAtMs - mark.MadeAtMs);
        writer.Signed(mark.ExpiresAtMs);
        writer.Varint(mark.Detail);
        writer.Varint(entry.Purposes.Bits);
    }

    private static ConsentEntry ReadEntry(ref ByteReader reader)
    {
        var kind = (MarkKind)reader.Byte();
        var made = reader.Signed();
        var received = made + reader.Signed();
        var mark = new ConsentMark(kind, made, received, reader.Signed(), reader.Small());
        return new ConsentEntry(mark, new PurposeSet(reader.Varint()));
    }

    private static void Write(ref ByteWriter writer, in SubscriptionEntry entry)
    {
        writer.Byte((byte)entry.Address.Kind);
        writer.Fixed64(entry.Address.Hash);
        writer.Text(entry.Topic);
        writer.Byte(entry.WithoutChoice ? (byte)1 : (byte)0);
        writer.Signed(entry.YesMadeMs);
        writer.Signed(entry.YesReceivedMs);
        writer.Signed(entry.NoMadeMs);
        writer.Signed(entry.NoReceivedMs);
    }

    private static SubscriptionEntry ReadSubscription(ref ByteReader reader)
    {
        var address = new ContactAddress((AddressKind)reader.Byte(), reader.Fixed64());
        var topic = reader.Text();
        var withoutChoice = reader.Byte() != 0;
        return new SubscriptionEntry(address, topic, reader.Signed(), reader.Signed(),
            reader.Signed(), reader.Signed(), withoutChoice);
    }

    // Two entries of one kind that share a purpose would let a forged order of entries decide.
    private static void Check(ConsentEntry[] entries, SubscriptionEntry[] subscriptions)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            var one = entries[i];
            if (one.Mark.Kind is < MarkKind.GrantDevice or > MarkKind.Requested
                || one.Purposes.IsEmpty
                || (i > 0 && entries[i - 1].Mark.CompareTo(one.Mark) >= 0))
                throw ByteReader.Damaged();
            for (var j = 0; j < i; j++)
                if (entries[j].Mark.Kind == one.Mark.Kind
                    && !(entries[j].Purposes & one.Purposes).IsEmpty)
                    throw ByteReader.Damaged();
        }
        for (var i = 1; i < subscriptions.Length; i++)
            if (subscriptions[i - 1].CompareKey(subscriptions[i]) >= 0)
                throw ByteReader.Damaged();
    }
}
