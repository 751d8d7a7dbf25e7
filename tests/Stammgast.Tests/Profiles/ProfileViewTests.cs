using Stammgast.Consent;
using Stammgast.Identity;
using Stammgast.Profiles;
using Xunit;
using static Stammgast.Tests.Profiles.Events;

namespace Stammgast.Tests.Profiles;

public sealed class ProfileViewTests
{
    private const long Now = Start + 30 * Day;
    private static readonly Purposes Known = Purposes.Default;
    private static readonly Purpose Rows = KnownPurposes.ProfiledContent;
    private static readonly Identifier Anna = User("anna");

    [Fact]
    public void Invariant_3_no_purpose_no_view()
    {
        var e = One(EventKind.OrderCompleted, Start, Anna).Bought(Item("RUN"));
        // Not in force, not allowed by the event, unknown: nothing, and it is counted.
        Assert.Empty(View(Rows, PurposeSet.None, e).Facts());
        Assert.Empty(View(Rows, All, e with { Allowed = All - PurposeSet.Of(Rows) }).Facts());
        Assert.Empty(View(new Purpose(63), new PurposeSet(ulong.MaxValue),
            e with { Allowed = new PurposeSet(ulong.MaxValue) }).Facts());
        var withheld = View(Rows, PurposeSet.None, e);
        Assert.False(withheld.IsInForce);
        Assert.Equal(2, withheld.WithheldPurchases);
        Assert.InRange(withheld.Withheld, 8, 20);
        Assert.Empty(withheld.Purchases);
        Assert.Equal(0, withheld.BoughtAtMs("RUN"));
        Assert.Equal(0, withheld.Orders.Count);
        Assert.False(withheld.Shows(e));
    }

