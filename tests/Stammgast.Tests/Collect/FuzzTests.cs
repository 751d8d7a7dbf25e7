using System.Text;
using System.Text.Json;
using Stammgast.Collect;
using Xunit;

namespace Stammgast.Tests.Collect;

/// <summary>
/// Whatever comes in: no exception leaves, each input gets a 200 or a problem, what is accepted
/// survives the log's encoding, memory stays, nothing takes long. 50,000 inputs here, a million
/// with STAMMGAST_SOAK=1; another seed with STAMMGAST_SEED.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Short = 50_000;
    private const int Whole = 1_000_000;

    [Fact]
    public void No_input_breaks_admission()
    {
        var soak = Environment.GetEnvironmentVariable("STAMMGAST_SOAK") == "1";
        var seed = int.TryParse(Environment.GetEnvironmentVariable("STAMMGAST_SEED"), out var given)
            ? given : 20_261_122;
        var count = soak ? Whole : Short;
        output.WriteLine($"seed {seed}, {count} inputs");
        using var run = new Run(seed);
        for (var n = 0; n < count; n++)
            run.One(n);
        output.WriteLine(run.Summary);
        // Generators that stop producing one of the outcomes test nothing.
        Assert.All(run.Outcomes, outcome => Assert.True(outcome.Value > count / 200, outcome.Key));
    }

    private sealed class Run : IDisposable
    {
        private readonly Random _random;
        private readonly Admission _admission = AdmissionTests.Admission();
        private readonly FuzzInputs _inputs;
        private readonly PayloadBuffer _payloads = new();
        private long _slowestTicks;

        public Run(int seed)
        {
            _random = new Random(seed);
            _inputs = new FuzzInputs(_random);
        }

        public Dictionary<string, int> Outcomes { get; } = new()
        {
            ["refused"] = 0, ["accepted"] = 0, ["rejected"] = 0,
        };

        public string Summary => string.Join(", ", Outcomes.Select(o => $"{o.Key} {o.Value}"))
            + $", slowest {TimeSpan.FromTicks(_slowestTicks).TotalMilliseconds:0.0} ms";

        public void Dispose() => _payloads.Dispose();

        public void One(int n)
        {
            var input = _inputs.Next();
            var call = (CollectCall)_random.Next(0, 8);
            try
            {
                var cpu = Station.ThreadCpuNs();
                Try(input, call);
                // Processor time, so that a busy machine fails nothing.
                var ticks = (Station.ThreadCpuNs() - cpu) / 100;
                _slowestTicks = Math.Max(_slowestTicks, ticks);
                Assert.True(input.Length > 64 * 1024 || ticks < TimeSpan.TicksPerMillisecond * 100,
                    $"took {ticks / 10_000} ms");
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                    $"input {n} ({call}): {Convert.ToBase64String(input.AsSpan(0, Math.Min(input.Length, 4096)))}", e);
            }
        }

        private void Try(byte[] input, CollectCall call)
        {
            if (_admission.Read(input, call) is { } problem)
            {
                Assert.InRange(problem.Status, 400, 499);
                Outcomes["refused"]++;
                return;
            }
            _ = _admission.WriteKey();
            var admitted = _admission.Admit(AdmissionTests.Server, privacySignal: false, 1_800_000_000_000);
            Assert.Equal(admitted.Fates.Count, admitted.Names.Count);
            Assert.Equal(admitted.Events.Count, admitted.Fates.Count(f => f.Fate == Fate.Accepted));
            foreach (var fate in admitted.Fates)
            {
                Assert.Equal(fate.Fate == Fate.Rejected, fate.Code is not null);
                Outcomes[fate.Fate == Fate.Rejected ? "rejected" : "accepted"]++;
            }
            foreach (var e in admitted.Events)
                SurvivesTheLog(e);
        }

        private void SurvivesTheLog(Event e)
        {
            _payloads.Dispose();
            EventCodec.Write(e, _payloads);
            var back = EventCodec.Read(_payloads.Slice(0, _payloads.Length));
            Assert.Equal(e with { Body = default, Identifiers = [], Items = [] },
                back with { Body = default, Identifiers = [], Items = [] });
            Assert.Equal(e.Identifiers, back.Identifiers);
            Assert.Equal(e.Items, back.Items);
            Assert.True(e.Body.Span.SequenceEqual(back.Body.Span));
            Assert.NotEmpty(e.Identifiers);
            Assert.InRange(e.AtMs, long.MinValue, e.ReceivedAtMs);
            if (!e.Body.IsEmpty)
                JsonDocument.Parse(e.Body).Dispose();
        }
    }
}

