using System.Collections.Immutable;
using System.Threading.Channels;

namespace Stammgast;

/// <summary>Something that just happened on the line, for those who watch it in this process.</summary>
internal abstract record FlowNotice(long AtMs)
{
    /// <summary>The gate took or refused an event.</summary>
    /// <param name="AtMs">When, ms since 1970 UTC.</param>
    /// <param name="Leaf">Whose; none where it was refused before an anchor was known.</param>
    /// <param name="Name">The event's name, or its call's.</param>
    /// <param name="Fate">accepted, duplicate or rejected, as answered.</param>
    /// <param name="Code">Why it was rejected, or empty.</param>
    /// <param name="Allowed">The verdict.</param>
    internal sealed record Collected(
        long AtMs, LeafId Leaf, string Name, string Fate, string Code, PurposeSet Allowed)
        : FlowNotice(AtMs);

    /// <summary>The fold committed an event.</summary>
    /// <param name="AtMs">When it was committed, ms since 1970 UTC.</param>
    /// <param name="Leaf">The leaf that it went to.</param>
    /// <param name="Person">The root leaf of its person.</param>
    /// <param name="Name">The event's name, or its call's.</param>
    /// <param name="Duplicate">Whether it had been counted before and changed nothing.</param>
    internal sealed record Folded(
        long AtMs, LeafId Leaf, LeafId Person, string Name, bool Duplicate) : FlowNotice(AtMs);

    /// <summary>A placement was decided.</summary>
    /// <param name="AtMs">When, ms since 1970 UTC.</param>
    /// <param name="Leaf">For whom; none for a contextual decision.</param>
    /// <param name="Decision">Where the trace is.</param>
    /// <param name="Placement">The placement's key.</param>
    internal sealed record Decided(
        long AtMs, LeafId Leaf, DecisionId Decision, string Placement) : FlowNotice(AtMs);
}

/// <summary>
/// Hands notices to watchers and forgets them. Publishing costs one read where nobody watches; a
/// watcher that falls behind loses the oldest, never the line its pace.
/// </summary>
internal sealed class FlowNotices
{
    private const int BehindAtMost = 256;
    private ImmutableArray<Channel<FlowNotice>> _watchers = [];

    /// <summary>Whether it is worth making a notice.</summary>
    public bool Watched => !_watchers.IsEmpty;

    /// <summary>Tells all watchers; never waits.</summary>
    public void Publish(FlowNotice notice)
    {
        foreach (var watcher in _watchers)
            watcher.Writer.TryWrite(notice);
    }

    /// <summary>Everything from now on, until cancelled.</summary>
    public async IAsyncEnumerable<FlowNotice> WatchAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var channel = Channel.CreateBounded<FlowNotice>(new BoundedChannelOptions(BehindAtMost)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
        });
        ImmutableInterlocked.Update(ref _watchers, (all, one) => all.Add(one), channel);
        try
        {
            await foreach (var notice in channel.Reader.ReadAllAsync(cancel))
                yield return notice;
        }
        finally
        {
            ImmutableInterlocked.Update(ref _watchers, (all, one) => all.Remove(one), channel);
        }
    }
}
