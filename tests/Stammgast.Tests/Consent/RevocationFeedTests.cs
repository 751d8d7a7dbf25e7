using Stammgast.Consent;
using Stammgast.Storage;
using Xunit;

namespace Stammgast.Tests.Consent;

public sealed class RevocationFeedTests
{
    private const string Profiled = "personalize.content.profiled";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_node_hears_of_every_lowering_once_it_reads()
    {
        await using var cell = new ConsentCell();
        await cell.WriteAsync(cell.Leaf("before"), ConsentStatus.Refused, Profiled);
        var other = cell.NewFeed();
        var heard = new List<LeafId>();
        other.Subscribe(revocation => heard.Add(revocation.Leaf));
        // A node that has just started remembers nothing from before.
        await other.ReadAsync(Cancel);
        Assert.Empty(heard);
        // More than a page of the ledger, committed by somebody else.
        var expected = Enumerable.Range(0, 1_100).Select(i => cell.Leaf("u" + i)).ToList();
        var batch = new WriteBatch();
        foreach (var leaf in expected)
            batch.Ledgers.Add(Revocation.Append(leaf, RevocationKind.Consent, cell.Clock.NowMs));
        await cell.Store.CommitAsync(batch, Lane.Lowering, Cancel);
        await other.ReadAsync(Cancel);
        Assert.Equal(expected, heard);
        await other.ReadAsync(Cancel);
        Assert.Equal(expected.Count, heard.Count);
    }

    [Fact]
    public async Task It_is_fresh_for_one_second_after_a_read_and_never_before_the_first()
    {
        await using var cell = new ConsentCell();
        var feed = cell.NewFeed();
        Assert.False(feed.Fresh);
        await feed.ReadAsync(Cancel);
        Assert.True(feed.Fresh);
        cell.Clock.Move(TimeSpan.FromMilliseconds(999));
        Assert.True(feed.Fresh);
        cell.Clock.Move(TimeSpan.FromMilliseconds(1));
        Assert.False(feed.Fresh);
        // Hearing of one's own lowering is no read of the others'.
        await cell.WriteAsync(cell.Leaf("u1"), ConsentStatus.Refused, Profiled);
        Assert.False(feed.Fresh);
    }

    [Fact]
    public async Task A_read_that_fails_leaves_it_stale()
    {
        var cell = new ConsentCell();
        var feed = cell.NewFeed();
        await feed.ReadAsync(Cancel);
        cell.Clock.Move(TimeSpan.FromSeconds(2));
        await cell.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => feed.ReadAsync(Cancel).AsTask());
        Assert.False(feed.Fresh);
    }
}
