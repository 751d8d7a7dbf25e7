using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stammgast.Operations;

/// <summary>What a run of load met.</summary>
/// <param name="Events">Events that were answered with 200.</param>
/// <param name="Requests">Requests that were answered with 200.</param>
/// <param name="Refused">Requests that were answered with 429 or 503.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="LatenciesMs">Latency of each answered request, ms, unsorted.</param>
internal sealed record LoadResult(
    long Events, long Requests, long Refused, TimeSpan Elapsed, IReadOnlyList<float> LatenciesMs)
{
    /// <summary>Events per second.</summary>
    public double Rate => Events / Elapsed.TotalSeconds;

    /// <summary>A quantile of the latencies, ms; 0 without any.</summary>
    public double Quantile(double q)
    {
        if (LatenciesMs.Count == 0)
            return 0;
        var sorted = LatenciesMs.ToArray();
        Array.Sort(sorted);
        return sorted[Math.Min(sorted.Length - 1, (int)(q * sorted.Length))];
    }
}

/// <summary>
/// Load from this machine over plain sockets with kept connections: as little as can be between
/// the clock and the server, since both share the processors.
/// </summary>
internal static class LoadWorker
{
    /// <summary>What a run sends.</summary>
    internal sealed record Plan
    {
        /// <summary>Where the cell listens.</summary>
        public required int Port { get; init; }

        /// <summary>A key that may send events.</summary>
        public required string Key { get; init; }

        /// <summary>Events a request.</summary>
        public required int BatchEvents { get; init; }

        /// <summary>Experience calls of one event each instead of tracking calls.</summary>
        public bool Experience { get; init; }

        /// <summary>Connections, each with one request under way.</summary>
        public required int Connections { get; init; }

        /// <summary>How long.</summary>
        public required TimeSpan Duration { get; init; }

        /// <summary>People; 90 % of the events come from the first tenth of them.</summary>
        public required int People { get; init; }

        /// <summary>Products.</summary>
        public required int Products { get; init; }

        /// <summary>Events a second over all connections; 0: as fast as answers come.</summary>
        public int RatePerSecond { get; init; }

        /// <summary>First message number, so that runs do not repeat one another's.</summary>
        public ulong FirstMessage { get; init; }

        /// <summary>Everybody in turn, once, instead of for a time.</summary>
        public bool EachOnce { get; init; }

        /// <summary>Instant of the events.</summary>
        public required DateTimeOffset At { get; init; }
    }

    /// <summary>Runs the plan.</summary>
    public static async Task<LoadResult> RunAsync(Plan plan, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var runs = new Task<Lane>[plan.Connections];
        for (var i = 0; i < runs.Length; i++)
        {
            var lane = i;
            runs[i] = Task.Run(() => SendAsync(plan, lane, clock, cancel), cancel);
        }
        var lanes = await Task.WhenAll(runs);
        return new LoadResult(
            lanes.Sum(lane => lane.Events), lanes.Sum(lane => lane.Requests),
            lanes.Sum(lane => lane.Refused), clock.Elapsed,
            [.. lanes.SelectMany(lane => lane.LatenciesMs)]);
    }

    private sealed class Lane
    {
        public long Events;
        public long Requests;
        public long Refused;
        public List<float> LatenciesMs { get; } = [];
    }

