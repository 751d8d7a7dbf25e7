using Stammgast.Keys;

namespace Stammgast.Collect;

/// <summary>Whether an identity token says, now, that this browser's user is this one.</summary>
internal delegate bool IdentityCheck(
    ReadOnlySpan<char> token, string userId, string anonymousId, long nowMs);

/// <summary>What <see cref="Admission"/> is handed; shared by all threads.</summary>
internal sealed record AdmissionRules
{
    /// <summary>The gate.</summary>
    public required Judge Judge { get; init; }

    /// <summary>Leaves and message keys.</summary>
    public required BlindIndex Index { get; init; }

    /// <summary>The catalogue.</summary>
    public required ProductLookUp LookUp { get; init; }

    /// <summary>Verifies identity tokens.</summary>
    public required IdentityCheck Identity { get; init; }

    /// <summary>What was made durable a short while ago.</summary>
    public required RecentMessages Recent { get; init; }

    /// <summary>The cell's currency (ISO 4217): amounts in others are not added up.</summary>
    public required string Currency { get; init; }
}

/// <summary>What admission made of a request. Nothing of it is durable yet.</summary>
internal sealed class Admitted(int capacity)
{
    /// <summary>In the order of the request.</summary>
    public List<EventFate> Fates { get; } = new(capacity);

    /// <summary>The events' names, in the order of the request; empty where unread.</summary>
    public List<string> Names { get; } = new(capacity);

    /// <summary>The accepted ones, in order.</summary>
    public List<Event> Events { get; } = new(capacity);

    /// <summary>The rejected ones, except those that consent refused.</summary>
    public List<RejectedEvent> Rejected { get; } = [];
}

/// <summary>A rejected event, for the dead letters. Personal data.</summary>
/// <param name="Call">With which <paramref name="Body"/> can be read again.</param>
/// <param name="Body">
/// The event as sent, alone, with what the batch around it said for all; empty if its stamp does
/// not let it be kept.
/// </param>
/// <param name="Code">Why.</param>
/// <param name="Field">Where, as a pointer into the request that brought it.</param>
/// <param name="Leaf">Whose, if that was found out before it was rejected.</param>
internal readonly record struct RejectedEvent(
    CollectCall Call, byte[] Body, string Code, string Field, LeafId Leaf);

/// <summary>
/// Memory of one request's bodies: a few blocks instead of one array an event. Not pooled, since
/// events may outlive their request.
/// </summary>
internal struct Arena(int expectedBytes)
{
    // Small, since the last block is mostly empty.
    private const int BlockBytes = 16 * 1024;
    private byte[] _block = [];
    private int _used;
    private int _expected = expectedBytes;

    /// <summary>Room for at most so many bytes.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (_block is null || _block.Length - _used < bytes)
        {
            _block = new byte[Math.Max(bytes, Math.Min(_expected, BlockBytes))];
            _used = 0;
        }
        return _block.AsSpan(_used, bytes);
    }

    /// <summary>Keeps what was written into the room.</summary>
    public ReadOnlyMemory<byte> Take(int bytes)
    {
        var taken = _block.AsMemory(_used, bytes);
        _used += bytes;
        _expected -= bytes;
        return taken;
    }
}
