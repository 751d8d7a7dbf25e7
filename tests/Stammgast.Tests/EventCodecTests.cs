using System.Buffers;
using Xunit;

namespace Stammgast.Tests;

public sealed class EventCodecTests
{
    private const int Seed = 20_261_122;

    [Fact]
    public void Every_event_comes_back_as_it_went_in()
    {
        TestContext.Current.SendDiagnosticMessage("seed {0}", Seed);
        var random = new Random(Seed);
        for (var i = 0; i < 2_000; i++)
        {
            var e = AnyEvent(random);
            var target = new ArrayBufferWriter<byte>();
            EventCodec.Write(e, target);
            AssertSame(e, EventCodec.Read(target.WrittenMemory));
        }
    }

    [Fact]
    public void Events_written_one_after_another_do_not_touch_each_other()
    {
        var random = new Random(Seed + 1);
        var target = new ArrayBufferWriter<byte>();
        var first = AnyEvent(random);
        var second = AnyEvent(random);
        EventCodec.Write(first, target);
        var end = target.WrittenCount;
        EventCodec.Write(second, target);
        AssertSame(first, EventCodec.Read(target.WrittenMemory[..end]));
        AssertSame(second, EventCodec.Read(target.WrittenMemory[end..]));
    }

    [Fact]
    public void Cut_or_lengthened_payloads_are_refused()
    {
        var random = new Random(Seed + 2);
        var target = new ArrayBufferWriter<byte>();
        EventCodec.Write(AnyEvent(random), target);
        var whole = target.WrittenMemory.ToArray();
        for (var length = 0; length < whole.Length; length++)
            Assert.Throws<InvalidDataException>(() => EventCodec.Read(whole.AsMemory(0, length)));
        Assert.Throws<InvalidDataException>(() => EventCodec.Read((byte[])[.. whole, 0]));
    }

    [Fact]
    public void Damaged_payloads_never_throw_anything_but_that()
    {
        TestContext.Current.SendDiagnosticMessage("seed {0}", Seed + 3);
        var random = new Random(Seed + 3);
        for (var i = 0; i < 20_000; i++)
        {
            var target = new ArrayBufferWriter<byte>();
            EventCodec.Write(AnyEvent(random), target);
            var damaged = target.WrittenMemory.ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                EventCodec.Read(damaged);
            }
            catch (InvalidDataException)
            {
                // What callers expect; everything else fails the test.
            }
        }
    }

    [Fact]
    public void Another_version_is_refused()
    {
        var target = new ArrayBufferWriter<byte>();
        EventCodec.Write(AnyEvent(new Random(1)), target);
        var other = target.WrittenMemory.ToArray();
        other[0] = EventCodec.Version + 1;
        Assert.Throws<InvalidDataException>(() => EventCodec.Read(other));
    }

    internal static Event AnyEvent(Random random) => new()
    {
        Leaf = new LeafId(new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64())),
        Message = new MessageKey((ulong)random.NextInt64(long.MinValue, long.MaxValue)),
        Source = new SourceId((ushort)random.Next(ushort.MaxValue + 1)),
        Type = (EventType)random.Next(1, 7),
        Kind = (EventKind)random.Next(0, 22),
        Name = AnyText(random, 60),
        AtMs = AnyNumber(random),
        ReceivedAtMs = AnyNumber(random),
        Allowed = new PurposeSet((ulong)random.NextInt64(long.MinValue, long.MaxValue)),
        Ceiling = (Provenance)random.Next(1, 7),
        OfRecord = random.Next(2) == 0,
        Identifiers = [.. Enumerable.Range(0, random.Next(4)).Select(_ =>
            new Identifier((IdentifierType)random.Next(1, 6), AnyText(random, 50)))],
        Items = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new EventItem(
            AnyText(random, 20), AnyText(random, 20), AnyText(random, 20), random.Next(),
            AnyNumber(random), random.Next(2) == 0, random.Next(2) == 0))],
        OrderId = random.Next(2) == 0 ? "" : AnyText(random, 20),
        TotalMinor = random.Next(2) == 0 ? 0 : AnyNumber(random),
        Reason = (ReturnReason)random.Next(8),
        Stamp = random.Next(2) == 0 ? default : new ConsentStamp(
            new PurposeSet((ulong)random.NextInt64()), new PurposeSet((ulong)random.NextInt64()),
            (ushort)random.Next(ushort.MaxValue + 1)),
        Body = AnyBody(random),
    };

    private static ReadOnlyMemory<byte> AnyBody(Random random)
    {
        var body = new byte[random.Next(2) == 0 ? 0 : random.Next(600)];
        random.NextBytes(body);
        return body;
    }

    // Extremes as often as ordinary instants.
    private static long AnyNumber(Random random) => random.Next(6) switch
    {
        0 => long.MinValue,
        1 => long.MaxValue,
        2 => random.NextInt64(long.MinValue, long.MaxValue),
        3 => -random.Next(),
        _ => 1_790_000_000_000 + random.Next(),
    };

    private static string AnyText(Random random, int maxChars)
    {
        string[] pieces = ["a", "Z", "ß", "€", "日", "🛒", " ", "0"];
        return string.Concat(Enumerable.Range(0, random.Next(maxChars))
            .Select(_ => pieces[random.Next(pieces.Length)]));
    }

    private static void AssertSame(Event expected, Event actual)
    {
        Assert.Equal(expected.Identifiers, actual.Identifiers);
        Assert.Equal(expected.Items, actual.Items);
        Assert.True(expected.Body.Span.SequenceEqual(actual.Body.Span));
        // The rest compares by value once the lists are the same objects.
        Assert.Equal(expected, actual with
        {
            Identifiers = expected.Identifiers,
            Items = expected.Items,
            Body = expected.Body,
        });
    }
}
