namespace Stammgast.Collect;

/// <summary>
/// Bytes of requests that may be in this process at once. A request takes its part before its body
/// is read, so that a flood is refused while it is still on the wire.
/// </summary>
internal sealed class Backpressure(long limitBytes)
{
    private const long ReserveBytes = 4 * Limits.EventBytes;
    private long _taken;

    /// <summary>Bytes in hand.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes a part; false: too much at once, nothing was taken.</summary>
    public bool TryTake(int bytes) => TryTake(bytes, limitBytes);

    /// <summary>
    /// Takes a part of the eighth beyond the limit, which is kept for requests that could bring a
    /// withdrawal: those no larger than an event. They are read, lower, and are asked to come again.
    /// </summary>
    public bool TryTakeReserve(int bytes) =>
        bytes <= Limits.EventBytes && TryTake(bytes, limitBytes + Math.Max(limitBytes / 8, ReserveBytes));

    private bool TryTake(int bytes, long limit)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit)
            return true;
        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    /// <summary>Gives a part back.</summary>
    public void Give(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
