using System.Buffers;
using Stammgast.Consent;
using Stammgast.Identity;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Profiles;

/// <summary>
/// Loads leaves and persons from the store, through a bounded memory of encoded leaves. Whoever
/// commits a leaf says so here; whoever meets a version conflict forgets it here. Consents are read
/// anew each time, so that a lowering holds at once. Safe for all threads.
/// </summary>
public sealed class ProfileReaderWorker
{
    private const long DedupeMs = Limits.DedupeDays * 86_400_000L;

    // Message keys kept in memory for one leaf; a busier one reads its history again.
    private const int MessagesKept = 4_096;
    private const int PiecesAtOnce = 64;

    private readonly IStore _store;
    private readonly PersonKeys _keys;
    private readonly BlindIndex _index;
    private readonly Purposes _purposes;
    private readonly TimeProvider _time;
    private readonly LeafCache _cache;

    /// <summary>Over a cell's store and keys.</summary>
    public ProfileReaderWorker(
        IStore store, PersonKeys keys, BlindIndex index, Purposes purposes, TimeProvider time,
        ProfileOptions options)
    {
        (_store, _keys, _index, _purposes, _time) = (store, keys, index, purposes, time);
        _cache = new LeafCache(options.CacheMiB * 1024L * 1024);
    }

    /// <summary>Bytes of leaves in memory, about.</summary>
    public long CacheBytes => _cache.Bytes;

    /// <summary>Leaves as committed, in the order asked.</summary>
    /// <exception cref="KeyGoneException">One is being erased: load again.</exception>
    public async ValueTask<IReadOnlyList<LoadedLeaf>> LoadLeavesAsync(
        IReadOnlyList<LeafId> leaves, CancellationToken cancel)
    {
        var loaded = new LoadedLeaf[leaves.Count];
        List<int>? absent = null;
        for (var i = 0; i < leaves.Count; i++)
        {
            if (!_cache.TryGet(leaves[i], out loaded[i]))
                (absent ??= []).Add(i);
        }
        if (absent is null)
            return loaded;
        var asOf = _cache.Forgotten;
        var records = await _store.LoadAsync(
            [.. absent.Select(i => new RecordKey(RecordKind.Leaf, leaves[i]))], cancel);
        for (var i = 0; i < absent.Count; i++)
            loaded[absent[i]] = Open(records[i], asOf);
        return loaded;
    }

