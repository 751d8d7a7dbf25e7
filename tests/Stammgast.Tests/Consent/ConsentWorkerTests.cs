using System.Text;
using Stammgast.Consent;
using Stammgast.Storage;
using Xunit;

namespace Stammgast.Tests.Consent;

public sealed class ConsentWorkerTests
{
    private const string Profiled = "personalize.content.profiled";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_withdrawal_survives_a_power_cut_right_after_its_answer()
    {
        await using var cell = new ConsentCell();
        var leaf = cell.Leaf("u1");
        await cell.WriteAsync(leaf, ConsentStatus.Given, "personalize");
        cell.Clock.Move(TimeSpan.FromHours(1));
        await cell.WriteAsync(leaf, ConsentStatus.Withdrawn, "personalize.content");

        await using var after = cell.AfterPowerCut();
        var state = await after.Worker.LoadAsync(leaf, Cancel);
        Assert.Equal(ConsentStatus.Withdrawn,
            state.Answer(cell.Clock.NowMs)[KnownPurposes.ProfiledContent].Status);
        Assert.True(state.Given(cell.Clock.NowMs).Has(KnownPurposes.Fit));
        var revoked = Assert.Single(
            await after.Store.LedgerAsync(ConsentRows.Revocations, 1, 10, Cancel));
        Assert.Equal(new Revocation(leaf, RevocationKind.Consent, cell.Clock.NowMs),
            Revocation.Of(revoked));
        Assert.Equal(2, (await LedgerWorker.EvidenceAsync(
            after.Store, after.People, leaf, long.MaxValue, Cancel)).Count);
    }

    [Fact]
    public async Task This_node_hears_of_a_lowering_before_its_caller_and_of_no_grant()
    {
        await using var cell = new ConsentCell();
        var heard = new List<Revocation>();
        cell.Feed.Subscribe(heard.Add);
        var leaf = cell.Leaf("u1");
        await cell.WriteAsync(leaf, ConsentStatus.Given, Profiled);
        Assert.Empty(heard);
        await cell.WriteAsync(leaf, ConsentStatus.Withdrawn, Profiled);
        Assert.Equal(leaf, Assert.Single(heard).Leaf);
        // An objection to what rests on legitimate interest is a lowering, too.
        await cell.WriteAsync(
            leaf, ConsentStatus.Withdrawn, "marketing.advertising.negative_targeting");
        Assert.Equal(2, heard.Count);
    }

    [Fact]
    public async Task Acts_within_one_millisecond_keep_the_order_in_which_they_were_answered()
    {
        await using var cell = new ConsentCell();
        var leaf = cell.Leaf("u1");
        for (var i = 0; i < 5; i++)
        {
            var no = await cell.WriteAsync(leaf, ConsentStatus.Withdrawn, Profiled);
            Assert.False(no.State.Given(long.MaxValue - 1).Has(KnownPurposes.ProfiledContent));
            var yes = await cell.WriteAsync(leaf, ConsentStatus.Given, Profiled);
            Assert.True(yes.State.Given(cell.Clock.NowMs).Has(KnownPurposes.ProfiledContent));
        }
    }

    [Fact]
    public async Task Racing_writers_lose_nothing()
    {
        await using var cell = new ConsentCell();
        var leaf = cell.Leaf("u1");
        string[] keys =
        [
            "functional.storage", "personalize.fit", "personalize.advice", "analytics",
            "marketing.communications.email", "marketing.communications.sms", "train_ai_system",
        ];
        await Task.WhenAll(keys.Select(key => Task.Run(async () =>
            await cell.WriteAsync(leaf, ConsentStatus.Refused, key), Cancel)));
        var state = await cell.Worker.LoadAsync(leaf, Cancel);
        foreach (var key in keys)
            Assert.True((Purposes.Default.Under(key) - state.Lowered).IsEmpty);
        Assert.Equal(keys.Length, (await LedgerWorker.EvidenceAsync(
            cell.Store, cell.People, leaf, long.MaxValue, Cancel)).Count);
    }

    [Fact]
    public async Task A_repeated_request_is_answered_and_does_nothing_twice()
    {
        await using var cell = new ConsentCell();
        var leaf = cell.Leaf("u1");
        await cell.WriteAsync(leaf, ConsentStatus.Given, Profiled, "one");
        await cell.WriteAsync(leaf, ConsentStatus.Withdrawn, Profiled, "two");
        var again = await cell.WriteAsync(leaf, ConsentStatus.Given, Profiled, "one");
        Assert.Equal(Repetition.Same, again.Repeated);
        Assert.False(again.State.Given(cell.Clock.NowMs).Has(KnownPurposes.ProfiledContent));
        Assert.Equal(Repetition.Other,
            (await cell.WriteAsync(leaf, ConsentStatus.Given, "analytics", "one")).Repeated);
        Assert.Equal(2, (await LedgerWorker.EvidenceAsync(
            cell.Store, cell.People, leaf, long.MaxValue, Cancel)).Count);
    }

