using System.Buffers;
using Stammgast.Keys;
using Stammgast.Storage;
using Xunit;

namespace Stammgast.Tests.Keys;

public sealed class PersonKeysTests : IDisposable
{
    private static readonly LeafId Anna = new(new UInt128(1, 1));
    private static readonly LeafId Ben = new(new UInt128(2, 2));
    private static readonly byte[] Plain = "a person's facts"u8.ToArray();

    private readonly TemporaryFolder _folder = new();
    private readonly CellKeys _cell;
    private readonly PersonKeys _keys;

    public PersonKeysTests()
    {
        _cell = CellKeys.Open(_folder.Info);
        _keys = PersonKeys.Open(_folder.Info, _cell, capacity: 64);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _keys.Dispose();
        _cell.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_sealed_opens_in_its_place()
    {
        await _keys.EnsureAsync([Anna, LeafId.None], Cancel);
        foreach (var leaf in new[] { Anna, LeafId.None })
        {
            var body = _keys.Seal(leaf, RecordKind.Leaf, 7, Plain);
            Assert.Equal(Plain, Open(leaf, RecordKind.Leaf, 7, body));
            Assert.Equal(-1, body.AsSpan().IndexOf(Plain));
            var piece = _keys.Seal(leaf, SealedKind.History, 7, Plain);
            var target = new ArrayBufferWriter<byte>();
            Assert.True(_keys.TryOpen(leaf, SealedKind.History, 7, piece, target));
            Assert.Equal(Plain, target.WrittenSpan.ToArray());
        }
    }

    [Fact]
    public async Task An_empty_body_is_a_body()
    {
        await _keys.EnsureAsync([Anna], Cancel);
        Assert.Empty(Open(Anna, RecordKind.Leaf, 1, _keys.Seal(Anna, RecordKind.Leaf, 1, []))!);
    }

    [Fact]
    public async Task A_seal_opens_nowhere_else()
    {
        await _keys.EnsureAsync([Anna, Ben], Cancel);
        var body = _keys.Seal(Anna, RecordKind.Leaf, 7, Plain);
        Assert.Null(Open(Ben, RecordKind.Leaf, 7, body));
        Assert.Null(Open(LeafId.None, RecordKind.Leaf, 7, body));
        Assert.Null(Open(Anna, RecordKind.Person, 7, body));
        Assert.Null(Open(Anna, RecordKind.Leaf, 6, body));
        var target = new ArrayBufferWriter<byte>();
        var otherId = new RecordKey(RecordKind.Leaf, Anna, 1);
        Assert.False(_keys.TryOpen(otherId, 7, body, target));
        Assert.Equal(0, target.WrittenCount);
    }

    [Fact]
    public async Task A_changed_or_cut_body_does_not_open()
    {
        await _keys.EnsureAsync([Anna], Cancel);
        var body = _keys.Seal(Anna, RecordKind.Leaf, 7, Plain);
        for (var i = 0; i < body.Length; i++)
        {
            var changed = body.ToArray();
            changed[i] ^= 1;
            Assert.Null(Open(Anna, RecordKind.Leaf, 7, changed));
            Assert.Null(Open(Anna, RecordKind.Leaf, 7, body[..i]));
        }
    }

    [Fact]
    public async Task Sealing_the_same_version_twice_never_repeats_a_nonce()
    {
        await _keys.EnsureAsync([Anna], Cancel);
        var nonces = Enumerable.Range(0, 10_000)
            .Select(_ => Convert.ToHexString(_keys.Seal(Anna, RecordKind.Leaf, 7, Plain)[..12]));
        Assert.Equal(10_000, nonces.Distinct().Count());
    }

    [Fact]
    public async Task Keys_survive_a_restart_and_eviction()
    {
        var leaves = Enumerable.Range(1, 1_000).Select(i => new LeafId((UInt128)(ulong)i)).ToList();
        await _keys.EnsureAsync(leaves, Cancel);
        var bodies = leaves.ConvertAll(leaf => _keys.Seal(leaf, RecordKind.Leaf, 1, Plain));
        for (var i = 0; i < leaves.Count; i++)
            Assert.Equal(Plain, Open(leaves[i], RecordKind.Leaf, 1, bodies[i]));
        _keys.Dispose();
        using var cell = CellKeys.Open(_folder.Info);
        using var reopened = PersonKeys.Open(_folder.Info, cell);
        for (var i = 0; i < leaves.Count; i++)
        {
            var target = new ArrayBufferWriter<byte>();
            Assert.True(reopened.TryOpen(leaves[i], RecordKind.Leaf, 1, bodies[i], target));
        }
    }

    [Fact]
    public async Task A_leaf_that_was_never_ensured_neither_seals_nor_opens()
    {
        await _keys.EnsureAsync([Anna], Cancel);
        var body = _keys.Seal(Anna, RecordKind.Leaf, 1, Plain);
        Assert.Throws<KeyGoneException>(() => _keys.Seal(Ben, RecordKind.Leaf, 1, Plain));
        Assert.Null(Open(Ben, RecordKind.Leaf, 1, body));
    }

    [Fact]
    public async Task A_destroyed_key_opens_nothing_and_a_new_one_does_not_either()
    {
        await _keys.EnsureAsync([Anna, Ben], Cancel);
        var body = _keys.Seal(Anna, RecordKind.Leaf, 1, Plain);
        var other = _keys.Seal(Ben, RecordKind.Leaf, 1, Plain);
        await _keys.DestroyAsync(Anna, Cancel);
        await _keys.DestroyAsync(Anna, Cancel);
        Assert.Null(Open(Anna, RecordKind.Leaf, 1, body));
        Assert.Throws<KeyGoneException>(() => _keys.Seal(Anna, RecordKind.Leaf, 2, Plain));
        await _keys.EnsureAsync([Anna], Cancel);
        Assert.Null(Open(Anna, RecordKind.Leaf, 1, body));
        var again = _keys.Seal(Anna, RecordKind.Leaf, 1, Plain);
        Assert.Equal(Plain, Open(Anna, RecordKind.Leaf, 1, again));
        Assert.Equal(Plain, Open(Ben, RecordKind.Leaf, 1, other));
    }

    [Fact]
    public async Task A_destroyed_key_is_in_no_file()
    {
        const int seed = 11;
        TestContext.Current.SendDiagnosticMessage("seed {0}", seed);
        var random = new Random(seed);
        var leaves = Enumerable.Range(0, 3_000)
            .Select(_ => new LeafId(new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64())))
            .ToList();
        // Some at a time, as a fold brings them.
        for (var i = 0; i < leaves.Count; i += 100)
            await _keys.EnsureAsync(leaves.GetRange(i, 100), Cancel);
        var wrapped = ReadWrapped();
        Assert.Equal(leaves.Count, wrapped.Count);
        var doomed = leaves.Where(_ => random.Next(20) == 0).ToList();
        var files = AllBytes();
        Assert.All(doomed, leaf => Assert.NotEqual(-1, files.AsSpan().IndexOf(wrapped[leaf])));

        foreach (var leaf in doomed)
            await _keys.DestroyAsync(leaf, Cancel);

        files = AllBytes();
        Assert.All(doomed, leaf => Assert.Equal(-1, files.AsSpan().IndexOf(wrapped[leaf])));
        Assert.All(leaves.Except(doomed).Take(200),
            leaf => Assert.NotEqual(-1, files.AsSpan().IndexOf(wrapped[leaf])));
    }

