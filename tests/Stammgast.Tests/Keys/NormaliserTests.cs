using Stammgast.Keys;
using Xunit;

namespace Stammgast.Tests.Keys;

public sealed class NormaliserTests
{
    [Theory]
    [InlineData(IdentifierType.Email, "  Anna.Müller@Example.COM ", "anna.müller@example.com")]
    [InlineData(IdentifierType.Email, "a+b@c.d", "a+b@c.d")]
    [InlineData(IdentifierType.Phone, "+49 (170) 123-45.67/8", "+4917012345678")]
    [InlineData(IdentifierType.Phone, "+49 170 1234567", "+491701234567")]
    [InlineData(IdentifierType.Phone, "+12345678", "+12345678")]
    [InlineData(IdentifierType.LoyaltyCard, " ab12-34 cd ", "AB1234CD")]
    [InlineData(IdentifierType.UserId, " User-7 ", "User-7")]
    [InlineData(IdentifierType.AnonymousId, "a-1", "a-1")]
    public void Known_forms_become_one(IdentifierType type, string raw, string expected)
    {
        Assert.True(Normaliser.TryNormalise(type, raw, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData(IdentifierType.Email, "")]
    [InlineData(IdentifierType.Email, "anna")]
    [InlineData(IdentifierType.Email, "@b")]
    [InlineData(IdentifierType.Email, "a@")]
    [InlineData(IdentifierType.Email, "a@b@c")]
    [InlineData(IdentifierType.Email, "a b@c")]
    [InlineData(IdentifierType.Email, "a\u200b@c")]
    [InlineData(IdentifierType.Phone, "0170 1234567")]
    [InlineData(IdentifierType.Phone, "+1234567")]
    [InlineData(IdentifierType.Phone, "+1234567890123456")]
    [InlineData(IdentifierType.Phone, "+01234567890")]
    [InlineData(IdentifierType.Phone, "+12345678a")]
    [InlineData(IdentifierType.Phone, "+1234+5678")]
    [InlineData(IdentifierType.Phone, "+١٢٣٤٥٦٧٨٩")]
    [InlineData(IdentifierType.LoyaltyCard, "--")]
    [InlineData(IdentifierType.LoyaltyCard, "AB_12")]
    [InlineData(IdentifierType.LoyaltyCard, "ÄB12")]
    [InlineData(IdentifierType.UserId, " \t ")]
    [InlineData(IdentifierType.UserId, "a\0b")]
    [InlineData(IdentifierType.UserId, "a\u0085b")]
    [InlineData((IdentifierType)0, "a")]
    [InlineData((IdentifierType)99, "a")]
    public void Other_forms_are_refused(IdentifierType type, string raw)
    {
        Assert.False(Normaliser.TryNormalise(type, raw, out var value));
        Assert.Equal("", value);
    }

    [Fact]
    public void Half_a_character_is_refused()
    {
        // Not as inline data: test runners write their data as UTF-8.
        Assert.False(Normaliser.TryNormalise(IdentifierType.UserId, "a\ud800", out _));
        Assert.False(Normaliser.TryNormalise(IdentifierType.AnonymousId, "\udc00a", out _));
    }

    [Fact]
    public void Length_is_bounded()
    {
        var longest = new string('x', Limits.IdentifierChars);
        Assert.True(Normaliser.TryNormalise(IdentifierType.UserId, longest, out _));
        Assert.False(Normaliser.TryNormalise(IdentifierType.UserId, longest + "x", out _));
    }

    [Fact]
    public void Normalising_twice_changes_nothing()
    {
        const int seed = 7;
        TestContext.Current.SendDiagnosticMessage("seed {0}", seed);
        var random = new Random(seed);
        var passed = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var type = (IdentifierType)random.Next(1, 6);
            var raw = AnyRaw(random, type);
            if (!Normaliser.TryNormalise(type, raw, out var once))
                continue;
            passed++;
            Assert.True(Normaliser.TryNormalise(type, once, out var twice));
            Assert.Equal(once, twice);
        }
        Assert.True(passed > 10_000, $"only {passed} of the inputs were well-formed");
    }

    private static string AnyRaw(Random random, IdentifierType type)
    {
        var length = random.Next(1, 20);
        var chars = new char[length];
        for (var i = 0; i < length; i++)
            chars[i] = random.Next(3) == 0 ? (char)random.Next(0x3000) : "aZ0 -."[random.Next(6)];
        var text = new string(chars);
        return type switch
        {
            IdentifierType.Email => text + "@" + new string(chars.Reverse().ToArray()),
            IdentifierType.Phone => "+4" + random.NextInt64(10_000_000, 1L << 42) + " ",
            _ => text,
        };
    }
}
