using System.Text.Json;
using Stammgast.Demo;
using Xunit;

namespace Stammgast.Tests.Demo;

public sealed class PeopleTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private static readonly Assortment Goods = Assortment.Load();

    [Fact]
    public void The_same_seed_invents_the_same_people() => Assert.Equal(Told(7), Told(7));

    [Fact]
    public void Another_seed_invents_others() => Assert.NotEqual(Told(7), Told(8));

    [Fact]
    public void Four_hundred_people_have_names_and_ids_of_their_own()
    {
        var people = People.Invent(Goods, Now, seed: 7);
        Assert.Equal(400, people.Count);
        Assert.Equal(400, people.Select(person => person.Name).Distinct().Count());
        Assert.Equal(400, people.Select(person => person.UserId).Distinct().Count());
        Assert.All(people, person => Assert.EndsWith("@example.invalid", person.Email,
            StringComparison.Ordinal));
    }

    [Fact]
    public void The_past_lies_in_the_past_and_holds_what_a_shop_knows()
    {
        var lines = People.Invent(Goods, Now, seed: 7).SelectMany(person => person.Orders)
            .SelectMany(order => order.Lines.Select(line => (order.At, line))).ToList();
        Assert.All(lines, entry => Assert.True(entry.At < Now));
        Assert.All(lines, entry => Assert.True((entry.line.ReturnedAt ?? entry.At) < Now));
        Assert.Contains(lines, entry => entry.line.Gift);
        Assert.Contains(lines, entry => entry.line.Style.Sensitive);
        foreach (var reason in new[] { "too_small", "too_large", "dislike", "defect" })
            Assert.Contains(lines, entry => entry.line.Reason == reason);
    }

    [Fact]
    public void What_belongs_together_is_bought_together()
    {
        var orders = People.Invent(Goods, Now, seed: 7).SelectMany(person => person.Orders).ToList();
        var shoes = orders.Where(order => Has(order, "RUN-01")).ToList();
        var together = shoes.Count(order => Has(order, "SOC-01")) / (double)shoes.Count;
        var alone = orders.Count(order => Has(order, "SOC-01")) / (double)orders.Count;
        Assert.True(together > 2 * alone, $"{together:0.00} against {alone:0.00}");
    }

    private static bool Has(PastOrder order, string id) =>
        order.Lines.Any(line => line.Style.Id == id);

    private static string Told(int seed) => string.Join('\n',
        People.Invent(Goods, Now, seed).SelectMany(ShopEvents.Past)
            .Select(one => JsonSerializer.Serialize(one, SegmentJson.Default.TrackEvent)));
}
