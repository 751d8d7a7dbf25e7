using System.Text;
using Stammgast.Collect;
using Xunit;

namespace Stammgast.Tests.Collect;

/// <summary>Money and instants as text, exactly.</summary>
public sealed class AmountTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("129.9", 12_990)]
    [InlineData("129.95", 12_995)]
    [InlineData("0.29", 29)]
    [InlineData("1.1e1", 1_100)]
    [InlineData("1100E-2", 1_100)]
    [InlineData("0.005", 1)]
    [InlineData("0.0049999999999999999999", 0)]
    [InlineData("9999999999.99", 999_999_999_999)]
    [InlineData("1.00000000000000000000000000000000000001", 100)]
    [InlineData("1e-400", 0)]
    public void Amounts_become_minor_units(string text, long minor)
    {
        Assert.True(Amount.TryMinor(Encoding.UTF8.GetBytes(text), 2, out var found));
        Assert.Equal(minor, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("12,50")]
    [InlineData("1e")]
    [InlineData("1.2.3")]
    [InlineData("10000000000.01")]
    [InlineData("1e20")]
    [InlineData("1e99999")]
    [InlineData("free")]
    public void What_is_no_amount_is_refused(string text) =>
        Assert.False(Amount.TryMinor(Encoding.UTF8.GetBytes(text), 2, out _));

    [Fact]
    public void Amounts_agree_with_decimal_arithmetic()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        for (var n = 0; n < 20_000; n++)
        {
            var value = decimal.Round((decimal)random.NextInt64(0, 1_000_000_000) / 10_000, random.Next(0, 5));
            var text = value.ToString(null, System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(Amount.TryMinor(Encoding.UTF8.GetBytes(text), 2, out var minor));
            Assert.Equal((long)decimal.Round(value * 100, MidpointRounding.AwayFromZero), minor);
        }
    }

    [Theory]
    [InlineData("2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22T12:00:00.123Z")]
    [InlineData("2026-11-22T12:00:00.123456789+00:00")]
    [InlineData("2026-11-22T12:00:00-05:30")]
    [InlineData("2026-11-22 12:00:00+02:00")]
    [InlineData("2024-02-29")]
    public void Instants_agree_with_the_framework(string text)
    {
        Assert.True(Instant.TryParse(Encoding.UTF8.GetBytes(text), out var ms));
        Assert.Equal(DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds(), ms);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-13-01")]
    [InlineData("2025-02-29")]
    [InlineData("2026-11-22T24:00:00Z")]
    [InlineData("2026-11-22T12:00:00.Z")]
    [InlineData("2026-11-22T12:00:00+99:00")]
    [InlineData("2026-11-22T12:00:00Zx")]
    [InlineData("+026-11-22")]
    [InlineData("22.11.2026 12:00")]
    public void What_is_no_instant_is_refused(string text) =>
        Assert.False(Instant.TryParse(Encoding.UTF8.GetBytes(text), out _));
}
