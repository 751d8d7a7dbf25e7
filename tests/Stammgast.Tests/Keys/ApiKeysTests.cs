using Stammgast.Keys;
using Stammgast.Storage.Embedded;
using Xunit;

namespace Stammgast.Tests.Keys;

public sealed class ApiKeysTests : IAsyncLifetime
{
    private const long NowS = 1_790_000_000;

    private readonly TemporaryFolder _folder = new();
    private readonly CellKeys _cell;
    private readonly PersonKeys _persons;
    private SqliteStore _store;
    private ApiKeys _keys = null!;

    public ApiKeysTests()
    {
        _cell = CellKeys.Open(_folder.Info);
        _persons = PersonKeys.Open(_folder.Info, _cell);
        _store = OpenStore();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _keys = await LoadAsync();

    public async ValueTask DisposeAsync()
    {
        _keys.Dispose();
        await _store.DisposeAsync();
        _persons.Dispose();
        _cell.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(ApiKeyKind.Write, "wk_")]
    [InlineData(ApiKeyKind.Till, "tk_")]
    [InlineData(ApiKeyKind.Server, "sk_")]
    [InlineData(ApiKeyKind.Admin, "ak_")]
    public async Task A_new_key_authenticates_at_once_and_after_a_restart(
        ApiKeyKind kind, string prefix)
    {
        var made = await _keys.CreateAsync(new ApiKeyOrder
        {
            Kind = kind,
            Name = "Kasse 1",
            Source = new SourceId(7),
            Purposes = new PurposeSet(0b101),
            Origins = ["https://shop.example"],
        }, Cancel);
        Assert.StartsWith(prefix, made.Token, StringComparison.Ordinal);
        Assert.True(_keys.TryAuthenticate(made.Token, out var key));
        Assert.Equal(made.Key, key);

        await RestartAsync();
        Assert.True(_keys.TryAuthenticate(made.Token, out key));
        Assert.Equal(made.Key.Origins, key.Origins);
        Assert.Equal(made.Key with { Origins = key.Origins }, key);
    }

    [Fact]
    public async Task Anything_else_is_nobody()
    {
        var made = await CreateAsync(ApiKeyKind.Write);
        var token = made.Token;
        Assert.False(_keys.TryAuthenticate("", out _));
        Assert.False(_keys.TryAuthenticate(token + "0", out _));
        Assert.False(_keys.TryAuthenticate(token.AsSpan(0, token.Length - 1), out _));
        Assert.False(_keys.TryAuthenticate("ak_" + token[3..], out _));
        Assert.False(_keys.TryAuthenticate(new string('ä', token.Length), out _));
        for (var i = 0; i < token.Length; i++)
        {
            var changed = token.ToCharArray();
            changed[i] = changed[i] == '7' ? '8' : '7';
            Assert.False(_keys.TryAuthenticate(changed, out var key));
            Assert.Null(key);
        }
    }

    [Fact]
    public async Task A_revoked_key_is_nobody_at_once_and_after_a_restart()
    {
        var kept = await CreateAsync(ApiKeyKind.Server);
        var gone = await CreateAsync(ApiKeyKind.Server);
        Assert.True(await _keys.RevokeAsync(gone.Key.Id, Cancel));
        Assert.False(await _keys.RevokeAsync(gone.Key.Id, Cancel));
        Assert.False(_keys.TryAuthenticate(gone.Token, out _));
        await RestartAsync();
        Assert.False(_keys.TryAuthenticate(gone.Token, out _));
        Assert.True(_keys.TryAuthenticate(kept.Token, out _));
        Assert.Equal([kept.Key.Id], _keys.All.Select(key => key.Id));
    }

    [Fact]
    public async Task A_token_is_in_no_file()
    {
        var made = await CreateAsync(ApiKeyKind.Admin);
        await RestartAsync();
        var hash = System.Security.Cryptography.SHA256.HashData(
            System.Text.Encoding.UTF8.GetBytes(made.Token));
        foreach (var file in _folder.Info.GetFiles("*", SearchOption.AllDirectories)
            .Where(file => !file.Name.EndsWith("-journal", StringComparison.Ordinal)))
        {
            var bytes = await ReadAsync(file);
            Assert.Equal(-1, bytes.AsSpan().IndexOf(
                System.Text.Encoding.UTF8.GetBytes(made.Token[3..])));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(hash));
        }
        Assert.DoesNotContain(made.Token, made.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authenticating_allocates_nothing()
    {
        var made = await CreateAsync(ApiKeyKind.Write);
        for (var i = 0; i < 100; i++)
            _keys.TryAuthenticate(made.Token, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            _keys.TryAuthenticate(made.Token, out _);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task An_identity_token_is_good_for_its_user_and_browser_and_an_hour_at_most()
    {
        var server = await CreateAsync(ApiKeyKind.Server);
        var token = IdentityToken.Sign(server.Token, server.Key.Id, ("u-1", "a-1"), NowS + 600);
        Assert.True(Verify(token, "u-1", "a-1", NowS));
        Assert.True(Verify(token, "u-1", "a-1", NowS + 599));
        Assert.False(Verify(token, "u-1", "a-1", NowS + 600));
        Assert.False(Verify(token, "u-2", "a-1", NowS));
        Assert.False(Verify(token, "u-1", "a-2", NowS));
        Assert.False(Verify(token, "u-1", "", NowS));
        var long_ = IdentityToken.Sign(server.Token, server.Key.Id, ("u-1", "a-1"), NowS + 3_601);
        Assert.False(Verify(long_, "u-1", "a-1", NowS));
        Assert.True(Verify(long_, "u-1", "a-1", NowS + 1));
    }

    [Fact]
    public async Task A_backend_in_any_language_can_sign()
    {
        var server = await CreateAsync(ApiKeyKind.Server);
        // What docs tell them to do, step by step, without our code.
        var expiry = NowS + 60;
        var secret = System.Security.Cryptography.SHA256.HashData(
            System.Text.Encoding.UTF8.GetBytes(server.Token));
        var lines = $"stammgast identity v1\n{server.Key.Id}\n{expiry}\nu-ä\na-1";
        var mac = System.Security.Cryptography.HMACSHA256.HashData(
            secret, System.Text.Encoding.UTF8.GetBytes(lines));
        var text = Convert.ToBase64String(mac).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        Assert.True(Verify($"{server.Key.Id}.{expiry}.{text}", "u-ä", "a-1", NowS));
    }

    [Fact]
    public async Task Forged_foreign_and_broken_identity_tokens_are_refused()
    {
        var server = await CreateAsync(ApiKeyKind.Server);
        var write = await CreateAsync(ApiKeyKind.Write);
        var token = IdentityToken.Sign(server.Token, server.Key.Id, ("u-1", "a-1"), NowS + 60);
        for (var i = 0; i < token.Length; i++)
        {
            var changed = token.ToCharArray();
            changed[i] = changed[i] == '7' ? '8' : '7';
            Assert.False(Verify(new string(changed), "u-1", "a-1", NowS), $"at {i}");
            Assert.False(Verify(token[..i], "u-1", "a-1", NowS));
        }
        // A key that everybody can read in a page signs nothing.
        var public_ = IdentityToken.Sign(write.Token, write.Key.Id, ("u-1", "a-1"), NowS + 60);
        Assert.False(Verify(public_, "u-1", "a-1", NowS));
        // Line feeds could make two pairs of ids read alike; ids cannot have them.
        Assert.Throws<ArgumentException>(() =>
            IdentityToken.Sign(server.Token, server.Key.Id, ("u\n1", "a"), NowS + 60));
        Assert.False(Verify(token, "u-1\na-1", "a-1", NowS));
        Assert.True(await _keys.RevokeAsync(server.Key.Id, Cancel));
        Assert.False(Verify(token, "u-1", "a-1", NowS));
    }

    private bool Verify(string token, string userId, string anonymousId, long nowS) =>
        IdentityToken.Verify(_keys, token, userId, anonymousId, nowS * 1_000);

    private ValueTask<NewApiKey> CreateAsync(ApiKeyKind kind) =>
        _keys.CreateAsync(new ApiKeyOrder { Kind = kind, Name = "test" }, Cancel);

    private ValueTask<ApiKeys> LoadAsync() =>
        ApiKeys.LoadAsync(_store, _persons, TimeProvider.System, Cancel);

    private async Task RestartAsync()
    {
        _keys.Dispose();
        await _store.DisposeAsync();
        _store = OpenStore();
        _keys = await LoadAsync();
    }

    private SqliteStore OpenStore() => new(
        Path.Combine(_folder.Info.FullName, "store"), TimeProvider.System,
        new SqliteStoreOptions { ReserveBytes = 1 << 20 });

    private static async Task<byte[]> ReadAsync(FileInfo file)
    {
        await using var stream = new FileStream(
            file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, Cancel);
        return bytes;
    }
}
