namespace Stammgast.Collect;

/// <summary>
/// Bytes of requests that may be in this process at once. A request takes its part before its body
/// is read, so that a flood is refused while it is still on the wire.
/// </summary>
internal sealed class Backpressure(long limitBytes)
{
    private long _taken;

    /// <summary>Bytes in hand.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes a part; false: too much at once, nothing was taken.</summary>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limitBytes)
            return true;
        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    /// <summary>Gives a part back.</summary>
    public void Give(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