    [Fact]
    public async Task Consents_that_cannot_be_read_count_as_all_refused_until_said_anew()
    {
        await using var cell = new ConsentCell();
        var leaf = cell.Leaf("u1");
        await cell.WriteAsync(leaf, ConsentStatus.Given, "personalize");
        var damaged = new WriteBatch();
        damaged.Records.Add(new RecordWrite(
            ConsentRows.KeyOf(leaf), RecordWrite.AnyVersion, new byte[] { 1, 2, 3 }));
        await cell.Store.CommitAsync(damaged, Lane.Fold, Cancel);

        var all = Purposes.Default;
        var state = await cell.Worker.LoadAsync(leaf, Cancel);
        Assert.True(state.Given(cell.Clock.NowMs).IsEmpty);
        Assert.Equal(all.ConsentBased | all.Objectable, state.Lowered);
        await cell.WriteAsync(leaf, ConsentStatus.Given, Profiled);
        Assert.Equal(PurposeSet.Of(KnownPurposes.ProfiledContent),
            (await cell.Worker.LoadAsync(leaf, Cancel)).Given(cell.Clock.NowMs));
    }

    [Fact]
    public async Task What_was_allowed_at_any_past_moment_can_be_answered()
    {
        await using var cell = new ConsentCell();
        var leaf = cell.Leaf("u1");
        var start = cell.Clock.NowMs;
        ConsentStatus[] said =
            [ConsentStatus.Given, ConsentStatus.Withdrawn, ConsentStatus.Given];
        foreach (var status in said)
        {
            cell.Clock.Move(TimeSpan.FromHours(1));
            await cell.WriteAsync(leaf, status, Profiled);
        }
        // Another leaf of the same cell says something else all the while.
        await cell.WriteAsync(cell.Leaf("u2"), ConsentStatus.Refused, Profiled);
        const long hour = 3_600_000;
        await AssertAtAsync(start + hour - 1, ConsentStatus.Unknown);
        await AssertAtAsync(start + hour, ConsentStatus.Given);
        await AssertAtAsync(start + 2 * hour - 1, ConsentStatus.Given);
        await AssertAtAsync(start + 2 * hour, ConsentStatus.Withdrawn);
        await AssertAtAsync(start + 3 * hour, ConsentStatus.Given);

        async Task AssertAtAsync(long atMs, ConsentStatus expected)
        {
            var (state, _) = await cell.Worker.RecallAsync(leaf, atMs, Cancel);
            Assert.Equal(expected, state.Answer(atMs)[KnownPurposes.ProfiledContent].Status);
        }
    }

    [Fact]
    public async Task After_erasure_the_evidence_is_unreadable_and_the_chain_still_holds()
    {
        await using var cell = new ConsentCell();
        var leaf = cell.Leaf("u1");
        await cell.WriteAsync(leaf, ConsentStatus.Given, Profiled);
        await cell.WriteAsync(leaf, ConsentStatus.Withdrawn, Profiled);
        await cell.People.DestroyAsync(leaf, Cancel);
        await cell.Store.EraseAsync(leaf, ReadOnlyMemory<byte>.Empty, Cancel);
        Assert.Empty(await LedgerWorker.EvidenceAsync(
            cell.Store, cell.People, leaf, long.MaxValue, Cancel));
        foreach (var ledger in (LedgerKey[])
            [ConsentRows.Revocations, new(LedgerKind.Consent, leaf.Bucket)])
        {
            var verdict = await LedgerWorker.VerifyAsync(cell.Store, ledger, null, Cancel);
            Assert.Equal(LedgerFault.None, verdict.Fault);
        }
    }

    [Fact]
    public async Task No_plain_word_of_an_act_is_in_any_file()
    {
        await using var cell = new ConsentCell();
        await cell.WriteAsync(cell.Leaf("u1"), ConsentStatus.Given, Profiled);
        using var files = cell.CopyOfFiles();
        var all = Directory.EnumerateFiles(files.Path, "*", SearchOption.AllDirectories)
            .Select(File.ReadAllBytes).ToList();
        Assert.Contains(all, bytes => bytes.Length > 0);
        foreach (var word in (string[])["web/account", "portal"])
            Assert.DoesNotContain(all, bytes =>
                bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(word)) >= 0);
    }
}