    /// <summary>
    /// The message keys of a leaf's last 35 days, in any order: what the fold has counted already.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<ulong>> LoadMessagesAsync(
        LeafId leaf, LoadedLeaf loaded, CancellationToken cancel)
    {
        if (loaded.State is not { Pieces: > 0 } state)
            return default;
        if (_cache.TryMessages(leaf, out var known))
            return known;
        var asOf = _cache.Forgotten;
        var sinceMs = NowMs() - DedupeMs;
        var messages = new List<ulong>();
        var before = long.MaxValue;
        while (true)
        {
            var pieces = await _store.HistoryAsync(leaf, before, PiecesAtOnce, cancel);
            foreach (var piece in pieces.Where(piece => piece.ReceivedAtMs >= sinceMs))
                messages.AddRange(piece.Messages.Span);
            // Pieces are numbered as they were received; imports of the past may be older.
            if (pieces.Count < PiecesAtOnce || pieces.All(piece => piece.ReceivedAtMs < sinceMs))
                break;
            before = pieces[^1].Sequence;
        }
        var all = messages.ToArray();
        if (all.Length <= MessagesKept)
            _cache.Put(leaf, loaded.Version, state.Encode(), all, asOf);
        return all;
    }

    /// <summary>Says what was committed: the leaf at its new version, after these events.</summary>
    /// <param name="leaf">Which.</param>
    /// <param name="version">The version that the commit gave it.</param>
    /// <param name="encoded">The state's bytes as sealed.</param>
    /// <param name="known">Message keys known before the fold.</param>
    /// <param name="folded">Events folded.</param>
    public void Committed(LeafId leaf, long version, byte[] encoded,
        ReadOnlyMemory<ulong> known, IReadOnlyList<Event> folded)
    {
        ulong[]? messages = null;
        if (known.Length + folded.Count <= MessagesKept)
        {
            messages = new ulong[known.Length + folded.Count];
            known.Span.CopyTo(messages);
            for (var i = 0; i < folded.Count; i++)
                messages[known.Length + i] = folded[i].Message.Value;
        }
        else
            _cache.Forget(leaf);
        _cache.Put(leaf, version, encoded, messages);
    }

    /// <summary>Says that a leaf has another root or other ties, and nothing else.</summary>
    internal void Relinked(LeafId leaf, long version, byte[] encoded) =>
        _cache.Put(leaf, version, encoded, null);

    /// <summary>Drops what is remembered of a leaf: erased, or changed by another writer.</summary>
    public void Forget(LeafId leaf) => _cache.Forget(leaf);

    /// <summary>The person that a leaf belongs to, at this moment; null if nothing is known.</summary>
    public async ValueTask<Profile?> LoadAsync(LeafId any, CancellationToken cancel)
    {
        var (root, members) = await MembersAsync(any, cancel);
        if (members.Count == 0)
            return null;
        var ids = members.Select(member => member.Leaf).ToArray();
        var states = await LoadLeavesAsync(ids, cancel);
        var consents = await _store.LoadAsync([.. ids.Select(ConsentRows.KeyOf)], cancel);
        var nowMs = NowMs();
        var said = new LeafConsent[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            // What cannot be read may have been a no: to say nothing would drop it.
            if (!ConsentRows.TryOpen(_keys, consents[i], out var state))
                state = ConsentRows.AllRefused(_purposes, nowMs);
            said[i] = new LeafConsent(state, members[i].JoinedAtMs);
        }
        var person = PersonConsent.Combine(said, nowMs);
        var leaves = new List<ProfileLeaf>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            if (states[i].State is { } state)
                leaves.Add(new ProfileLeaf(state, person.AllowedOfLeaf(_purposes, i)));
        }
        return new Profile(root, leaves, _purposes, nowMs) { Refused = person.Lowered };
    }

    /// <summary>
    /// The person's root that an identifier names; null if it names nobody, or more than one
    /// person, none of whom is named by it alone.
    /// </summary>
    public async ValueTask<LeafId?> FindAsync(Identifier identifier, CancellationToken cancel)
    {
        var own = _index.Leaf(identifier);
        var observers = await _store.LookUpAsync([_index.LookUp(identifier)], cancel);
        LeafId[] candidates = [own, .. observers[0].Where(leaf => leaf != own).Take(64)];
        var loaded = await LoadLeavesAsync(candidates, cancel);
        var roots = loaded.Select(leaf => leaf.State).OfType<LeafState>()
            .Where(state => !state.IsEmpty).Select(state => state.Root).Distinct().ToArray();
        return roots.Length == 1 ? roots[0]
            : loaded[0].State is { IsEmpty: false } anchored ? anchored.Root
            : null;
    }

    /// <summary>
    /// A person's root and members; empty if nothing is known of the leaf, or it was erased.
    /// </summary>
    public async ValueTask<(LeafId Root, IReadOnlyList<Member> Members)> MembersAsync(
        LeafId any, CancellationToken cancel)
    {
        var state = (await LoadLeavesAsync([any], cancel))[0].State;
        if (state is null || state.IsEmpty)
            return (any, []);
        var person = (await LoadPersonsAsync([state.Root], cancel))[0];
        // Between two commits of a resolution a record may lag; the leaf's own word is enough.
        return person.Record is { } record && record.Members.Any(member => member.Leaf == any)
            ? (state.Root, record.Members)
            : (any, [new Member(any, 0)]);
    }

    /// <summary>Persons' records as committed, in the order asked; null where there is none.</summary>
    internal async ValueTask<IReadOnlyList<LoadedPerson>> LoadPersonsAsync(
        IReadOnlyList<LeafId> roots, CancellationToken cancel)
    {
        var stored = await _store.LoadAsync(
            [.. roots.Select(root => new RecordKey(RecordKind.Person, root))], cancel);
        return [.. stored.Select(OpenPerson)];
    }

    /// <summary>Events of one piece of a leaf's history; none if it cannot be opened.</summary>
    internal IReadOnlyList<Event> Open(in HistoryPiece piece)
    {
        var plain = new ArrayBufferWriter<byte>(Limits.PieceBytes);
        return _keys.TryOpen(
            piece.Leaf, SealedKind.History, piece.Sequence, piece.Body.Span, plain)
            ? HistoryCodec.Events(plain.WrittenMemory)
            : [];
    }

    private LoadedLeaf Open(in StoredRecord record, long asOf)
    {
        var leaf = record.Key.Owner;
        if (record.Version == 0 || record.Body.IsEmpty)
            return new LoadedLeaf(record.Version, null);
        if (LeafState.TryReadTombstone(record.Body.Span, out var erasedAtMs))
        {
            return new LoadedLeaf(record.Version,
                LeafState.Erased(leaf, IdentifierType.AnonymousId, erasedAtMs));
        }
        var plain = new ArrayBufferWriter<byte>(1024);
        if (!_keys.TryOpen(leaf, RecordKind.Leaf, record.Version, record.Body.Span, plain))
            throw new KeyGoneException();
        _cache.Put(leaf, record.Version, plain.WrittenSpan.ToArray(), null, asOf);
        return new LoadedLeaf(record.Version, LeafState.Decode(leaf, plain.WrittenSpan));
    }

    private LoadedPerson OpenPerson(StoredRecord stored)
    {
        var plain = new ArrayBufferWriter<byte>(128);
        return stored.Version > 0 && !stored.Body.IsEmpty
            && _keys.TryOpen(stored.Key, stored.Version, stored.Body.Span, plain)
            ? new LoadedPerson(stored.Version, PersonRecord.Decode(plain.WrittenSpan))
            : new LoadedPerson(stored.Version, null);
    }

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>A person's record with its version; null where there is none.</summary>
internal readonly record struct LoadedPerson(long Version, PersonRecord? Record);