/// <summary>Inputs: valid ones, structurally mutated ones, damaged bytes, noise.</summary>
internal sealed class FuzzInputs(Random random)
{
    private static readonly string[] Names =
    [
        "type", "messageId", "timestamp", "originalTimestamp", "sentAt", "userId", "anonymousId",
        "event", "name", "category", "properties", "traits", "context", "previousId", "products",
        "product_id", "sku", "variant", "price", "quantity", "order_id", "total", "revenue",
        "currency", "reason", "gift", "consent", "categoryPreferences", "page", "path", "title",
        "referrer", "campaign", "locale", "library", "externalIds", "messaging_subscriptions",
        "batch", "events", "writeKey", "integrations", "identityToken", "email", "phone", "id",
        "provenance", "", "\\u0061", "\\ud83d\\ude00", "a/b~c", "größe",
    ];

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "-1", "1e999", "-1e-999", "1e308", "129.95", "0.005", "1E2",
        "99999999999999999999999999", "\"\"", "\"track\"", "\"identify\"", "\"page\"", "\"alias\"",
        "\"Order Completed\"", "\"Product Viewed\"", "\"Order Returned\"", "\"too_small\"",
        "\"2027-01-15T08:00:00.000Z\"", "\"2027-01-15T08:00:00+02:00\"", "\"2019-01-01\"",
        "\"9999-12-31T23:59:59Z\"", "\"0001-01-01\"", "\"not a time\"", "\"u-1\"", "\"a-1\"",
        "\"\\u0000\"", "\"a\\u0007b\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"",
        "\"\u007f\"", "\"EUR\"", "\"USD\"", "\"https:\\/\\/user:pw@shop.example:443\\/p?q=1\"",
        "\"12,50\"", "\"49.90\"", "\"a@b.example\"", "\"+49 30 1234567\"", "\"RUN-01\"",
    ];

    private readonly StringBuilder _text = new();

    /// <summary>The next input.</summary>
    public byte[] Next() => random.Next(20) switch
    {
        < 8 => Encoding.UTF8.GetBytes(Request(sound: true)),
        < 13 => Encoding.UTF8.GetBytes(Request(sound: false)),
        < 17 => Damage(Encoding.UTF8.GetBytes(Request(sound: random.Next(2) == 0))),
        17 => Encoding.UTF8.GetBytes(Deep()),
        18 => Noise(),
        _ => Encoding.UTF8.GetBytes(Wide()),
    };

    private string Request(bool sound)
    {
        _text.Clear();
        if (random.Next(3) == 0)
        {
            Event(sound);
            return _text.ToString();
        }
        _text.Append("{\"").Append(random.Next(2) == 0 ? "batch" : "events").Append("\":[");
        for (int n = 0, many = random.Next(6); n < many; n++)
        {
            if (n > 0)
                _text.Append(',');
            Event(sound || random.Next(3) == 0);
        }
        _text.Append("],\"sentAt\":\"2027-01-15T08:00:00Z\",\"context\":");
        Value(3);
        _text.Append('}');
        return _text.ToString();
    }

    private void Event(bool sound)
    {
        if (!sound)
        {
            Object(4);
            return;
        }
        _text.Append("{\"type\":\"").Append(Pick(["track", "identify", "page", "screen", "group", "alias"]))
            .Append("\",\"anonymousId\":\"a-").Append(random.Next(50)).Append("\",\"event\":\"")
            .Append(Pick(["Product Viewed", "Order Completed", "Order Returned", "Mine", "Größe"]))
            .Append("\",\"messageId\":\"m-").Append(random.Next()).Append("\",\"properties\":{\"product_id\":")
            .Append(Pick(["\"RUN-01\"", "12", "null", "\"x\\u00e9\""])).Append(",\"price\":")
            .Append(Pick(["1", "12.995", "\"3.10\"", "1e2", "null"])).Append(",\"url\":\"x\",\"k")
            .Append(random.Next(9)).Append("\":");
        Value(3);
        _text.Append("},\"context\":{\"page\":{\"path\":\"/a?b=c\",\"referrer\":\"https://x.example/y\"},\"ip\":\"1.2.3.4\"}");
        if (random.Next(3) == 0)
        {
            _text.Append(",\"").Append(Pick(Names)).Append("\":");
            Value(2);
        }
        _text.Append('}');
    }

    private void Value(int depth)
    {
        switch (depth == 0 ? 0 : random.Next(5))
        {
            case 3:
                Object(depth - 1);
                break;
            case 4:
                _text.Append('[');
                for (int n = 0, many = random.Next(4); n < many; n++)
                {
                    if (n > 0)
                        _text.Append(',');
                    Value(depth - 1);
                }
                _text.Append(']');
                break;
            default:
                _text.Append(Pick(Scalars));
                break;
        }
    }

    private void Object(int depth)
    {
        _text.Append('{');
        for (int n = 0, many = random.Next(8); n < many; n++)
        {
            if (n > 0)
                _text.Append(',');
            _text.Append('"').Append(Pick(Names)).Append("\":");
            Value(depth);
        }
        _text.Append('}');
    }

    private byte[] Damage(byte[] bytes)
    {
        for (int n = 0, many = random.Next(1, 4); n < many && bytes.Length > 0; n++)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(4))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes = bytes[..at]; break;
                case 2: bytes = [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]]; break;
                default: bytes[at] = (byte)"{}[]\",:\\u0e"[random.Next(11)]; break;
            }
        }
        return bytes;
    }

    private string Deep()
    {
        var depth = random.Next(1, 2_000);
        var open = random.Next(2) == 0 ? "[" : "{\"a\":";
        var close = open == "[" ? "]" : "}";
        return "{\"batch\":[{\"properties\":" + string.Concat(Enumerable.Repeat(open, depth)) + "1"
            + string.Concat(Enumerable.Repeat(close, depth)) + "}]}";
    }

    private string Wide()
    {
        var many = random.Next(1, 3_000);
        var text = new StringBuilder("{\"batch\":[{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"properties\":{");
        for (var n = 0; n < many; n++)
            text.Append(n == 0 ? "" : ",").Append("\"k").Append(random.Next(10) == 0 ? 0 : n).Append("\":").Append(n);
        return text.Append("}}]}").ToString();
    }

    private byte[] Noise()
    {
        var bytes = new byte[random.Next(2_000)];
        random.NextBytes(bytes);
        return bytes;
    }

    private string Pick(string[] from) => from[random.Next(from.Length)];
}
