namespace Stammgast.Collect;

/// <summary>
/// The message keys that were made durable a short while ago: what comes again is answered
/// <c>duplicate</c> and not appended. Advisory, since it forgets on restart and when crowded; the
/// fold is exact. A fixed table of 4-way sets; lock-free, since a torn race only forgets.
/// </summary>
internal sealed class RecentMessages
{
    private const int Ways = 4;
    private readonly ulong[] _keys;
    private readonly ulong _mask;

    /// <summary>
    /// A window of about <paramref name="capacity"/> keys, a power of two, 8 bytes each.
    /// </summary>
    public RecentMessages(int capacity = 512 * 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(int.IsPow2(capacity), true);
        _keys = new ulong[capacity];
        _mask = (ulong)capacity - Ways;
    }

    /// <summary>Whether it was made durable a short while ago.</summary>
    public bool Contains(MessageKey key)
    {
        var set = (int)(key.Value >> 20 & _mask);
        for (var way = 0; way < Ways; way++)
        {
            if (Volatile.Read(ref _keys[set + way]) == key.Value)
                return true;
        }
        return false;
    }

    /// <summary>Remembers one that is durable now; the oldest of its set is forgotten.</summary>
    public void Add(MessageKey key)
    {
        var set = (int)(key.Value >> 20 & _mask);
        for (var way = Ways - 1; way > 0; way--)
            Volatile.Write(ref _keys[set + way], Volatile.Read(ref _keys[set + way - 1]));
        Volatile.Write(ref _keys[set], key.Value);
    }
}
