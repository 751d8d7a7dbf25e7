using Stammgast.Consent;
using Stammgast.Keys;
using Stammgast.Tests.Keys;
using Stammgast.Tests.Support;
using Xunit;

namespace Stammgast.Tests;

/// <summary>
/// Decision 7 over a whole cell: what an event takes holds from its 200 on, though the fold has not
/// seen the event and never does.
/// </summary>
public sealed class LoweringTests
{
    private const string Yes = """{"consent":{"categoryPreferences":{"personalization":true,"functional":true,"advertising":true}}}""";
    private const string No = """{"consent":{"categoryPreferences":{"personalization":false,"functional":true,"advertising":false}}}""";
    private const string OnlyNo = """{"consent":{"categoryPreferences":{"personalization":false} } }""";
    private const string Row = """{"key":"home.row","type":"items","limit":3}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/track", false)]
    [InlineData("/v1/batch", false)]
    [InlineData("/v1/experience", false)]
    [InlineData("/v1/track", true)]
    [InlineData("/v1/experience", true)]
    public async Task A_withdrawal_by_event_holds_when_the_node_dies_before_it_is_folded(
        string path, bool isBrowser)
    {
        using var folder = new TemporaryFolder();
        var (writeKey, serverKey) = await ConsentedAsync(folder.Info, isBrowser);
        var key = isBrowser ? writeKey : serverKey;
        var who = isBrowser ? "\"anonymousId\":\"a-1\"" : "\"userId\":\"u-1\"";
        // A node that takes events and dies: nothing of its log is ever folded.
        await using (var dying = await RunningCell.OpenAsync(folder.Info, Cancel, folds: false))
        {
            Assert.True(await IsPersonalAsync(dying, serverKey, isBrowser));
            var body = $$"""{"type":"track","messageId":"no-1",{{who}},"event":"Segment Consent Preference Updated","context":{{No}} }""";
            var (status, answer) = await dying.PostAsync(path, key, path switch
            {
                "/v1/batch" => $$"""{"batch":[{{body}}]}""",
                "/v1/experience" => $$"""{ {{who}},"context":{},"events":[{{body}}],"placements":[{{Row}}] }""",
                _ => body,
            });
            Assert.Equal(200, status);
            Assert.Equal("accepted", (string?)answer["events"]![0]!["fate"]);
            Assert.False(await IsPersonalAsync(dying, serverKey, isBrowser));
        }
        await using var after = await RunningCell.OpenAsync(folder.Info, Cancel, folds: false);
        Assert.False(await IsPersonalAsync(after, serverKey, isBrowser));
    }

    [Fact]
    public async Task Folding_the_withdrawal_later_changes_nothing_and_keeps_its_evidence_once()
    {
        using var folder = new TemporaryFolder();
        var (_, key) = await ConsentedAsync(folder.Info, isBrowser: false);
        await using var cell = await RunningCell.OpenAsync(folder.Info, Cancel);
        await SayAsync(cell, key, "no-1", OnlyNo);
        var (leaf, before) = await StateAsync(cell);
        await cell.FoldedAsync(Cancel);
        Assert.Equal(before, (await StateAsync(cell)).State);
        var evidence = await LedgerWorker.EvidenceAsync(
            cell.Cell.Store, cell.Cell.PersonKeys, leaf, long.MaxValue, Cancel);
        Assert.Single(evidence, one => one.IsLowering);
    }

    [Fact]
    public async Task A_withdrawal_that_is_sent_again_does_not_take_the_yes_said_since()
    {
        using var folder = new TemporaryFolder();
        var (_, key) = await ConsentedAsync(folder.Info, isBrowser: false);
        await using (var cell = await RunningCell.OpenAsync(folder.Info, Cancel))
        {
            await SayAsync(cell, key, "no-1", No);
            await SayAsync(cell, key, "yes-2", Yes);
            await cell.FoldedAsync(Cancel);
            Assert.True(await IsPersonalAsync(cell, key, isBrowser: false));
        }
        // A node that remembers no message ids: what it is sent again it takes for new.
        await using var other = await RunningCell.OpenAsync(folder.Info, Cancel);
        await SayAsync(other, key, "no-1", No);
        await other.FoldedAsync(Cancel);
        Assert.True(await IsPersonalAsync(other, key, isBrowser: false));
    }

    [Fact]
    public async Task An_unsubscribe_of_record_holds_with_its_answer_and_a_browsers_says_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var cell = await RunningCell.OpenAsync(folder.Info, Cancel, folds: false);
        var server = await cell.KeyAsync(ApiKeyKind.Server, Cancel);
        var write = await cell.KeyAsync(ApiKeyKind.Write, Cancel);
        foreach (var (key, id) in (ValueTuple<string, string>[])
            [(write, "\"anonymousId\":\"a-1\""), (server, "\"userId\":\"u-1\"")])
        {
            var (status, _) = await cell.PostAsync("/v1/identify", key, $$"""
                { {{id}},"messageId":"s-1","context":{"messaging_subscriptions":
                  [{"key":"anna@home.test","type":"EMAIL","status":"UNSUBSCRIBED"}],
                  "consent":{"categoryPreferences":{"functional":true} } } }
                """);
            Assert.Equal(200, status);
        }
        Assert.True(Addresses.TryRead(
            cell.Cell.CellKeys.Index, AddressKind.Email, "anna@home.test", out var address));
        var (_, said) = await StateAsync(cell);
        Assert.Equal(SubscriptionStatus.Unsubscribed, said.Subscriptions.Of(address, ""));
        var browser = cell.Cell.CellKeys.Index.Leaf(new(IdentifierType.AnonymousId, "a-1"));
        Assert.True((await cell.Cell.Consents.LoadAsync(browser, Cancel)).IsEmpty);
    }

    [Fact]
    public async Task Overload_sheds_events_and_never_what_they_withdraw()
    {
        using var folder = new TemporaryFolder();
        var (_, key) = await ConsentedAsync(folder.Info, isBrowser: false);
        await using var cell = await RunningCell.OpenAsync(
            folder.Info, Cancel, folds: false, requestsMiB: 1);
        Assert.True(cell.Cell.Pressure.TryTake(1 << 20));
        var (status, _) = await cell.PostAsync("/v1/track", key, Change("no-1", No));
        Assert.Equal(429, status);
        Assert.Equal(1 << 20, cell.Cell.Pressure.Taken);
        cell.Cell.Pressure.Give(1 << 20);
        Assert.False(await IsPersonalAsync(cell, key, isBrowser: false));
        // It comes again, as its sender was asked to, and is taken as the event that it is.
        var (again, answer) = await cell.PostAsync("/v1/track", key, Change("no-1", No));
        Assert.Equal(200, again);
        Assert.Equal("accepted", (string?)answer["events"]![0]!["fate"]);
    }

    private static string Change(string id, string context) =>
        $$"""{"type":"track","messageId":"{{id}}","userId":"u-1","event":"Segment Consent Preference Updated","context":{{context}} }""";

    private static async Task SayAsync(RunningCell cell, string key, string id, string context) =>
        Assert.Equal(200, (await cell.PostAsync("/v1/track", key, Change(id, context))).Status);

    private static async Task<(LeafId Leaf, ConsentState State)> StateAsync(RunningCell cell)
    {
        var leaf = cell.Cell.CellKeys.Index.Leaf(new(IdentifierType.UserId, "u-1"));
        return (leaf, await cell.Cell.Consents.LoadAsync(leaf, Cancel));
    }

    /// <summary>Somebody who said yes and looked at something, all folded; the keys to go on.</summary>
    private static async Task<(string Write, string Server)> ConsentedAsync(
        DirectoryInfo data, bool isBrowser)
    {
        await using var cell = await RunningCell.OpenAsync(data, Cancel);
        var write = await cell.KeyAsync(ApiKeyKind.Write, Cancel);
        var server = await cell.KeyAsync(ApiKeyKind.Server, Cancel);
        var who = isBrowser ? "\"anonymousId\":\"a-1\"" : "\"userId\":\"u-1\"";
        foreach (var name in new[] { "Segment Consent Preference Updated", "Product Viewed" })
        {
            var (status, _) = await cell.PostAsync("/v1/track", isBrowser ? write : server,
                $$"""{"messageId":"{{name}}",{{who}},"event":"{{name}}","properties":{"product_id":"RUN-01"},"context":{{Yes}} }""");
            Assert.Equal(200, status);
        }
        await cell.FoldedAsync(Cancel);
        Assert.True(await IsPersonalAsync(cell, server, isBrowser));
        return (write, server);
    }

    // Asked by the shop's server, which says nothing of consent: the ledger alone decides.
    private static async Task<bool> IsPersonalAsync(RunningCell cell, string server, bool isBrowser)
    {
        var admin = await cell.KeyAsync(ApiKeyKind.Admin, Cancel);
        var who = isBrowser ? "\"anonymousId\":\"a-1\"" : "\"userId\":\"u-1\"";
        var (status, body) = await cell.PostAsync("/v1/experience", server,
            $$"""{ {{who}},"placements":[{{Row}}]}""");
        Assert.Equal(200, status);
        var (_, trace) = await cell.SendAsync(HttpMethod.Get,
            "/v1/decisions/" + (string?)body["decisions"]![0]!["decisionId"], admin);
        return (bool)trace["personal"]!;
    }
}
