using System.Buffers;
using Stammgast.Consent;
using Stammgast.Identity;
using Stammgast.Keys;
using Stammgast.Privacy;
using Stammgast.Profiles;
using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Keys;

namespace Stammgast.Tests.Profiles;

/// <summary>A real store, real keys and this room's workers over a folder of their own.</summary>
internal sealed class TestCell : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CellKeys _cellKeys;

    public TestCell(int cacheMiB = 16)
    {
        _cellKeys = CellKeys.Open(_folder.Info);
        Keys = PersonKeys.Open(_folder.Info, _cellKeys);
        Store = new SqliteStore(Path.Combine(Folder, "store"), Time);
        var options = new ProfileOptions { CacheMiB = cacheMiB };
        Reader = new ProfileReaderWorker(Store, Keys, Index, Purposes.Default, Time, options);
        Identity = new IdentityWorker(Store, Keys, Index, Reader, IdentityRules.Default, options);
        Timeline = new TimelineWorker(Store, Reader);
        Erasures = new ErasureWorker(Store, Keys, Reader, Time);
    }

    public string Folder => _folder.Info.FullName;

    public FixedTime Time { get; } = new(Events.Start + 100 * Events.Day);

    public PersonKeys Keys { get; }

    public BlindIndex Index => _cellKeys.Index;

    public SqliteStore Store { get; }

    public ProfileReaderWorker Reader { get; }

    public IdentityWorker Identity { get; }

    public TimelineWorker Timeline { get; }

    public ErasureWorker Erasures { get; }

    private static CancellationToken Cancel => Xunit.TestContext.Current.CancellationToken;

    /// <summary>The event as this cell's blind index names it.</summary>
    public Event Of(Event e) => e with { Leaf = Index.Leaf(e.Identifiers[0]) };

    /// <summary>Folds a batch as the line does: load, fold, commit, remember, settle.</summary>
    public async Task<IReadOnlyList<FoldOutput>> FoldAsync(params IEnumerable<Event> events)
    {
        var groups = events.Select(Of).GroupBy(e => e.Leaf).ToArray();
        var outputs = new List<FoldOutput>();
        var settle = new List<LeafId>();
        var leaves = await Reader.LoadLeavesAsync([.. groups.Select(group => group.Key)], Cancel);
        await Keys.EnsureAsync([.. groups.Select(group => group.Key)], Cancel);
        var batch = new WriteBatch();
        var remember = new List<Action>();
        for (var i = 0; i < groups.Length; i++)
        {
            var leaf = groups[i].Key;
            var known = await Reader.LoadMessagesAsync(leaf, leaves[i], Cancel);
            var output = Fold.Run(new FoldInput
            {
                State = leaves[i].State,
                Events = [.. groups[i].Select(Logged)],
                KnownMessages = known,
            }, IdentityRules.Default);
            outputs.Add(output);
            if (output.MustSettle)
                settle.Add(leaf);
            if (output.Folded.Count > 0)
                remember.Add(Write(batch, leaves[i], known, output));
        }
        if (!batch.IsEmpty)
            Xunit.Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(batch, Lane.Fold, Cancel));
        remember.ForEach(done => done());
        await Identity.SettleAsync(settle, Cancel);
        return outputs;
    }

    /// <summary>Says yes, or what else, for a leaf, as a person at this moment.</summary>
    public async Task ConsentAsync(
        LeafId leaf, PurposeSet purposes, ConsentStatus status = ConsentStatus.Given)
    {
        var nowMs = Time.GetUtcNow().ToUnixTimeMilliseconds();
        var key = ConsentRows.KeyOf(leaf);
        await Keys.EnsureAsync([leaf], Cancel);
        var state = ConsentState.Empty.With(new ConsentAct
        {
            Status = status,
            Purposes = purposes,
            Scope = ConsentScope.Person,
            MadeAtMs = nowMs,
            ReceivedAtMs = nowMs,
            Notice = 1,
            ExpiresAtMs = nowMs + 365 * Events.Day,
        });
        var plain = new ArrayBufferWriter<byte>();
        state.Write(plain);
        var stored = (await Store.LoadAsync([key], Cancel))[0];
        var batch = new WriteBatch();
        batch.Records.Add(new RecordWrite(key, stored.Version,
            Keys.Seal(key, stored.Version + 1, plain.WrittenSpan)));
        Xunit.Assert.IsType<CommitResult.Committed>(
            await Store.CommitAsync(batch, Lane.Lowering, Cancel));
    }

    public async Task<LeafState> StateAsync(Identifier anchor) =>
        (await Reader.LoadLeavesAsync([Index.Leaf(anchor)], Cancel))[0].State!;

    public async Task<LeafId> RootAsync(Identifier anchor) =>
        (await Reader.MembersAsync(Index.Leaf(anchor), Cancel)).Root;

    public async ValueTask DisposeAsync()
    {
        Identity.Dispose();
        await Store.DisposeAsync();
        Keys.Dispose();
        _cellKeys.Dispose();
        _folder.Dispose();
    }

    private Action Write(
        WriteBatch batch, LoadedLeaf loaded, ReadOnlyMemory<ulong> known, FoldOutput output)
    {
        var leaf = output.State.Leaf;
        var encoded = output.State.Encode();
        batch.Records.Add(new RecordWrite(new RecordKey(RecordKind.Leaf, leaf), loaded.Version,
            Keys.Seal(leaf, RecordKind.Leaf, loaded.Version + 1, encoded)));
        var sequence = loaded.State?.Pieces ?? 0;
        foreach (var piece in output.Pieces)
        {
            batch.History.Add(new HistoryPiece(leaf, ++sequence, piece.ReceivedAtMs, piece.Messages,
                Keys.Seal(leaf, SealedKind.History, sequence, piece.Plain.Span)));
        }
        foreach (var identifier in output.LookUpsAdded)
            batch.LookUps.Add(new LookUpWrite(Index.LookUp(identifier), leaf, false));
        foreach (var identifier in output.LookUpsRemoved)
            batch.LookUps.Add(new LookUpWrite(Index.LookUp(identifier), leaf, true));
        return () => Reader.Committed(leaf, loaded.Version + 1, encoded, known, output.Folded);
    }

    private static LoggedEvent Logged(Event e)
    {
        var payload = new ArrayBufferWriter<byte>();
        EventCodec.Write(e, payload);
        return new LoggedEvent(e, payload.WrittenMemory);
    }
}

/// <summary>A clock that stands until it is moved.</summary>
internal sealed class FixedTime(long nowMs) : TimeProvider
{
    public long NowMs { get; set; } = nowMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);
}
