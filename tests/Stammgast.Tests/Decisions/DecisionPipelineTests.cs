using Stammgast.Decisions;
using Xunit;
using static Stammgast.Tests.Decisions.Shelf;

namespace Stammgast.Tests.Decisions;

public sealed class DecisionPipelineTests
{
    [Fact]
    public void The_page_s_own_product_is_never_in_its_row()
    {
        var catalogue = Of(Product("A", variants: [Variant("A-S", "S"), Variant("A-M", "M")]), Product("B"));
        foreach (var page in new[] { "A", "A-S" })
        {
            var decision = DecisionPipeline.Decide(Items() with { ProductId = page },
                Context(catalogue), null, [Popular("A", 9_000), Popular("B")]);
            Assert.Equal(["B"], ShownKeys(decision));
            Assert.Equal(1, decision.Drops[(int)HeldBack.Ineligible]);
        }
    }

    [Fact]
    public void A_row_honours_exclusions_stock_category_price_and_limit()
    {
        var catalogue = Of(Product("excluded"), Product("elsewhere", "socks"),
            Product("dear", price: 90_000), Product("cheap", price: 10),
            Product("gone", variants: [Variant("gone-M", "M", 0)]),
            Product("one"), Product("two"), Product("three"));
        var placement = Items(2) with
        {
            Exclude = ["excluded"],
            Category = "shoes",
            MinPriceMinor = 100,
            MaxPriceMinor = 10_000,
        };
        var decision = DecisionPipeline.Decide(placement, Context(catalogue), null,
            [Popular("excluded"), Popular("elsewhere"), Popular("dear"), Popular("cheap"),
             Popular("gone"), Popular("unknown"), Popular("one", 5), Popular("two", 7),
             Popular("three", 6), Popular("three", 99)]);
        Assert.Equal(["two", "three"], ShownKeys(decision));
        Assert.Equal(5, decision.Drops[(int)HeldBack.Ineligible]);
        Assert.Equal(1, decision.Drops[(int)HeldBack.OutOfStock]);
        Assert.Equal(1, decision.Drops[(int)HeldBack.Duplicate]);
    }

    [Fact]
    public void Sensitive_products_are_never_recommended_nor_promoted()
    {
        var catalogue = Of(Product("secret", sensitive: true), Product("plain"));
        var row = DecisionPipeline.Decide(Items(), Context(catalogue), Person(),
            [new("secret", 900_000, ShownFor.Session), Popular("plain")]);
        Assert.Equal(["plain"], ShownKeys(row));
        Assert.Equal(1, row.Drops[(int)HeldBack.Sensitive]);

        var listing = DecisionPipeline.Decide(Rank("plain", "secret"), Context(catalogue), Person(),
            [new("secret", 900_000, ShownFor.Session)]);
        Assert.Equal(["plain", "secret"], ShownKeys(listing));
    }

    [Fact]
    public void Nothing_good_enough_is_silence_with_its_reason()
    {
        var catalogue = Of(Product("A"));
        var weak = DecisionPipeline.Decide(Items(), Context(catalogue) with { QualityFloor = 500 },
            null, [Popular("A", 499)]);
        Assert.False(weak.IsShown);
        Assert.Equal(HeldBack.BelowQuality, weak.Silence);
        Assert.Equal(HeldBack.BelowQuality,
            DecisionPipeline.Decide(Items(), Context(catalogue), null, []).Silence);
        var size = new Placement { Key = "pdp.size", Type = PlacementType.Size, ProductId = "A" };
        Assert.Equal(HeldBack.BelowQuality,
            DecisionPipeline.Decide(size, Context(catalogue), Person(), []).Silence);
    }

    [Theory]
    [InlineData(HeldBack.ConsentMissing)]
    [InlineData(HeldBack.PurposeRefused)]
    [InlineData(HeldBack.Degraded)]
    public void Without_leave_only_what_is_about_nobody_is_shown(HeldBack why)
    {
        var catalogue = Of(Product("A"), Product("B"), Product("C"));
        var person = Person() with { Personalisation = why, Facts = FactsUsed.None };
        var decision = DecisionPipeline.Decide(Items(), Context(catalogue), person,
            [new("A", 900_000, ShownFor.Session), new("B", 800_000, ShownFor.BuyAgain), Popular("C")]);
        Assert.Equal(["C"], ShownKeys(decision));
        Assert.Equal(2, decision.Drops[(int)why]);
        Assert.False(decision.Personal);
    }

