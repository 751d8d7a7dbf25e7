using System.Text;
using Stammgast.Collect;
using Stammgast.Keys;
using Xunit;

namespace Stammgast.Tests.Collect;

/// <summary>What admission makes of an event, step by step.</summary>
public sealed class AdmissionTests
{
    private static readonly long Now =
        DateTimeOffset.Parse("2026-11-22T12:00:00Z", null).ToUnixTimeMilliseconds();

    internal static readonly Source Server = new()
    {
        Id = new SourceId(3), Name = "server", Kind = SourceKind.Server, Ceiling = Provenance.Observed,
    };

    internal static readonly Source Browser = new()
    {
        Id = new SourceId(1), Name = "web", Kind = SourceKind.Browser, Ceiling = Provenance.Declared,
    };

    internal static BlindIndex Index { get; } = new(new byte[32]);

    internal static Admission Admission(RecentMessages? recent = null) => new(new AdmissionRules
    {
        Judge = (Source source, in StampInput stamp, EventKind _) =>
            source.OfRecord || stamp is { Present: true, Malformed: false }
                ? new GateVerdict(new PurposeSet(stamp.PrivacySignal ? 1UL : 3UL), default, true, null)
                : new GateVerdict(PurposeSet.None, default, false, "consent_missing"),
        Index = Index,
        LookUp = LookUp,
        Identity = (token, user, anonymous, _) => token.SequenceEqual($"{user}/{anonymous}"),
        Recent = recent ?? new RecentMessages(4096),
        Currency = "EUR",
    });

    private static bool LookUp(string productId, string variantId, out ProductFacts facts)
    {
        facts = productId == "RUN-01" ? new("RUN-01", variantId, "shoes.running", 12_995, false)
            : variantId == "NURSING-S" ? new("NURSING", "NURSING-S", "maternity", 3_900, true)
            : default;
        return facts.ProductId is not null;
    }

    private static Admitted Admit(string json, Source? source = null, CollectCall call = CollectCall.Track)
    {
        var admission = Admission();
        Assert.Null(admission.Read(Encoding.UTF8.GetBytes(json), call));
        return admission.Admit(source ?? Server, privacySignal: false, Now);
    }

    private static Event One(string json, Source? source = null, CollectCall call = CollectCall.Track)
    {
        var admitted = Admit(json, source, call);
        Assert.Null(admitted.Fates[0].Code);
        return admitted.Events[0];
    }

    private static string Why(string json, Source? source = null, CollectCall call = CollectCall.Track)
    {
        var fate = Admit(json, source, call).Fates[0];
        return $"{fate.Code} {fate.Field}";
    }

    [Theory]
    // A fast clock, a slow clock, a phone that was offline for an hour.
    [InlineData("2026-11-22T15:00:00Z", "2026-11-22T15:00:10Z", -10_000)]
    [InlineData("2026-11-22T09:00:00.000Z", "2026-11-22T09:00:00.250Z", -250)]
    [InlineData("2026-11-22T11:00:00Z", "2026-11-22T12:00:00Z", -3_600_000)]
    // Sent before it happened: clamped to receipt. Not sent at all: believed as it is.
    [InlineData("2026-11-22T12:00:10Z", "2026-11-22T12:00:00Z", 0)]
    [InlineData("2026-11-22T13:59:59+02:00", null, -1_000)]
    [InlineData("2027-11-22T12:00:00Z", null, 0)]
    public void The_senders_skew_is_taken_out(string at, string? sent, long expectedMs)
    {
        var sentAt = sent is null ? "" : $",\"sentAt\":\"{sent}\"";
        var e = One($$"""{"event":"E","userId":"u","timestamp":"{{at}}"{{sentAt}}}""");
        Assert.Equal(expectedMs, e.AtMs - Now);
        Assert.Equal(Now, e.ReceivedAtMs);
    }

