using System.Buffers;

namespace Stammgast;

/// <summary>
/// The binary form of an <see cref="Event"/> in the log and in history: a version, fixed fields,
/// varints, UTF-8; the body's bytes are appended raw and never parsed here.
/// </summary>
public static class EventCodec
{
    /// <summary>The first byte of every payload that is written now.</summary>
    public const byte Version = 1;

    // Version, leaf, message, enums and flags, and every number at its longest.
    private const int FixedBytes = 1 + 16 + 8 + 5 + 12 * ByteWriter.VarintBytes;

    private const byte OfRecordFlag = 1;
    private const byte OrderFlag = 2;
    private const byte StampFlag = 4;

    /// <summary>Appends the event. Linear in its length, no allocation of its own.</summary>
    public static void Write(Event e, IBufferWriter<byte> target)
    {
        var writer = new ByteWriter(target.GetSpan(BoundOf(e)));
        var hasOrder = e.OrderId.Length > 0 || e.TotalMinor != 0 || e.Reason != ReturnReason.None;
        var hasStamp = e.Stamp != default;
        writer.Byte(Version);
        writer.Byte((byte)((e.OfRecord ? OfRecordFlag : 0) | (hasOrder ? OrderFlag : 0)
            | (hasStamp ? StampFlag : 0)));
        writer.Leaf(e.Leaf);
        writer.Fixed64(e.Message.Value);
        writer.Varint(e.Source.Value);
        writer.Byte((byte)e.Type);
        writer.Byte((byte)e.Kind);
        writer.Byte((byte)e.Ceiling);
        writer.Signed(e.ReceivedAtMs);
        // Mostly milliseconds apart: the difference is short where the instant is not. Unchecked,
        // so that even nonsense instants come back as they went in.
        writer.Signed(unchecked(e.ReceivedAtMs - e.AtMs));
        writer.Varint(e.Allowed.Bits);
        writer.Text(e.Name);
        WriteIdentifiers(ref writer, e.Identifiers);
        WriteItems(ref writer, e.Items);
        if (hasOrder)
        {
            writer.Text(e.OrderId);
            writer.Signed(e.TotalMinor);
            writer.Byte((byte)e.Reason);
        }
        if (hasStamp)
        {
            writer.Varint(e.Stamp.Granted.Bits);
            writer.Varint(e.Stamp.Refused.Bits);
            writer.Varint(e.Stamp.NoticeVersion);
        }
        writer.Blob(e.Body.Span);
        target.Advance(writer.Length);
    }

    /// <summary>
    /// Reads one event, which must fill the payload. <see cref="Event.Body"/> is a view of it: it
    /// lives as long as the payload does.
    /// </summary>
    /// <exception cref="InvalidDataException">Another version, or damaged.</exception>
    public static Event Read(ReadOnlyMemory<byte> payload)
    {
        var reader = new ByteReader(payload.Span);
        if (reader.Byte() != Version)
            throw ByteReader.Damaged();
        var flags = reader.Byte();
        var leaf = reader.Leaf();
        var message = new MessageKey(reader.Fixed64());
        var source = new SourceId(reader.Small());
        var type = (EventType)reader.Byte();
        var kind = (EventKind)reader.Byte();
        var ceiling = (Provenance)reader.Byte();
        var receivedAtMs = reader.Signed();
        var atMs = unchecked(receivedAtMs - reader.Signed());
        var allowed = new PurposeSet(reader.Varint());
        var name = reader.Text();
        var identifiers = ReadIdentifiers(ref reader);
        var items = ReadItems(ref reader);
        var hasOrder = (flags & OrderFlag) != 0;
        var orderId = hasOrder ? reader.Text() : "";
        var totalMinor = hasOrder ? reader.Signed() : 0;
        var reason = hasOrder ? (ReturnReason)reader.Byte() : ReturnReason.None;
        var stamp = (flags & StampFlag) != 0 ? ReadStamp(ref reader) : default;
        var bodyLength = reader.Blob().Length;
        reader.End();
        return new Event
        {
            Leaf = leaf,
            Message = message,
            Source = source,
            Type = type,
            Kind = kind,
            Name = name,
            AtMs = atMs,
            ReceivedAtMs = receivedAtMs,
            Allowed = allowed,
            Ceiling = ceiling,
            OfRecord = (flags & OfRecordFlag) != 0,
            Identifiers = identifiers,
            Items = items,
            OrderId = orderId,
            TotalMinor = totalMinor,
            Reason = reason,
            Stamp = stamp,
            Body = payload[^bodyLength..],
        };
    }

    private static int BoundOf(Event e)
    {
        var bound = FixedBytes + ByteWriter.BoundOf(e.Name) + ByteWriter.BoundOf(e.OrderId)
            + e.Body.Length;
        for (var i = 0; i < e.Identifiers.Count; i++)
            bound += 1 + ByteWriter.BoundOf(e.Identifiers[i].Value);
        for (var i = 0; i < e.Items.Count; i++)
        {
            var item = e.Items[i];
            bound += 1 + 2 * ByteWriter.VarintBytes + ByteWriter.BoundOf(item.ProductId)
                + ByteWriter.BoundOf(item.VariantId) + ByteWriter.BoundOf(item.Category);
        }
        return bound;
    }

    private static void WriteIdentifiers(ref ByteWriter writer, IReadOnlyList<Identifier> all)
    {
        writer.Varint((ulong)all.Count);
        for (var i = 0; i < all.Count; i++)
        {
            writer.Byte((byte)all[i].Type);
            writer.Text(all[i].Value);
        }
    }

    private static Identifier[] ReadIdentifiers(ref ByteReader reader)
    {
        var count = reader.Count(bytesEach: 2);
        var all = count == 0 ? [] : new Identifier[count];
        for (var i = 0; i < all.Length; i++)
            all[i] = new Identifier((IdentifierType)reader.Byte(), reader.Text());
        return all;
    }

    private static void WriteItems(ref ByteWriter writer, IReadOnlyList<EventItem> all)
    {
        writer.Varint((ulong)all.Count);
        for (var i = 0; i < all.Count; i++)
        {
            var item = all[i];
            writer.Text(item.ProductId);
            writer.Text(item.VariantId);
            writer.Text(item.Category);
            writer.Signed(item.Quantity);
            writer.Signed(item.PriceMinor);
            writer.Byte((byte)((item.Gift ? 1 : 0) | (item.Sensitive ? 2 : 0)));
        }
    }

    private static EventItem[] ReadItems(ref ByteReader reader)
    {
        var count = reader.Count(bytesEach: 6);
        var all = count == 0 ? [] : new EventItem[count];
        for (var i = 0; i < all.Length; i++)
        {
            var productId = reader.Text();
            var variantId = reader.Text();
            var category = reader.Text();
            var quantity = reader.SignedInt();
            var priceMinor = reader.Signed();
            var marks = reader.Byte();
            all[i] = new EventItem(productId, variantId, category, quantity, priceMinor,
                Gift: (marks & 1) != 0, Sensitive: (marks & 2) != 0);
        }
        return all;
    }

    private static ConsentStamp ReadStamp(ref ByteReader reader) =>
        new(new PurposeSet(reader.Varint()), new PurposeSet(reader.Varint()),
            reader.Small());
}