    [Fact]
    public void A_page_s_neighbours_are_contextual_where_the_person_may_not_be_known()
    {
        var catalogue = Of(Product("A"), Product("B"));
        var placement = Items() with { ProductId = "A" };
        Candidate[] neighbours = [new("B", 10, ShownFor.ItemToItem)];
        Assert.Equal(ShownFor.Contextual,
            DecisionPipeline.Decide(placement, Context(catalogue), null, neighbours).Reason);
        Assert.Equal(ShownFor.ItemToItem,
            DecisionPipeline.Decide(placement, Context(catalogue), Person(), neighbours).Reason);
    }

    [Fact]
    public void For_someone_else_nothing_of_this_person_is_used()
    {
        var catalogue = Of(Product("A"), Product("B"));
        var decision = DecisionPipeline.Decide(Items() with { ForSomeoneElse = true },
            Context(catalogue), Person(Bought("B", 1)) with { IsServiceHeld = true },
            [new("A", 900_000, ShownFor.Session), Popular("B")]);
        Assert.Equal(["B"], ShownKeys(decision));
        Assert.False(decision.Personal);
        Assert.Equal(FactsUsed.None, decision.Facts);
    }

    [Fact]
    public void An_open_case_holds_banners_and_rows_but_not_the_listing()
    {
        var catalogue = Of(Product("A"), Product("B"));
        var person = Person() with { IsServiceHeld = true };
        var context = Context(catalogue, Motif("m"));
        Assert.Equal(HeldBack.HeldService,
            DecisionPipeline.Decide(Banner, context, person, []).Silence);
        Assert.Equal(HeldBack.HeldService,
            DecisionPipeline.Decide(Items(), context, person, [Popular("A")]).Silence);
        Assert.Equal(["A", "B"], ShownKeys(DecisionPipeline.Decide(
            Rank("A", "B"), context, person, [new("B", 900_000, ShownFor.Session)])));
    }

    [Fact]
    public void The_comparison_group_and_minors_get_no_banner_and_no_profile()
    {
        var catalogue = Of(Product("A"), Product("B"));
        Candidate[] candidates = [new("A", 900_000, ShownFor.Session), Popular("B")];
        foreach (var (person, why) in new[]
        {
            (Person() with { IsHoldout = true }, HeldBack.Holdout),
            (Person() with { IsMinor = true }, HeldBack.Minor),
        })
        {
            var context = Context(catalogue, Motif("m"));
            Assert.Equal(why, DecisionPipeline.Decide(Banner, context, person, []).Silence);
            var row = DecisionPipeline.Decide(Items(), context, person, candidates);
            Assert.Equal(["B"], ShownKeys(row));
            Assert.Equal(1, row.Drops[(int)why]);
        }
    }

    [Fact]
    public void A_row_has_one_voice_and_takes_the_strongest_that_fills_it()
    {
        var catalogue = Of([.. Enumerable.Range(0, 9).Select(i => Product("P" + i))]);
        Candidate[] thin = [new("P0", 2_500, ShownFor.Wish),
            Popular("P2"), Popular("P3"), Popular("P4")];
        Assert.Equal(ShownFor.Popular,
            DecisionPipeline.Decide(Items(), Context(catalogue), Person(), thin).Reason);
        var full = DecisionPipeline.Decide(Items(), Context(catalogue), Person(),
            [.. thin, new("P5", 2_000, ShownFor.Session), new("P6", 2_001, ShownFor.ItemToItem)]);
        Assert.Equal(ShownFor.ItemToItem, full.Reason);
        Assert.Equal(["P6", "P5"], ShownKeys(full));
    }

    [Fact]
    public void What_the_customer_turned_off_stays_off()
    {
        var catalogue = Of(Product("A"), Product("B"));
        var person = Person() with
        {
            Rests = new[] { new Rest(RestKind.Reason, (ulong)ShownFor.Session, Now + Day),
                new Rest(RestKind.Campaign, KeyHash.Of("spring"), Now + Day) },
        };
        var row = DecisionPipeline.Decide(Items(), Context(catalogue), person,
            [new("A", 900_000, ShownFor.Session), Popular("B")]);
        Assert.Equal(["B"], ShownKeys(row));
        var banner = DecisionPipeline.Decide(Banner, Context(catalogue, Motif("m")), person, []);
        Assert.Equal(HeldBack.Dismissed, banner.Silence);
    }

    [Fact]
    public void The_stop_button_silences_banners_rows_and_single_campaigns()
    {
        var catalogue = Of(Product("A"));
        var context = Context(catalogue, Motif("m"));
        foreach (var (scope, key) in new[] { ("cell", ""), ("channel", "onsite"), ("campaign", "spring") })
        {
            var stopped = context with { Stops = StopSet.None.With(scope, key, isOn: true) };
            Assert.False(DecisionPipeline.Decide(Banner, stopped, null, []).IsShown);
            var again = stopped with { Stops = stopped.Stops.With(scope, key, isOn: false) };
            Assert.True(DecisionPipeline.Decide(Banner, again, null, []).IsShown);
        }
    }

