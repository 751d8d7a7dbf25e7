using System.Globalization;

namespace Stammgast.EndToEnd.Support;

/// <summary>What goes wrong with one request on its way.</summary>
/// <param name="Status">What the proxy answers; 0: it resets the connection.</param>
/// <param name="Forwarded">Whether the platform got the request all the same.</param>
/// <param name="RetryAfterS">Seconds in <c>Retry-After</c>; null: no header.</param>
internal sealed record Fault(int Status, bool Forwarded = false, int? RetryAfterS = null)
{
    public static readonly Fault ResetBefore = new(0);
    public static readonly Fault ResetAfter = new(0, Forwarded: true);

    /// <summary>
    /// Everything that the Segment SDKs retry. Of those, half got through: the answer was lost.
    /// </summary>
    public static readonly Fault[] SegmentRetries =
    [
        new(408), new(410), new(429, RetryAfterS: 1), new(429), new(500), new(502), new(503),
        new(503, RetryAfterS: 1), new(504), ResetBefore, ResetAfter, new(500, Forwarded: true),
        new(502, Forwarded: true), new(504, Forwarded: true), new(408, Forwarded: true),
    ];

    /// <summary>Everything that the RudderStack SDK retries; it gives up on 408 and 410.</summary>
    public static readonly Fault[] RudderRetries =
    [
        new(429, RetryAfterS: 1), new(429), new(500), new(502), new(503),
        new(503, RetryAfterS: 1), new(504), ResetBefore, ResetAfter, new(500, Forwarded: true),
        new(502, Forwarded: true), new(504, Forwarded: true),
    ];

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(Status == 0 ? "reset" : Status)}{(Forwarded ? " after forwarding" : "")}"
        + $"{(RetryAfterS is { } after ? $" Retry-After {after}" : "")}");
}
