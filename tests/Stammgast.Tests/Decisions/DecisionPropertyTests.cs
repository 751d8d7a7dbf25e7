using System.Globalization;
using Stammgast.Decisions;
using Xunit;
using static Stammgast.Tests.Decisions.Shelf;

namespace Stammgast.Tests.Decisions;

/// <summary>Properties over random shops, persons and requests; the seed is printed on failure.</summary>
public sealed class DecisionPropertyTests
{
    private const int Rounds = 2_000;

    [Fact]
    public void A_rank_is_a_permutation_of_what_was_handed_in()
    {
        ForAll((random, seed) =>
        {
            var (context, person, candidates) = World(random);
            var ids = Ids(random, 40);
            var decision = DecisionPipeline.Decide(Rank([.. ids]), context, person, candidates);
            Assert.True(ids.Distinct().Order(StringComparer.Ordinal)
                .SequenceEqual(ShownKeys(decision).Order(StringComparer.Ordinal)), $"seed {seed}");
        });
    }

    [Fact]
    public void A_row_never_holds_what_it_may_not()
    {
        ForAll((random, seed) =>
        {
            var (context, person, candidates) = World(random);
            var placement = Items(random.Next(1, 9)) with
            {
                ProductId = random.Next(2) == 0 ? Id(random) : null,
                Exclude = Ids(random, 5),
                Category = random.Next(3) == 0 ? "shoes" : null,
                MaxPriceMinor = random.Next(3) == 0 ? 5_000 : null,
            };
            var shown = ShownKeys(DecisionPipeline.Decide(placement, context, person, candidates)).ToList();
            Assert.True(shown.Count <= placement.Limit, $"seed {seed}");
            Assert.True(shown.Distinct().Count() == shown.Count, $"seed {seed}");
            foreach (var id in shown)
            {
                Assert.True(context.Catalogue.TryGet(id, out var product), $"seed {seed}");
                Assert.True(id != placement.ProductId && !placement.Exclude.Contains(id)
                    && !product.Sensitive && product.Active && context.Catalogue.InStock(product)
                    && (placement.Category is null || product.Category == "shoes.running")
                    && product.PriceMinor <= (placement.MaxPriceMinor ?? long.MaxValue), $"seed {seed}");
                Assert.True(person is null || BoughtIsDone.Judge(
                    product, person.Purchases.Span, null, Now) == HeldBack.None, $"seed {seed}");
            }
        });
    }

    [Fact]
    public void Every_candidate_is_accounted_for_once()
    {
        ForAll((random, seed) =>
        {
            var (context, person, candidates) = World(random);
            var decision = DecisionPipeline.Decide(Items(4), context, person, candidates);
            Assert.True(decision.Candidates.Length == candidates.Length, $"seed {seed}");
            Assert.True(decision.Drops.Sum() == decision.Candidates.Count(c => c.Held != HeldBack.None),
                $"seed {seed}");
            Assert.True(decision.IsShown == (decision.Silence == HeldBack.None), $"seed {seed}");
        });
    }