    [Fact]
    public void Invariant_3_hidden_inputs_have_no_effect_on_any_value()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var random = new Random(seed);
            var events = World(random, 120).Select(e => e with { Leaf = LeafOf(Anna), Identifiers = [Anna] })
                .ToArray();
            var purpose = new Purpose((byte)random.Next(48));
            var essential = Known.Essential.Has(purpose);
            var hidden = events.Where(e => !e.Allowed.Has(purpose)
                || !essential && e.Ceiling >= Provenance.ThirdParty).ToHashSet();
            var all = View(purpose, All, events);
            var shown = View(purpose, All, [.. events.Where(e => !hidden.Contains(e))]);
            Assert.Equal(Print(shown), Print(all));
        }
    }

    [Fact]
    public void Invariant_5_public_and_third_party_never_reach_a_view_that_is_not_essential()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            foreach (var ceiling in (Provenance[])[Provenance.ThirdParty, Provenance.Public, default, (Provenance)7, (Provenance)255])
            {
                var canary = "canary" + random.Next();
                var poisoned = World(random, 40).Select(e => e with
                {
                    Leaf = LeafOf(Anna),
                    Identifiers = [Anna, Mail(canary + "@x.test")],
                    Ceiling = ceiling,
                    Name = canary,
                    OrderId = canary,
                    Items = [.. e.Items.Select(item => item with { ProductId = canary, Category = canary })],
                }).Append(One(EventKind.Identify, Start, Anna).Traits($$"""{"{{canary}}":"{{canary}}"}""")
                    with
                { Ceiling = ceiling }).ToArray();
                var clean = World(random, 40).Select(e => e with
                {
                    Leaf = LeafOf(Anna),
                    Identifiers = [Anna],
                    Ceiling = Provenance.Observed,
                }).ToArray();
                foreach (var info in Known.All.Where(info => !Known.Essential.Has(info.Purpose)))
                {
                    var view = View(info.Purpose, All, [.. clean, .. poisoned]);
                    Assert.Equal(Print(View(info.Purpose, All, clean)), Print(view));
                    Assert.DoesNotContain(canary, Print(view), StringComparison.Ordinal);
                    Assert.All(poisoned, e => Assert.False(view.Shows(e)));
                }
            }
        }
    }

    [Fact]
    public void A_fact_is_never_better_than_its_events_ceiling_and_computed_ones_carry_the_worst()
    {
        foreach (var ceiling in Enum.GetValues<Provenance>())
        {
            var view = View(KnownPurposes.Service, All,
                One(EventKind.Identify, Start, Anna).Traits("""{"size":"M"}""") with { Ceiling = ceiling },
                One(EventKind.OrderCompleted, Start, Anna).Bought(Item("RUN")) with
                {
                    Message = new MessageKey(2),
                    Ceiling = Provenance.Observed,
                });
            var facts = view.Facts();
            Assert.Equal(ceiling, facts.Single(fact => fact.Key == "size").Provenance);
            Assert.Equal((Provenance)Math.Max((int)ceiling, (int)Provenance.Derived),
                facts.Single(fact => fact.Key == "seen.events").Provenance);
            Assert.Equal(Provenance.Derived, facts.Single(fact => fact.Key == "orders.count").Provenance);
        }
    }

    [Fact]
    public void A_computed_fact_serves_only_what_all_of_its_inputs_may()
    {
        var narrow = PurposeSet.Of(Rows) | PurposeSet.Of(KnownPurposes.Service);
        var view = View(Rows, All,
            One(EventKind.OrderCompleted, Start, Anna).Bought(Item("A")),
            One(EventKind.OrderCompleted, Start + 1, Anna).Bought(Item("B")) with { Allowed = narrow });
        Assert.Equal(narrow, view.Facts().Single(fact => fact.Key == "orders.count").Purposes);
        Assert.Equal(2, view.Orders.Count);
    }

    [Fact]
    public void A_browsers_purchase_suppresses_and_counts_for_nothing()
    {
        var view = View(Rows, All,
            One(EventKind.OrderCompleted, Start, Anna).Bought(Item("RUN", 5_000)) with { OfRecord = false });
        Assert.Equal(default, view.Orders);
        Assert.Empty(view.Affinities);
        Assert.False(Assert.Single(view.Purchases).OfRecord);
        Assert.NotEqual(0, view.BoughtAtMs("RUN"));
    }

    [Fact]
    public void A_browsers_word_gives_way_to_the_servers_about_the_same_line()
    {
        var order = One(EventKind.OrderCompleted, Start, Anna).Bought(Item("RUN")) with { OrderId = "O-1" };
        var view = View(Rows, All, order with { OfRecord = false },
            order with { Message = new MessageKey(7), AtMs = Start + 5, ReceivedAtMs = Start + 5 });
        Assert.True(Assert.Single(view.Purchases).OfRecord);
        Assert.Equal(1, view.Orders.Count);
    }

    [Fact]
    public void A_gift_rests_for_the_buyer_and_teaches_nothing()
    {
        var gift = Item("RUN", 9_000) with { Gift = true };
        var view = View(Rows, All, One(EventKind.OrderCompleted, Start, Anna).Bought(gift, gift, gift));
        Assert.Empty(view.Affinities);
        Assert.Null(view.UsualPrice);
        Assert.True(Assert.Single(view.Purchases).Gift);
        Assert.NotEqual(0, view.BoughtAtMs("RUN"));
        Assert.Equal(1, view.Orders.Count);
    }

    [Fact]
    public void Invariant_14_sensitive_products_leave_the_order_itself_and_nothing_else()
    {
        var secret = Item("SECRET", 7_700, "health") with { Sensitive = true };
        var kinds = Enum.GetValues<EventKind>();
        foreach (var info in Known.All)
        {
            Event[] events =
            [
                .. kinds.Select((kind, i) => One(kind, Start + i, Anna) with { Items = [secret] }),
                One(EventKind.OrderCompleted, Start + 99, Anna).Bought(secret, Item("RUN", 1_000)),
            ];
            var view = View(info.Purpose, All, events);
            var printed = Print(view);
            if (Known.Essential.Has(info.Purpose))
            {
                Assert.Contains(view.Purchases, line => line.ProductId == "SECRET");
                continue;
            }
            Assert.DoesNotContain("SECRET", printed, StringComparison.Ordinal);
            Assert.DoesNotContain("health", printed, StringComparison.Ordinal);
            Assert.Equal((1, 1_000), (view.Orders.Count, view.Orders.RevenueMinor));
            Assert.Equal(0, view.BoughtAtMs("SECRET"));
            Assert.False(view.Shows(events[^1]));
        }
    }

    [Fact]
    public void Invariant_14_a_known_minor_shows_nothing_but_to_essential_purposes()
    {
        foreach (var trait in (string[])["""{"birthday":"2015-05-05"}""", """{"age":12}""", """{"age":"15"}"""])
        {
            Event[] events =
            [
                One(EventKind.Identify, Start, Anna).Traits(trait) with { Ceiling = Provenance.ThirdParty },
                One(EventKind.ProductViewed, Start + 1, Anna) with { Items = [Item("RUN")] },
            ];
            var view = View(Rows, All, events);
            Assert.True(view.IsMinor);
            Assert.Empty(view.Facts());
            Assert.NotEmpty(View(KnownPurposes.Service, All, events).Viewed);
        }
        var adult = View(Rows, All, One(EventKind.Identify, Start, Anna).Traits("""{"birthday":"1990-01-01"}"""));
        Assert.False(adult.IsMinor);
    }

    [Fact]
    public void The_latest_word_about_a_trait_counts_and_null_takes_it_back()
    {
        var view = View(Rows, All,
            One(EventKind.Identify, Start + 2, Anna).Traits("""{"size":"L","colour":null}"""),
            One(EventKind.Identify, Start + 1, Anna).Traits("""{"size":"M","colour":"red"}"""));
        var fact = Assert.Single(view.Traits);
        Assert.Equal(("size", "\"L\""), (fact.Key, fact.Value));
    }

    [Fact]
    public void Data_beyond_a_purposes_retention_is_not_seen()
    {
        Assert.True(Known.TryGet(Rows, out var info));
        var old = One(EventKind.ProductViewed, Now - (info.RetentionDays + 1) * Day, Anna) with { Items = [Item("OLD")] };
        var young = One(EventKind.ProductViewed, Now - Day, Anna) with { Items = [Item("NEW")] };
        Assert.Equal("NEW", Assert.Single(View(Rows, All, old, young).Viewed).ProductId);
    }

    [Fact]
    public void A_return_is_found_with_its_line_whatever_came_first()
    {
        var order = One(EventKind.OrderCompleted, Start, Anna).Bought(Item("RUN")) with { OrderId = "O-1" };
        var back = One(EventKind.OrderReturned, Start + Day, Anna) with
        {
            Items = [Item("RUN")],
            OrderId = "O-1",
            Reason = ReturnReason.TooSmall,
        };
        foreach (var events in (Event[][])[[order, back], [back, order]])
        {
            var line = Assert.Single(View(Rows, All, events).Purchases);
            Assert.Equal((1, ReturnReason.TooSmall, Start + Day),
                (line.ReturnedQuantity, line.Reason, line.ReturnedAtMs));
        }
    }

    [Fact]
    public void A_defect_late_or_wrong_return_opens_a_case_until_it_is_closed()
    {
        foreach (var reason in Enum.GetValues<ReturnReason>())
        {
            var back = One(EventKind.OrderReturned, Start, Anna) with
            {
                Items = [Item("RUN")],
                OrderId = "O-1",
                Reason = reason,
            };
            var opens = reason is ReturnReason.Defect or ReturnReason.Late or ReturnReason.Wrong;
            Assert.Equal(opens ? 1 : 0, View(Rows, All, back).OpenCases.Count);
            Assert.Empty(View(Rows, All, back,
                One(EventKind.ServiceCaseClosed, Start + 1, Anna) with { OrderId = "O-1" }).OpenCases);
            Assert.Equal(opens ? 1 : 0, View(Rows, All, back,
                One(EventKind.ServiceCaseClosed, Start + 1, Anna) with { OrderId = "O-2" }).OpenCases.Count);
        }
    }

    [Fact]
    public void What_was_bought_or_removed_is_in_the_basket_no_longer()
    {
        var added = One(EventKind.ProductAdded, Start, Anna) with { Items = [Item("A"), Item("B"), Item("C")] };
        var view = View(Rows, All, added,
            One(EventKind.ProductRemoved, Start + 1, Anna) with { Items = [Item("B")] },
            One(EventKind.OrderCompleted, Start + 2, Anna).Bought(Item("C")));
        Assert.Equal("A", Assert.Single(view.Carted).ProductId);
    }

    [Fact]
    public void Interest_fades_by_half_in_three_periods()
    {
        Event Seen(long atMs, string category, ulong message) =>
            One(EventKind.ProductViewed, atMs, Anna) with
            {
                Items = [Item("P", 100, category)],
                Message = new MessageKey(message),
            };
        var view = View(Rows, All, Seen(Now, "new", 1), Seen(Now - 3 * 28 * Day, "old", 2));
        Assert.Equal([new CategoryAffinity("new", 1000), new CategoryAffinity("old", 500)], view.Affinities);
    }

    [Fact]
    public void The_usual_price_holds_the_middle_half_of_what_was_bought()
    {
        var view = View(Rows, All, One(EventKind.OrderCompleted, Start, Anna).Bought(
            Item("A", 1_000), Item("B", 4_000), Item("C", 4_200), Item("D", 4_500), Item("E", 90_000)));
        var usual = view.UsualPrice!.Value;
        Assert.InRange(4_000, usual.LowMinor, usual.HighMinor);
        Assert.InRange(usual.LowMinor, 2_000, 4_000);
        Assert.InRange(usual.HighMinor, 4_500, 8_200);
    }

    [Fact]
    public void A_request_reads_its_own_writes_without_changing_the_profile()
    {
        var e = One(EventKind.ProductViewed, Start, Anna) with { Items = [Item("A")] };
        var profile = ProfileOf(All, e);
        var overlaid = profile.With(
            [One(EventKind.OrderCompleted, Start + 1, Anna).Bought(Item("A"))], All, IdentityRules.Default);
        Assert.NotEqual(0, overlaid.For(Rows).BoughtAtMs("A"));
        Assert.Equal(0, profile.For(Rows).BoughtAtMs("A"));
    }

    private static ProfileView View(Purpose purpose, PurposeSet inForce, params Event[] events) =>
        ProfileOf(inForce, events).For(purpose);

    private static Profile ProfileOf(PurposeSet inForce, params Event[] events) => new(
        LeafOf(Anna),
        [new ProfileLeaf(LeafStateTests.Folded(LeafOf(Anna), [events]), inForce)], Known, Now);

    private static string Print(ProfileView view) => string.Join('\n',
        view.Facts().Select(fact => fact.ToString())
            .Concat(view.Viewed.Select(item => item.ToString()))
            .Concat(view.Carted.Select(item => item.ToString()))
            .Concat(view.Wished.Select(item => item.ToString()))
            .Concat(view.Purchases.Select(line => line.ToString()))
            .Concat(view.Feedback.Select(word => word.ToString()))
            .Concat(view.OpenCases.Select(one => one.ToString()))
            .Concat(view.Identifiers.Select(id => id.Identifier.Type + id.Identifier.Value)));
}