    [Fact]
    public void The_past_is_for_imports_only()
    {
        const string Old = """{"event":"E","userId":"u","timestamp":"2026-10-01T00:00:00Z"}""";
        Assert.Equal("timestamp_too_old /timestamp", Why(Old));
        var import = Server with { Kind = SourceKind.Import };
        Assert.True(One(Old, import).AtMs < Now);
    }

    [Theory]
    [InlineData("""{"userId":"u"}""", "required /event")]
    [InlineData("""{"event":1,"userId":"u"}""", "wrong_type /event")]
    [InlineData("""{"event":"E"}""", "identity_missing /anonymousId")]
    [InlineData("""{"event":"E","userId":"","anonymousId":"  "}""", "identity_missing /anonymousId")]
    [InlineData("""{"event":"E","userId":{}}""", "wrong_type /userId")]
    [InlineData("""{"event":"E","userId":"a\u0000b"}""", "control_character /userId")]
    [InlineData("""{"event":"E","anonymousId":"a\u0085b"}""", "control_character /anonymousId")]
    [InlineData("""{"event":"E\u0001","userId":"u"}""", "control_character /event")]
    [InlineData("""{"event":"E","userId":"u","messageId":"\u0002"}""", "control_character /messageId")]
    [InlineData("""{"event":"E","userId":"u","messageId":[]}""", "wrong_type /messageId")]
    [InlineData("""{"event":"E","userId":"u","timestamp":"yesterday"}""", "timestamp_invalid /timestamp")]
    [InlineData("""{"event":"E","userId":"u","timestamp":5}""", "timestamp_invalid /timestamp")]
    [InlineData("""{"event":"E","userId":"u","properties":[]}""", "wrong_type /properties")]
    [InlineData("""{"event":"E","userId":"u","context":1}""", "wrong_type /context")]
    [InlineData("""{"event":"E","userId":"u","userId":"v"}""", "duplicate_member /userId")]
    [InlineData("""{"event":"E","userId":"u","properties":{"a":{"b":1,"\u0062":2}}}""", "duplicate_member /properties/a/b")]
    [InlineData("""{"event":"E","userId":"u","properties":{"n":[1,-1e999]}}""", "number_out_of_range /properties/n/1")]
    [InlineData("""{"event":"E","userId":"u","properties":{"s/~":"\ud800"}}""", "invalid_unicode /properties/s~1~0")]
    [InlineData("""{"event":"Order Completed","userId":"u","properties":{"total":-1}}""", "number_out_of_range /properties/total")]
    [InlineData("""{"event":"Order Completed","userId":"u","properties":{"order_id":{}}}""", "wrong_type /properties/order_id")]
    [InlineData("""{"event":"Order Completed","userId":"u","properties":{"products":[{"product_id":"a"},{"price":1}]}}""", "required /properties/products/1/product_id")]
    [InlineData("""{"event":"Order Completed","userId":"u","properties":{"products":[{"product_id":"a","quantity":1.5}]}}""", "number_out_of_range /properties/products/0/quantity")]
    [InlineData("""{"event":"Product Viewed","userId":"u","properties":{"product_id":"a","price":true}}""", "wrong_type /properties/price")]
    [InlineData("""{"event":"Segment Consent Preference Updated","userId":"u"}""", "required /context/consent/categoryPreferences")]
    public void What_is_wrong_is_named_with_its_field(string json, string why) =>
        Assert.Equal(why, Why(json));

