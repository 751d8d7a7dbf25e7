using System.Text;
using Stammgast.Consent;
using Stammgast.Profiles;
using Stammgast.Storage;
using Stammgast.Tests.Profiles;
using Xunit;
using static Stammgast.Tests.Profiles.Events;

namespace Stammgast.Tests.Privacy;

public sealed class ErasureTests
{
    private const string Canary = "canary-7f3a91c0";

    private static readonly Identifier Anna = User(Canary);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Invariant_9_nothing_of_an_erased_person_is_readable_or_in_any_file()
    {
        await using var cell = new TestCell();
        await FillAsync(cell);
        var leaves = (await cell.Reader.MembersAsync(cell.Index.Leaf(Anna), Cancel)).Members;
        Assert.Equal(2, leaves.Count);
        var history = await cell.Store.HistoryAsync(cell.Index.Leaf(Anna), long.MaxValue, 10, Cancel);
        Assert.NotEmpty(history);
        var done = await cell.Erasures.EraseAsync(cell.Index.Leaf(Device(Canary)), Cancel);
        Assert.Equal(2, done!.Leaves.Count);
        Assert.Null(await cell.Reader.LoadAsync(cell.Index.Leaf(Anna), Cancel));
        Assert.Null(await cell.Reader.FindAsync(Anna, Cancel));
        Assert.Null(await cell.Reader.FindAsync(Mail(Canary + "@x.test"), Cancel));
        foreach (var leaf in leaves)
        {
            Assert.Empty(await cell.Store.HistoryAsync(leaf.Leaf, long.MaxValue, 10, Cancel));
            var record = (await cell.Store.LoadAsync([new RecordKey(RecordKind.Leaf, leaf.Leaf)], Cancel))[0];
            Assert.True(LeafState.TryReadTombstone(record.Body.Span, out var atMs));
            Assert.Equal(done.AtMs, atMs);
        }
        // A piece kept aside, as a backup would: its key is gone.
        Assert.Empty(cell.Reader.Open(history[0]));
        Assert.Empty(FilesWith(cell.Folder, Canary));
    }

    [Fact]
    public async Task Events_older_than_the_erasure_are_refused_and_newer_ones_begin_anew()
    {
        await using var cell = new TestCell();
        await FillAsync(cell);
        var erasedAtMs = (await cell.Erasures.EraseAsync(cell.Index.Leaf(Anna), Cancel))!.AtMs;
        var late = await cell.FoldAsync(One(EventKind.Other, erasedAtMs, Anna) with { Message = new MessageKey(91) });
        Assert.Equal((1, 0), (late[0].Refused, late[0].Folded.Count));
        Assert.Null(await cell.Reader.LoadAsync(cell.Index.Leaf(Anna), Cancel));
        await cell.FoldAsync(One(EventKind.Other, erasedAtMs + 1, Anna) with { Message = new MessageKey(92) });
        var anew = await cell.Reader.LoadAsync(cell.Index.Leaf(Anna), Cancel);
        Assert.Equal(1, anew!.For(KnownPurposes.Service).Events);
        Assert.Equal(erasedAtMs, (await cell.StateAsync(Anna)).ErasedAtMs);
    }

    [Fact]
    public async Task A_fold_in_flight_loses_against_the_erasure()
    {
        await using var cell = new TestCell();
        await FillAsync(cell);
        var leaf = cell.Index.Leaf(Anna);
        var loaded = (await cell.Reader.LoadLeavesAsync([leaf], Cancel))[0];
        var sealedBody = cell.Keys.Seal(leaf, RecordKind.Leaf, loaded.Version + 1, loaded.State!.Encode());
        await cell.Erasures.EraseAsync(leaf, Cancel);
        var batch = new WriteBatch();
        batch.Records.Add(new RecordWrite(new RecordKey(RecordKind.Leaf, leaf), loaded.Version, sealedBody));
        Assert.IsType<CommitResult.Conflict>(await cell.Store.CommitAsync(batch, Lane.Fold, Cancel));
    }

    [Fact]
    public async Task An_erasure_cut_short_is_finished_from_its_ledger_and_only_once()
    {
        await using var cell = new TestCell();
        await FillAsync(cell);
        await cell.Erasures.EraseAsync(cell.Index.Leaf(Anna), Cancel);
        Assert.Equal(0, await cell.Erasures.ReplayAsync(Cancel));
        // As a restored backup has it: the rows are there again, the ledger says what became of them.
        var leaf = cell.Index.Leaf(Anna);
        await cell.Keys.EnsureAsync([leaf], Cancel);
        var old = LeafState.New(leaf, IdentifierType.UserId);
        var batch = new WriteBatch();
        batch.Records.Add(new RecordWrite(new RecordKey(RecordKind.Leaf, leaf), RecordWrite.AnyVersion,
            cell.Keys.Seal(leaf, RecordKind.Leaf, 1, old.Encode())));
        await cell.Store.CommitAsync(batch, Lane.Fold, Cancel);
        cell.Reader.Forget(leaf);
        Assert.Equal(1, await cell.Erasures.ReplayAsync(Cancel));
        Assert.Null(await cell.Reader.LoadAsync(leaf, Cancel));
    }

    [Fact]
    public async Task Erasing_a_stranger_does_nothing()
    {
        await using var cell = new TestCell();
        Assert.Null(await cell.Erasures.EraseAsync(new LeafId(12345), Cancel));
    }

    [Fact]
    public async Task Who_only_ever_said_no_can_be_erased_too()
    {
        await using var cell = new TestCell();
        var leaf = cell.Index.Leaf(Anna);
        await cell.ConsentAsync(leaf, All, ConsentStatus.Refused);
        Assert.NotNull(await cell.Erasures.EraseAsync(leaf, Cancel));
        Assert.Equal(0, (await cell.Store.LoadAsync([ConsentRows.KeyOf(leaf)], Cancel))[0].Version);
        Assert.Null(await cell.Erasures.EraseAsync(leaf, Cancel));
        // What she had done before, and still lay in the log, is refused when it is folded.
        await cell.FoldAsync(One(EventKind.ProductViewed, Start, Anna));
        Assert.Null(await cell.Reader.LoadAsync(leaf, Cancel));
    }

    private static async Task FillAsync(TestCell cell)
    {
        await cell.FoldAsync(
            One(EventKind.Identify, Start, Anna, Mail(Canary + "@x.test"), Device(Canary))
                .Traits($$"""{"name":"{{Canary}}"}"""),
            One(EventKind.ProductViewed, Start + 1, Device(Canary)) with { Items = [Item(Canary)], Name = Canary },
            One(EventKind.OrderCompleted, Start + 2, Anna).Bought(Item(Canary)));
        await cell.ConsentAsync(cell.Index.Leaf(Anna), All);
    }

    private static IEnumerable<string> FilesWith(string folder, string text)
    {
        var needle = Encoding.UTF8.GetBytes(text);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            if (bytes.AsSpan().IndexOf(needle) >= 0)
                yield return file;
        }
    }
}
