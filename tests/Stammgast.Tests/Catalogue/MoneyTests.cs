using Stammgast.Catalogue;
using Xunit;

namespace Stammgast.Tests.Catalogue;

public sealed class MoneyTests
{
    [Theory]
    [InlineData("59.95 EUR", 5995, "EUR")]
    [InlineData("EUR 59.95", 5995, "EUR")]
    [InlineData("59,95 EUR", 5995, "EUR")]
    [InlineData("0.1 EUR", 10, "EUR")]
    [InlineData("7 EUR", 700, "EUR")]
    [InlineData("1234567.89 EUR", 123456789, "EUR")]
    [InlineData("59.9500 EUR", 5995, "EUR")]
    [InlineData("5995 JPY", 5995, "JPY")]
    [InlineData("1.234 KWD", 1234, "KWD")]
    public void A_price_becomes_exactly_its_minor_units(string text, long minor, string currency)
    {
        Assert.True(Money.TryParse(text, "", out var read, out var found));
        Assert.Equal((minor, currency), (read, found));
    }

    [Theory]
    [InlineData("59.955 EUR")]
    [InlineData("1,234 EUR")]
    [InlineData("1.234,50 EUR")]
    [InlineData("-1.00 EUR")]
    [InlineData("59.95")]
    [InlineData("59.95 eur")]
    [InlineData("59.5 JPY")]
    [InlineData("1e3 EUR")]
    [InlineData(". EUR")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("99999999999999999999 EUR")]
    public void What_is_not_exactly_a_price_is_refused(string? text) =>
        Assert.False(Money.TryParse(text, "", out _, out _));

    [Fact]
    public void Every_amount_reads_back_as_it_was_written()
    {
        foreach (var currency in new[] { "EUR", "JPY", "BHD" })
        {
            for (long minor = 0; minor < 5_000; minor += 7)
            {
                var text = Money.Format(minor, currency) + " " + currency;
                Assert.True(Money.TryParse(text, "", out var read, out _), text);
                Assert.Equal(minor, read);
            }
        }
    }
}