    [Fact]
    public void What_is_too_deep_or_too_long_rejects_its_own_event_only()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 40)) + string.Concat(Enumerable.Repeat("]", 40));
        var admitted = Admit($$"""{"batch":[{"type":"track","event":"E","userId":"u","messageId":"1","properties":{"d":{{deep}} } },{"type":"track","event":"E","userId":"u","messageId":"2"},{"type":"track","event":"E","userId":"u","messageId":"{{new string('m', 101)}}"},{"type":"track","event":"{{new string('e', 257)}}","userId":"u"}]}""",
            call: CollectCall.Batch);
        Assert.Equal(["too_deep", null, "too_long", "too_long"], admitted.Fates.Select(fate => fate.Code));
        Assert.Equal(["1", "2"], admitted.Fates.Take(2).Select(fate => fate.MessageId));
        Assert.Equal(3, admitted.Rejected.Count);
    }

    [Fact]
    public void What_the_batch_says_once_holds_for_each_item_that_lacks_it()
    {
        var admitted = Admit("""{"context":{"locale":"de-DE","timezone":"Europe/Berlin","consent":{"categoryPreferences":{"a":true}}},"sentAt":"2026-11-22T12:00:00Z","batch":[{"type":"track","event":"E","anonymousId":"a","context":{"locale":"en-GB"}}]}""",
            Browser, CollectCall.Batch);
        Assert.Equal("""{"context":{"locale":"en-GB","timezone":"Europe/Berlin"}}""", Body(admitted.Events[0]));
    }

    [Fact]
    public void A_browsers_user_id_counts_only_with_an_identity_token()
    {
        const string Unverified = """{"event":"E","userId":"u","anonymousId":"a","context":{"consent":{"categoryPreferences":{}}}}""";
        var admitted = Admit(Unverified, Browser);
        Assert.Equal("user_id_unverified", admitted.Fates[0].Note);
        Assert.Equal([new Identifier(IdentifierType.AnonymousId, "a")], admitted.Events[0].Identifiers);
        Assert.False(admitted.Events[0].OfRecord);
        var verified = One(Unverified.Replace("{\"event", "{\"identityToken\":\"u/a\",\"event"), Browser);
        Assert.Equal(new Identifier(IdentifierType.UserId, "u"), verified.Identifiers[0]);
        Assert.True(verified.OfRecord);
        var purchase = One(Unverified.Replace("{\"event\":\"E\"", "{\"identityToken\":\"u/a\",\"event\":\"Order Completed\""), Browser);
        Assert.False(purchase.OfRecord);
    }

    [Fact]
    public void A_browser_cannot_claim_an_address_a_card_or_another_id()
    {
        var e = One("""{"userId":null,"anonymousId":"a","previousId":"p","traits":{"email":"x@y.example"},"context":{"consent":{"categoryPreferences":{}},"externalIds":[{"id":"C1","type":"loyalty_card","collection":"users","encoding":"none"}]}}""",
            Browser, CollectCall.Identify);
        Assert.Equal([new Identifier(IdentifierType.AnonymousId, "a")], e.Identifiers);
    }

    [Fact]
    public void A_till_names_the_card_and_a_server_the_address()
    {
        var till = Server with { Kind = SourceKind.Till };
        var sale = One("""{"event":"Order Completed","context":{"externalIds":[{"id":"ab-12 34","type":"loyalty_card","collection":"users","encoding":"none"}]}}""", till);
        Assert.Equal([new Identifier(IdentifierType.LoyaltyCard, "AB1234")], sale.Identifiers);
        var known = One("""{"userId":"U1","anonymousId":"a","traits":{"email":" X@Y.Example ","phone":"nonsense"}}""",
            call: CollectCall.Identify);
        Assert.Equal(
            [new(IdentifierType.UserId, "U1"), new(IdentifierType.Email, "x@y.example"), new(IdentifierType.AnonymousId, "a")],
            known.Identifiers);
        Assert.Equal(Index.Leaf(known.Identifiers[0]), known.Leaf);
    }

    [Fact]
    public void An_order_is_read_exactly_and_enriched()
    {
        var e = One("""{"event":"order completed","userId":"u","properties":{"order_id":4711,"total":"259.90","currency":"eur","products":[{"product_id":"RUN-01","variant_id":"RUN-01-42","quantity":2,"price":129.95},{"sku":"NURSING-S","quantity":1},{"product_id":"GIFT","price":1.005e1,"category":"misc","gift":true}]}}""");
        Assert.Equal(EventKind.OrderCompleted, e.Kind);
        Assert.Equal("4711", e.OrderId);
        Assert.Equal(25_990, e.TotalMinor);
        Assert.Equal(
            [
                new EventItem("RUN-01", "RUN-01-42", "shoes.running", 2, 12_995, false, false),
                new EventItem("NURSING", "NURSING-S", "maternity", 1, 3_900, false, true),
                new EventItem("GIFT", "", "misc", 1, 1_005, true, false),
            ], e.Items);
    }

    [Fact]
    public void Without_a_total_the_lines_are_added_and_another_currency_counts_nothing()
    {
        Assert.Equal(25_990, One("""{"event":"Order Completed","userId":"u","properties":{"products":[{"product_id":"RUN-01","quantity":2}]}}""").TotalMinor);
        var admitted = Admit("""{"event":"Order Completed","userId":"u","properties":{"currency":"USD","total":5,"products":[{"product_id":"X","price":5}]}}""");
        Assert.Equal("currency_foreign", admitted.Fates[0].Note);
        Assert.Equal((0, 0), (admitted.Events[0].TotalMinor, admitted.Events[0].Items[0].PriceMinor));
    }

    [Theory]
    [InlineData("too_small", ReturnReason.TooSmall)]
    [InlineData("too_large", ReturnReason.TooLarge)]
    [InlineData("dislike", ReturnReason.Dislike)]
    [InlineData("defect", ReturnReason.Defect)]
    [InlineData("late", ReturnReason.Late)]
    [InlineData("wrong", ReturnReason.Wrong)]
    [InlineData("whatever", ReturnReason.Other)]
    public void Returns_have_reasons(string word, ReturnReason reason) =>
        Assert.Equal(reason, One($$$"""{"event":"Order Returned","userId":"u","properties":{"order_id":"o","reason":"{{{word}}}"}}""").Reason);

    [Fact]
    public void Of_a_payload_only_the_listed_members_are_kept()
    {
        var e = One("""
            {"name":"Home","userId":"u","channel":"server","integrations":{"All":true},"properties":{"url":"https://x/?email=a@b.c","path":"/p?token=1","search":"?token=1","referrer":"https:\/\/user:pw@ref.example:8080\/a?b","title":"Home","own":{"k":[1]}},"context":{"ip":"203.0.113.9","userAgent":"UA","device":{"id":"d"},"page":{"path":"/p#frag","url":"https://x/","title":"T","referrer":"javascript:alert(1)"},"campaign":{"name":"n"},"locale":"de","timezone":"Europe/Berlin","library":{"name":"lib","version":"1"},"messaging_subscriptions":[{"key":"k"}],"traits":{"email":"a@b.c"}}}
            """, call: CollectCall.Page);
        Assert.Equal("""{"properties":{"path":"/p","referrer":"ref.example","title":"Home","own":{"k":[1]}},"context":{"page":{"path":"/p","title":"T"},"campaign":{"name":"n"},"locale":"de","timezone":"Europe/Berlin","library":{"name":"lib"},"messaging_subscriptions":[{"key":"k"}]}}""", Body(e));
    }

    [Fact]
    public void A_message_without_an_id_is_known_by_its_content()
    {
        const string Timed = """{"event":"E","userId":"u","timestamp":"2026-11-22T11:59:00Z"}""";
        var first = Admit(Timed).Fates[0].MessageId;
        Assert.Equal(first, Admit(Timed).Fates[0].MessageId);
        Assert.StartsWith("sg-", first);
        Assert.NotEqual(first, Admit("""{"event":"F","userId":"u","timestamp":"2026-11-22T11:59:00Z"}""").Fates[0].MessageId);
    }

    [Fact]
    public void What_was_made_durable_a_short_while_ago_is_a_duplicate_of_its_source_and_anchor_only()
    {
        var recent = new RecentMessages(4096);
        var admission = Admission(recent);
        Fate Try(string user, Source source)
        {
            Assert.Null(admission.Read(Encoding.UTF8.GetBytes($$"""{"event":"E","userId":"{{user}}","messageId":"m"}"""), CollectCall.Track));
            var admitted = admission.Admit(source, false, Now);
            foreach (var e in admitted.Events)
                recent.Add(e.Message);
            return admitted.Fates[0].Fate;
        }
        Assert.Equal(Fate.Accepted, Try("u", Server));
        Assert.Equal(Fate.Duplicate, Try("u", Server));
        Assert.Equal(Fate.Accepted, Try("v", Server));
        Assert.Equal(Fate.Accepted, Try("u", Server with { Id = new SourceId(9) }));
    }

    [Fact]
    public void What_consent_refuses_leaves_no_dead_letter()
    {
        var admitted = Admit("""{"event":"E","anonymousId":"a"}""", Browser);
        Assert.Equal("consent_missing", admitted.Fates[0].Code);
        Assert.Empty(admitted.Rejected);
        Assert.Empty(admitted.Events);
    }

    [Fact]
    public void An_event_lowers_its_sources_ceiling_and_never_raises_it()
    {
        Assert.Equal(Provenance.Observed, One("""{"event":"E","userId":"u","context":{"provenance":"declared"}}""").Ceiling);
        Assert.Equal(Provenance.Inferred, One("""{"event":"E","userId":"u","context":{"provenance":"inferred"}}""").Ceiling);
        Assert.Equal(Provenance.Public, One("""{"event":"E","userId":"u","context":{"provenance":"gossip"}}""").Ceiling);
    }

    [Fact]
    public void Only_what_somebody_says_of_herself_is_declared()
    {
        var forms = Server with { Ceiling = Provenance.Declared };
        Assert.Equal(Provenance.Declared, One("""{"userId":"u","traits":{"size":"M"}}""", forms, CollectCall.Identify).Ceiling);
        Assert.Equal(Provenance.Observed, One("""{"event":"Product Viewed","userId":"u"}""", forms).Ceiling);
    }

    [Fact]
    public void The_hot_path_allocates_little()
    {
        var admission = Admission(new RecentMessages(1 << 18));
        var bodies = Enumerable.Range(0, 40).Select(Batch).ToList();
        var payloads = new PayloadBuffer();
        Run(0, 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(20, 40);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / (20 * 100);
        TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes an event of {bodies[0].Length / 100}");
        Assert.InRange(each, 0, 950);

        void Run(int from, int to)
        {
            for (var n = from; n < to; n++)
            {
                Assert.Null(admission.Read(bodies[n], CollectCall.Batch));
                var admitted = admission.Admit(Server, privacySignal: false, Now);
                Assert.Equal(100, admitted.Events.Count);
                foreach (var e in admitted.Events)
                    EventCodec.Write(e, payloads);
                payloads.Dispose();
            }
        }
    }

    internal static byte[] Batch(int seed)
    {
        var events = Enumerable.Range(0, 100).Select(n => $$"""
            {"type":"track","messageId":"node-next-1700000000000-{{seed:x8}}-{{n:x4}}-4000-8000-0123456789ab","anonymousId":"0f8fad5b-d9cb-469f-a165-{{n % 20:x12}}","event":"Product Viewed","timestamp":"2026-11-22T11:59:59.123Z","properties":{"product_id":"RUN-01","category":"shoes","name":"Runner","price":129.95,"currency":"EUR","quantity":1},"context":{"page":{"path":"/p/run-01","title":"Runner"},"locale":"de-DE","timezone":"Europe/Berlin","library":{"name":"analytics.js","version":"1"},"consent":{"categoryPreferences":{"functional":true,"personalization":true} } },"integrations":{} }
            """);
        return Encoding.UTF8.GetBytes($$"""{"batch":[{{string.Join(',', events)}}],"sentAt":"2026-11-22T12:00:00Z"}""");
    }

    private static string Body(Event e) => Encoding.UTF8.GetString(e.Body.Span);
}