    [Fact]
    public void Motifs_of_equal_priority_take_turns_and_a_higher_one_wins()
    {
        var catalogue = Of(Product("A"));
        var context = Context(catalogue, Motif("m"), Motif("n"));
        var winners = Enumerable.Range(0, 64).Select(i => DecisionPipeline.Decide(Banner,
            context with { RequestId = KeyHash.Mix((ulong)i) }, null, []).Candidates[0].Key);
        Assert.Equal(["m", "n"], winners.Distinct().Order(StringComparer.Ordinal));
        var won = DecisionPipeline.Decide(Banner,
            Context(catalogue, Motif("m"), Motif("n"), Motif("top", 90)), null, []);
        Assert.Equal("top", won.Candidates[0].Key);
        Assert.Equal("spring", won.Campaign);
    }

    [Fact]
    public void A_motif_shows_only_in_its_window_on_its_pages_and_not_for_what_was_bought()
    {
        var catalogue = Of(Product("A"), Product("S", "socks"));
        var instant = DateTimeOffset.FromUnixTimeMilliseconds(Now);
        HeldBack Silence(Motif motif, Placement? placement = null, PersonFacts? person = null) =>
            DecisionPipeline.Decide(placement ?? Banner, Context(catalogue, motif), person, []).Silence;
        Assert.Equal(HeldBack.None, Silence(Motif("m") with { From = instant }));
        Assert.Equal(HeldBack.Ineligible, Silence(Motif("m") with { Until = instant }));
        Assert.Equal(HeldBack.Ineligible, Silence(Motif("m") with { Category = "shoes" }));
        Assert.Equal(HeldBack.Ineligible,
            Silence(Motif("m") with { Category = "shoes" }, Banner with { ProductId = "S" }));
        Assert.Equal(HeldBack.None,
            Silence(Motif("m") with { Category = "shoes" }, Banner with { ProductId = "A" }));
        Assert.Equal(HeldBack.Bought,
            Silence(Motif("m") with { ProductId = "A" }, person: Person(Bought("A", 3))));
    }

    [Fact]
    public void A_sentence_says_that_nothing_was_used_only_where_it_is_so()
    {
        var catalogue = Of(Product("A"));
        var nobody = DecisionPipeline.Decide(Items(), Context(catalogue), null, [Popular("A")]);
        Assert.Contains("nichts verwendet", CustomerVoice.Sentence(nobody, "de-DE"), StringComparison.Ordinal);
        Assert.Contains("nothing about you", CustomerVoice.Sentence(nobody, "en-GB"), StringComparison.Ordinal);
        var somebody = DecisionPipeline.Decide(Items(), Context(catalogue), Person(), [Popular("A")]);
        Assert.DoesNotContain("nichts", CustomerVoice.Sentence(somebody, null), StringComparison.Ordinal);
        Assert.Equal("reason:popular", CustomerVoice.Switch(somebody));
    }

    [Fact]
    public void Every_reason_has_one_sentence_in_both_languages()
    {
        foreach (var type in new[] { PlacementType.Items, PlacementType.Rank, PlacementType.Banner })
        {
            foreach (var reason in Enum.GetValues<ShownFor>().Where(reason => reason != ShownFor.None))
            {
                var decision = DecisionPipeline.Decide(Items(), Context(Of(Product("A"))), Person(),
                    [Popular("A")]) with
                { Type = type, Reason = reason };
                foreach (var locale in new[] { "de", "en" })
                {
                    var sentence = CustomerVoice.Sentence(decision, locale);
                    Assert.EndsWith(".", sentence, StringComparison.Ordinal);
                    Assert.DoesNotContain("!", sentence, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void Deciding_over_two_hundred_candidates_allocates_less_than_eight_kilobytes()
    {
        var catalogue = Of([.. Enumerable.Range(0, 200).Select(i => Product("P" + i))]);
        var context = Context(catalogue);
        var person = Person([.. Enumerable.Range(0, 20).Select(i => Bought("P" + i, i))]);
        Candidate[] candidates = [.. Enumerable.Range(0, 200)
            .Select(i => new Candidate("P" + i, 1_000 + i, ShownFor.Session))];
        var placement = Items();
        DecisionPipeline.Decide(placement, context, person, candidates);
        var before = GC.GetAllocatedBytesForCurrentThread();
        DecisionPipeline.Decide(placement, context, person, candidates);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(bytes < 8_000, $"{bytes} bytes");
    }
}