    [Fact]
    public async Task Destroying_while_others_load_leaves_no_ghost()
    {
        // A cache of one key a shard: every use loads, which is where a ghost would come from.
        for (var round = 0; round < 40; round++)
        {
            await _keys.EnsureAsync([Anna, Ben], Cancel);
            var body = _keys.Seal(Anna, RecordKind.Leaf, 1, Plain);
            var opening = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                while (Open(Anna, RecordKind.Leaf, 1, body) is not null)
                    Open(Ben, RecordKind.Leaf, 1, body);
            }, Cancel)).ToList();
            await _keys.DestroyAsync(Anna, Cancel);
            Assert.Null(Open(Anna, RecordKind.Leaf, 1, body));
            await Task.WhenAll(opening);
            Assert.Null(Open(Anna, RecordKind.Leaf, 1, body));
        }
    }

    [Fact]
    public async Task Two_who_ensure_the_same_leaf_get_the_same_key()
    {
        for (var i = 100; i < 200; i++)
        {
            var leaf = new LeafId((UInt128)(ulong)i);
            var bodies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                await _keys.EnsureAsync([leaf], Cancel);
                return _keys.Seal(leaf, RecordKind.Leaf, 1, Plain);
            }, Cancel)));
            Assert.All(bodies, body => Assert.Equal(Plain, Open(leaf, RecordKind.Leaf, 1, body)));
        }
    }

    [Fact]
    public void Cell_owned_bodies_have_a_key_of_their_kind()
    {
        var body = _keys.Seal(LeafId.None, RecordKind.Resource, 1, Plain);
        Assert.Null(Open(LeafId.None, RecordKind.Model, 1, body));
        Assert.Equal(Plain, Open(LeafId.None, RecordKind.Resource, 1, body));
    }

    private byte[]? Open(LeafId leaf, RecordKind kind, long sequence, byte[] body)
    {
        var target = new ArrayBufferWriter<byte>();
        return _keys.TryOpen(leaf, kind, sequence, body, target)
            ? target.WrittenSpan.ToArray()
            : null;
    }

    private Dictionary<LeafId, byte[]> ReadWrapped()
    {
        var path = Path.Combine(_folder.Info.FullName, "keys", "keys.db");
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection(
            $"Data Source={path};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT leaf, wrapped FROM person_key";
        using var rows = command.ExecuteReader();
        var all = new Dictionary<LeafId, byte[]>();
        while (rows.Read())
            all.Add(LeafId.Read((byte[])rows[0]), (byte[])rows[1]);
        return all;
    }

    private byte[] AllBytes() =>
        [.. _folder.Info.GetFiles("keys.db*", SearchOption.AllDirectories)
            .SelectMany(file => File.ReadAllBytes(file.FullName))];
}
