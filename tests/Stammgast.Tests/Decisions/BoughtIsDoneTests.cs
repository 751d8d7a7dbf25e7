using Stammgast.Catalogue;
using Stammgast.Decisions;
using Xunit;
using static Stammgast.Tests.Decisions.Shelf;

namespace Stammgast.Tests.Decisions;

/// <summary>Invariant 7.</summary>
public sealed class BoughtIsDoneTests
{
    private static readonly Product Shoe = Product("RUN", variants:
        [Variant("RUN-41", "41"), Variant("RUN-42", "42"), Variant("RUN-42-RED", "42")]);

    [Fact]
    public void What_was_kept_rests_with_all_variants_until_it_is_needed_again()
    {
        var soap = Product("SOAP", replenishDays: 30);
        Assert.Equal(HeldBack.Bought, Judge(soap, Bought("SOAP", 29)));
        Assert.Equal(HeldBack.None, Judge(soap, Bought("SOAP", 30)));
        Assert.Equal(HeldBack.Bought, BoughtIsDone.Judge(Shoe, [Bought("RUN", 9, "RUN-41")], 10, Now));
        Assert.Equal(HeldBack.None, BoughtIsDone.Judge(Shoe, [Bought("RUN", 10, "RUN-41")], 10, Now));
    }

    [Fact]
    public void The_shop_s_interval_wins_over_the_learned_and_the_unknown_is_a_year()
    {
        Assert.Equal(30, BoughtIsDone.IntervalDays(Product("A", replenishDays: 30), 90));
        Assert.Equal(90, BoughtIsDone.IntervalDays(Product("A"), 90));
        Assert.Equal(365, BoughtIsDone.IntervalDays(Product("A"), null));
        Assert.Equal(HeldBack.Bought, Judge(Shoe, Bought("RUN", 364)));
        Assert.Equal(HeldBack.None, Judge(Shoe, Bought("RUN", 365)));
    }

    [Theory]
    [InlineData(ReturnReason.TooSmall)]
    [InlineData(ReturnReason.TooLarge)]
    public void A_wrong_size_frees_the_others_and_rests_itself(ReturnReason reason)
    {
        var line = Returned("RUN", reason, 2, "RUN-42");
        Assert.Equal(HeldBack.None, Judge(Shoe, line));
        Assert.True(BoughtIsDone.Rests(Shoe.Variants[1], [line], Now));
        Assert.False(BoughtIsDone.Rests(Shoe.Variants[0], [line], Now));
        var onlyThatSize = Shoe with { Variants = [.. Shoe.Variants.Skip(1)] };
        Assert.Equal(HeldBack.Bought, Judge(onlyThatSize, line));
        Assert.Equal(HeldBack.Bought, Judge(Shoe, line with { VariantId = "" }));
    }

    [Fact]
    public void An_exchange_that_was_kept_rests_again() =>
        Assert.Equal(HeldBack.Bought, Judge(Shoe,
            Returned("RUN", ReturnReason.TooSmall, 20, "RUN-41"), Bought("RUN", 3, "RUN-42")));

    [Theory]
    [InlineData(ReturnReason.Dislike)]
    [InlineData(ReturnReason.Other)]
    [InlineData(ReturnReason.None)]
    public void Dislike_and_unknown_reasons_rest_it_a_year(ReturnReason reason)
    {
        Assert.Equal(HeldBack.Bought, Judge(Shoe, Returned("RUN", reason, 364)));
        Assert.Equal(HeldBack.None, Judge(Shoe, Returned("RUN", reason, 366)));
    }

    [Fact]
    public void A_gift_rests_for_its_buyer() =>
        Assert.Equal(HeldBack.Bought, Judge(Shoe, Bought("RUN", 3) with { Gift = true }));

    [Fact]
    public void A_cancelled_order_suppresses_nothing_and_a_part_return_leaves_the_rest() =>
        Assert.Equal((HeldBack.None, HeldBack.Bought), (
            Judge(Shoe, Bought("RUN", 3) with { Cancelled = true }),
            Judge(Shoe, Returned("RUN", ReturnReason.Defect, 1) with { Quantity = 2 })));

    [Fact]
    public void What_is_not_known_suppresses()
    {
        Assert.Equal(HeldBack.Owned, Judge(Shoe, Bought("RUN", 3) with { BoughtAtMs = 0 }));
        Assert.Equal(HeldBack.Bought, Judge(Shoe,
            Returned("RUN", ReturnReason.Dislike, 900) with { ReturnedAtMs = 0 }));
        Assert.Equal(HeldBack.Bought, Judge(Shoe, Bought("RUN", 3) with { Quantity = 0 }));
    }

    [Fact]
    public void More_purchases_never_free_a_product()
    {
        for (var seed = 0; seed < 5_000; seed++)
        {
            var random = new Random(seed);
            Purchase[] lines = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => Line(random))];
            if (Judge(Shoe, lines) == HeldBack.None)
                continue;
            Assert.True(Judge(Shoe, [.. lines, Line(random)]) != HeldBack.None, $"seed {seed}");
        }
    }

    [Fact]
    public void Order_of_the_lines_does_not_matter()
    {
        for (var seed = 0; seed < 5_000; seed++)
        {
            var random = new Random(seed);
            Purchase[] lines = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => Line(random))];
            var free = Judge(Shoe, lines) == HeldBack.None;
            random.Shuffle(lines);
            Assert.True(free == (Judge(Shoe, lines) == HeldBack.None), $"seed {seed}");
        }
    }

    private static Purchase Line(Random random) =>
        Returned("RUN", (ReturnReason)random.Next(8), random.Next(700),
            Shoe.Variants[random.Next(3)].Id) with
        {
            ReturnedQuantity = random.Next(2),
            Cancelled = random.Next(6) == 0,
        };

    private static HeldBack Judge(Product product, params Purchase[] purchases) =>
        BoughtIsDone.Judge(product, purchases, null, Now);
}
