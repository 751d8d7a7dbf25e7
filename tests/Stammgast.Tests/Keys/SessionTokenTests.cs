using Stammgast.Keys;
using Xunit;

namespace Stammgast.Tests.Keys;

public sealed class SessionTokenTests : IDisposable
{
    private const long NowS = 1_790_000_000;
    private readonly TemporaryFolder _folder = new();
    private readonly CellKeys _cell;

    public SessionTokenTests() => _cell = CellKeys.Open(_folder.Info);

    public void Dispose()
    {
        _cell.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_session_is_good_for_its_own_browser_until_it_expires()
    {
        var token = SessionToken.Sign(_cell, "a-1", NowS + 60);
        Assert.True(SessionToken.Verify(_cell, token, "a-1", NowS * 1_000));
        Assert.True(SessionToken.Verify(_cell, token, "a-1", (NowS + 59) * 1_000 + 999));
        Assert.False(SessionToken.Verify(_cell, token, "a-1", (NowS + 60) * 1_000));
        Assert.False(SessionToken.Verify(_cell, token, "a-2", NowS * 1_000));
        Assert.DoesNotContain("a-1", token, StringComparison.Ordinal);
    }

    [Fact]
    public void A_forged_or_broken_session_is_none()
    {
        var token = SessionToken.Sign(_cell, "a-1", NowS + 60);
        for (var i = 0; i < token.Length; i++)
        {
            var changed = token.ToCharArray();
            changed[i] = changed[i] == '7' ? '8' : '7';
            Assert.False(SessionToken.Verify(_cell, changed, "a-1", NowS * 1_000), $"at {i}");
            Assert.False(SessionToken.Verify(_cell, token.AsSpan(0, i), "a-1", NowS * 1_000));
        }
        Assert.False(SessionToken.Verify(_cell, token + "A", "a-1", NowS * 1_000));
        Assert.False(SessionToken.Verify(_cell, "0" + token, "a-1", NowS * 1_000));
    }
}