    [Fact]
    public void Replay_gives_the_same_bytes_within_a_kilobyte()
    {
        ForAll((random, seed) =>
        {
            var (context, person, candidates) = World(random);
            foreach (var placement in new[]
            {
                Items(random.Next(1, 50)), Rank([.. Ids(random, 60)]), Banner with { ProductId = Id(random) },
            })
            {
                var decision = DecisionPipeline.Decide(placement, context, person, candidates);
                var record = DecisionRecord.Encode(decision with
                {
                    Id = new DecisionId(new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64())),
                });
                Assert.True(record.Length <= DecisionRecord.MaxBytes, $"seed {seed}");
                Assert.True(record.AsSpan().SequenceEqual(DecisionRecord.Replay(record)), $"seed {seed}");
                Assert.True(record.AsSpan().SequenceEqual(
                    DecisionRecord.Encode(DecisionRecord.Decode(record))), $"seed {seed}");
            }
        });
    }

    /// <summary>
    /// Records as an earlier build wrote them, one a line in hex. A change that breaks this needs a
    /// new arbitration version or format, and the old one kept.
    /// </summary>
    [Fact]
    public void Recorded_decisions_of_earlier_builds_replay_to_the_same_bytes()
    {
        var lines = File.ReadAllLines(Path.Combine(Tidy.Repository.Root, "tests",
            "Stammgast.Tests", "Decisions", "golden-decisions-1.txt"));
        Assert.Equal(GoldenRecords().Count, lines.Length);
        foreach (var (line, made) in lines.Zip(GoldenRecords()))
        {
            var record = Convert.FromHexString(line);
            Assert.Equal(record, DecisionRecord.Replay(record));
            Assert.Equal(line, made);
        }
    }

    private static List<string> GoldenRecords()
    {
        var records = new List<string>();
        for (var seed = 1; seed <= 12; seed++)
        {
            var (context, person, candidates) = World(new Random(seed));
            foreach (var placement in new[] { Items(5), Rank("P1", "P2", "P3", "P9"), Banner })
            {
                records.Add(Convert.ToHexStringLower(DecisionRecord.Encode(
                    DecisionPipeline.Decide(placement, context, person, candidates)
                        with
                    { Id = new DecisionId((ulong)seed) })));
            }
        }
        return records;
    }

    [Fact]
    public void A_record_with_the_longest_keys_and_numbers_fits()
    {
        var key = new string('ä', 64);
        var decision = new Decision
        {
            Id = new DecisionId(UInt128.MaxValue),
            AtMs = long.MaxValue,
            Placement = key,
            Type = PlacementType.Items,
            Limit = 50,
            Seed = ulong.MaxValue,
            Versions = new(Arbitration.Current, long.MaxValue, long.MaxValue),
            Personal = true,
            Block = HeldBack.None,
            Facts = (FactsUsed)511,
            Campaign = key,
            Drops = [.. Enumerable.Repeat(int.MaxValue, ReasonCodes.HeldCount)],
            Candidates = [.. Enumerable.Range(0, 20).Select(i =>
                new Judged(new string('x', 24), int.MaxValue, ShownFor.Wish, HeldBack.None, (short)(2_000 + i), 0))],
        };
        Assert.InRange(DecisionRecord.Encode(Arbitration.Settle(decision)).Length, 1, DecisionRecord.MaxBytes);
    }

    private static void ForAll(Action<Random, int> property)
    {
        for (var seed = 0; seed < Rounds; seed++)
            property(new Random(seed), seed);
    }

    private static (DecisionContext, PersonFacts?, Candidate[]) World(Random random)
    {
        var catalogue = Of([.. Enumerable.Range(0, 30).Select(i => Product(Name(i),
            random.Next(2) == 0 ? "shoes.running" : "socks", random.Next(1, 10_000),
            random.Next(8) == 0, random.Next(3) == 0 ? random.Next(1, 90) : null,
            [.. Enumerable.Range(0, 3).Select(v => Variant($"{Name(i)}-{v}", "SML"[v].ToString(), random.Next(3)))])
            with { Active = random.Next(9) != 0 })]);
        var motifs = Enumerable.Range(0, random.Next(6)).Select(i => Motif(new string('m', 1 + i * 9), random.Next(3))
            with
        { ProductId = random.Next(2) == 0 ? Id(random) : null }).ToArray();
        PersonFacts? person = random.Next(4) == 0 ? null : Person(
            [.. Enumerable.Range(0, random.Next(12)).Select(_ => Line(random))]) with
        {
            Personalisation = random.Next(4) == 0 ? HeldBack.PurposeRefused : HeldBack.None,
            IsServiceHeld = random.Next(9) == 0,
            IsHoldout = random.Next(9) == 0,
        };
        var candidates = Enumerable.Range(0, random.Next(60)).Select(_ => new Candidate(
            Id(random), random.Next(5) * 1_000, (ShownFor)random.Next(1, 9))).ToArray();
        var context = Context(catalogue, motifs) with { RequestId = (ulong)random.NextInt64() };
        return (context, person, candidates);
    }

    private static Purchase Line(Random random) => Returned(Id(random),
        (ReturnReason)random.Next(8), random.Next(500)) with
    {
        ReturnedQuantity = random.Next(2),
        VariantId = random.Next(4) == 0 ? "" : $"{Id(random)}-{random.Next(3)}",
        Cancelled = random.Next(9) == 0,
        Gift = random.Next(5) == 0,
    };

    // Some ids are longer than a record keeps in full.
    private static string Name(int i) => i % 7 == 0
        ? "a-product-with-a-very-long-id-" + i.ToString(CultureInfo.InvariantCulture)
        : "P" + i.ToString(CultureInfo.InvariantCulture);

    private static string Id(Random random) => Name(random.Next(32));

    private static List<string> Ids(Random random, int most) =>
        [.. Enumerable.Range(0, random.Next(most)).Select(_ => Id(random))];
}