    private static async Task<Lane> SendAsync(
        Plan plan, int number, Stopwatch clock, CancellationToken cancel)
    {
        var lane = new Lane();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, plan.Port), cancel);
        var template = plan.Experience
            ? LoadTemplate.Experience("localhost", plan.Key, plan.At)
            : LoadTemplate.Create("localhost", plan.Key, plan.BatchEvents, plan.At);
        var draw = new Draw((ulong)number + 1);
        var message = plan.FirstMessage + ((ulong)number << 40);
        var answer = new byte[256 * 1024];
        var perRequest = plan.RatePerSecond == 0
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds((double)plan.BatchEvents * plan.Connections / plan.RatePerSecond);
        var due = perRequest * (number / (double)plan.Connections);
        var next = number * plan.BatchEvents;
        while ((plan.EachOnce ? next < plan.People : clock.Elapsed < plan.Duration)
            && !cancel.IsCancellationRequested)
        {
            if (perRequest > TimeSpan.Zero)
            {
                var wait = due - clock.Elapsed;
                if (wait > TimeSpan.FromMilliseconds(1))
                    await Task.Delay(wait, cancel);
                due += perRequest;
            }
            for (var i = 0; i < plan.BatchEvents; i++)
            {
                template.Patch(
                    i, message++,
                    plan.EachOnce ? Math.Min(next + i, plan.People - 1) : draw.Person(plan.People),
                    draw.Next(plan.Products));
            }
            var before = clock.Elapsed;
            await socket.SendAsync(template.Bytes, cancel);
            var status = await HttpAnswer.ReadStatusAsync(socket, answer, cancel);
            if (status == 200)
            {
                lane.Events += plan.BatchEvents;
                next += plan.BatchEvents * plan.Connections;
                lane.Requests++;
                lane.LatenciesMs.Add((float)(clock.Elapsed - before).TotalMilliseconds);
            }
            else if (status is 429 or 503)
            {
                lane.Refused++;
                await Task.Delay(50, cancel);
            }
            else
            {
                throw new InvalidOperationException(
                    $"The cell answered {status} to load that is well-formed.");
            }
        }
        return lane;
    }

    /// <summary>A small seeded generator (xorshift): the same people in every run.</summary>
    private struct Draw(ulong seed)
    {
        private ulong _state = seed * 0x9E3779B97F4A7C15UL;

        public int Next(int below)
        {
            _state ^= _state << 13;
            _state ^= _state >> 7;
            _state ^= _state << 17;
            return (int)(_state % (ulong)below);
        }

        public int Person(int people) =>
            Next(10) < 9 ? Next(Math.Max(1, people / 10)) : Next(people);
    }
}

/// <summary>The least of HTTP/1.1 that reading an answer of known length or in chunks takes.</summary>
internal static class HttpAnswer
{
    /// <summary>Reads one whole answer and gives its status.</summary>
    public static async Task<int> ReadStatusAsync(
        Socket socket, byte[] buffer, CancellationToken cancel)
    {
        var (status, _, _) = await ReadAsync(socket, buffer, cancel);
        return status;
    }

    /// <summary>Reads one whole answer: status, and where its body lies in the buffer (raw).</summary>
    /// <exception cref="IOException">The connection ended or the answer exceeds the buffer.</exception>
    public static async Task<(int Status, int BodyAt, int BodyBytes)> ReadAsync(
        Socket socket, byte[] buffer, CancellationToken cancel)
    {
        var filled = 0;
        var head = -1;
        var length = -1;
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(filled), cancel);
            if (got == 0)
                throw new IOException("The connection ended within an answer.");
            filled += got;
            if (head < 0)
            {
                head = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
                if (head < 0)
                    continue;
                head += 4;
                length = ContentLength(buffer.AsSpan(0, head));
            }
            var whole = length >= 0
                ? filled - head >= length
                : buffer.AsSpan(head, filled - head).EndsWith("0\r\n\r\n"u8);
            if (whole)
                return (int.Parse(buffer.AsSpan(9, 3), CultureInfo.InvariantCulture), head, filled - head);
            if (filled == buffer.Length)
                throw new IOException("An answer exceeds the buffer.");
        }
    }

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        var text = Encoding.ASCII.GetString(head);
        const string Name = "content-length:";
        var at = text.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return text.Contains(" 204 ", StringComparison.Ordinal) ? 0 : -1;
        var end = text.IndexOf('\r', at);
        return int.Parse(text.AsSpan(at + Name.Length, end - at - Name.Length),
            CultureInfo.InvariantCulture);
    }
}
