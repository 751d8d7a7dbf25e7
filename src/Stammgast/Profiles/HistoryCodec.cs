using System.Buffers;

namespace Stammgast.Profiles;

/// <summary>
/// A history piece in the clear: a version byte, then each event as the log had it, behind its
/// length. Nothing is decoded to be stored, so nothing can be lost on the way.
/// </summary>
public static class HistoryCodec
{
    private const byte CodecVersion = 1;

    /// <summary>
    /// Cuts a leaf's events into pieces of at most <see cref="Limits.PieceEvents"/> events or
    /// <see cref="Limits.PieceBytes"/>; one event beyond that has a piece of its own.
    /// </summary>
    public static IReadOnlyList<PlainPiece> Cut(IReadOnlyList<LoggedEvent> events)
    {
        var pieces = new List<PlainPiece>();
        var from = 0;
        while (from < events.Count)
        {
            var bytes = 0;
            var to = from;
            while (to < events.Count && to - from < Limits.PieceEvents
                && (to == from || bytes + events[to].Payload.Length <= Limits.PieceBytes))
                bytes += events[to++].Payload.Length;
            pieces.Add(Write(events, from, to, bytes));
            from = to;
        }
        return pieces;
    }

    /// <summary>The encoded events of a piece, in the order of their arrival.</summary>
    /// <exception cref="InvalidDataException">Not a piece.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Payloads(ReadOnlyMemory<byte> plain)
    {
        var reader = new StateReader(plain.Span);
        if (reader.Byte() != CodecVersion)
            throw new InvalidDataException("A history piece of an unknown version.");
        var payloads = new List<ReadOnlyMemory<byte>>();
        while (!reader.IsAtEnd)
        {
            var length = reader.Count();
            payloads.Add(plain.Slice(plain.Length - reader.Left, length));
            reader.Take(length);
        }
        return payloads;
    }

    /// <summary>The events of a piece, in the order of their arrival.</summary>
    public static IReadOnlyList<Event> Events(ReadOnlyMemory<byte> plain) =>
        [.. Payloads(plain).Select(payload => EventCodec.Read(payload))];

    private static PlainPiece Write(
        IReadOnlyList<LoggedEvent> events, int from, int to, int bytes)
    {
        // Each event has its length before it; a writer asks for ten bytes to put one.
        var target = new ArrayBufferWriter<byte>(bytes + (to - from) * 5 + 16);
        target.Put(CodecVersion);
        var messages = new ulong[to - from];
        var newestMs = long.MinValue;
        for (var i = from; i < to; i++)
        {
            target.PutBytes(events[i].Payload.Span);
            messages[i - from] = events[i].Event.Message.Value;
            newestMs = Math.Max(newestMs, events[i].Event.ReceivedAtMs);
        }
        return new PlainPiece(newestMs, messages, target.WrittenMemory);
    }
}

/// <summary>An event and its encoding, as it came from the log.</summary>
public readonly record struct LoggedEvent(Event Event, ReadOnlyMemory<byte> Payload);

/// <summary>A history piece before it is numbered and sealed.</summary>
/// <param name="ReceivedAtMs">Newest receipt in it.</param>
/// <param name="Messages">The events' message keys.</param>
/// <param name="Plain">To be sealed.</param>
public readonly record struct PlainPiece(
    long ReceivedAtMs, ReadOnlyMemory<ulong> Messages, ReadOnlyMemory<byte> Plain);
