using Stammgast.Catalogue;
using Stammgast.Intelligence;
using Xunit;
using static Stammgast.Tests.Intelligence.Shop;

namespace Stammgast.Tests.Intelligence;

public sealed class RecommenderTests
{
    private static readonly CatalogueSnapshot Sports = Assortment(
        Product("RUN-01", "shoes.running"), Product("RUN-02", "shoes.running"),
        Product("SOC-01", "socks"), Product("TEE-01", "shirts"), Product("HAT-01", "hats"),
        Product("MAT-01", "maternity", sensitive: true));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_looks_at_a_shoe_is_shown_what_others_bought_with_it()
    {
        var models = await TrainAsync(Sports, Past(), Cancel);
        var shown = Recommender.Candidates(models, Ask() with { ProductId = "RUN-01", Taste = new Taste() });
        Assert.Equal("SOC-01", shown.Items[0].Product.Id);
        Assert.Equal(ShownFor.ItemToItem, shown.Items[0].Reason);
        Assert.Equal("RUN-01", shown.Items[0].Because!.Id);
        Assert.DoesNotContain(shown.Items, item => item.Product.Id == "RUN-01");
        Assert.Equal(models.Version, shown.ModelVersion);
    }

    [Fact]
    public async Task Without_consent_reasons_are_the_page_and_what_is_popular()
    {
        var models = await TrainAsync(Sports, Past(), Cancel);
        var onPage = Recommender.Candidates(models, Ask() with { ProductId = "RUN-01" });
        Assert.NotEmpty(onPage.Items);
        Assert.All(onPage.Items, item =>
            Assert.True(item.Reason is ShownFor.Contextual or ShownFor.Popular));
        var atHome = Recommender.Candidates(models, Ask());
        Assert.Equal(ShownFor.Popular, atHome.Items[0].Reason);
        Assert.Contains(atHome.Items[0].Product.Id, new[] { "RUN-01", "SOC-01" });
    }

    [Fact]
    public async Task Sensitive_products_are_in_no_model_and_no_list()
    {
        var rows = Past().Concat(Enumerable.Range(0, 50).Select(person =>
            Row(person, Start, Behaviour.Bought, "MAT-01", "RUN-01")));
        var with = await TrainAsync(Sports, rows, Cancel);
        var without = await TrainAsync(Sports, Past().Concat(Enumerable.Range(0, 50).Select(person =>
            Row(person, Start, Behaviour.Bought, "RUN-01"))), Cancel);
        Assert.Equal(without.Fingerprint(), with.Fingerprint());
        var taste = new Taste { Recent = [new("MAT-01", Start)], Wished = [new("MAT-01", Start)] };
        foreach (var page in new[] { null, "MAT-01", "RUN-01" })
        {
            var shown = Recommender.Candidates(with, Ask() with { ProductId = page, Taste = taste });
            Assert.DoesNotContain(shown.Items, item => item.Product.Id == "MAT-01");
        }
        Assert.Equal((0, ShownFor.None), Recommender.Rank(with, Ask() with { Taste = taste }, ["MAT-01"])[0]);
    }

    [Fact]
    public async Task A_product_that_became_sensitive_after_training_is_shown_no_more()
    {
        var models = await TrainAsync(Sports, Past(), Cancel);
        var now = Assortment([.. Sports.Products.Select(product =>
            product.Id == "SOC-01" ? product with { Sensitive = true } : product)]);
        var shown = Recommender.Candidates(models,
            Ask() with { Catalogue = now, ProductId = "RUN-01", Taste = new Taste() });
        Assert.DoesNotContain(shown.Items, item => item.Product.Id == "SOC-01");
    }

    [Fact]
    public void A_shop_without_a_past_shows_its_assortment_and_the_category_first()
    {
        var models = new Trainer(new TrainingOptions()).Publish(Sports, 1);
        var shown = Recommender.Candidates(models, Ask() with { ProductId = "RUN-02" });
        Assert.Equal("RUN-01", shown.Items[0].Product.Id);
        Assert.All(shown.Items, item => Assert.Equal(ShownFor.Contextual, item.Reason));
        Assert.NotEmpty(Recommender.Candidates(ModelSet.Empty, Ask()).Items);
    }

    [Fact]
    public void An_empty_shop_abstains()
    {
        var shown = Recommender.Candidates(
            ModelSet.Empty, Ask() with { Catalogue = CatalogueSnapshot.Empty });
        Assert.Equal(HeldBack.BelowQuality, shown.Abstained);
        Assert.Empty(shown.Items);
        Assert.Equal(HeldBack.BelowQuality, Recommender.BuyAgain(ModelSet.Empty, Ask()).Abstained);
    }

    [Fact]
    public async Task Buying_again_is_a_list_of_its_own_ordered_by_how_often()
    {
        var models = await TrainAsync(Sports, Past(), Cancel);
        var taste = new Taste
        {
            Purchases = [new("SOC-01", "o3", Start + 60 * Day), new("SOC-01", "o2", Start + 30 * Day),
                new("HAT-01", "o2", Start + 30 * Day), new("SOC-01", "o1", Start)],
        };
        var again = Recommender.BuyAgain(models, Ask() with { Taste = taste });
        Assert.Equal(["SOC-01", "HAT-01"], again.Items.Select(item => item.Product.Id));
        Assert.All(again.Items, item => Assert.Equal(ShownFor.BuyAgain, item.Reason));
        Assert.DoesNotContain(Recommender.Candidates(models, Ask() with { Taste = taste }).Items,
            item => item.Reason == ShownFor.BuyAgain);
    }

    [Fact]
    public async Task Ranking_scores_exactly_what_is_handed_in()
    {
        var models = await TrainAsync(Sports, Past(), Cancel);
        var taste = new Taste { Recent = [new("RUN-01", Start + Day)] };
        var scores = Recommender.Rank(models, Ask() with { Taste = taste },
            ["HAT-01", "SOC-01", "unknown", "SOC-01"]);
        Assert.Equal(4, scores.Length);
        Assert.True(scores[1].Score > scores[0].Score);
        Assert.Equal(0, scores[2].Score);
        Assert.Equal(scores[1], scores[3]);
        Assert.All(scores, score => Assert.True(float.IsFinite(score.Score)));
    }

    [Fact]
    public async Task Monthly_goods_rest_shorter_than_a_month()
    {
        var rows = Enumerable.Range(0, 20).SelectMany(person => Enumerable.Range(0, 4).Select(month =>
            Row(person, Start + (month * 30 + person) * Day, Behaviour.Bought, "SOC-01")));
        var models = await TrainAsync(Sports, rows, Cancel);
        Assert.Equal(21, models.LearnedDays.Span[Sports.IndexOf("SOC-01")]);
        Assert.Equal(0, models.LearnedDays.Span[Sports.IndexOf("HAT-01")]);
    }

    private static Ask Ask() => new() { Catalogue = Sports, NowMs = Start + 2 * Day };

    // Shoes and socks go together, shirts and hats do.
    private static IEnumerable<TrainingRow> Past()
    {
        for (var person = 0; person < 12; person++)
        {
            if (person % 3 < 2)
                yield return Row(person, Start + person, Behaviour.Bought, "RUN-01", "SOC-01");
            else
                yield return Row(person, Start + person, Behaviour.Bought, "TEE-01", "HAT-01");
        }
    }
}
