using System.Text;
using Stammgast.Consent;
using Stammgast.Tests.Tidy;
using Xunit;

namespace Stammgast.Tests.Consent;

public sealed class PurposesTests
{
    private static readonly Purposes All = Purposes.Default;

    private static string Json(string file) => File.ReadAllText(
        Path.Combine(Repository.Root, "src", "Stammgast", "Consent", file));

    internal static Purposes Edited(Func<string, string> edit) =>
        PurposesJson.Read(Encoding.UTF8.GetBytes(edit(Json("purposes.json"))));

    [Fact]
    public void The_default_maps_categories_as_the_wire_says()
    {
        Assert.Equal(All.Under("functional"), All.OfCategory("functional"));
        Assert.Equal(All.Under("personalize.content"), All.OfCategory("personalization"));
        Assert.Equal(All.Under("marketing.communications"), All.OfCategory("marketing"));
        Assert.Equal(All.Under("analytics"), All.OfCategory("analytics"));
        Assert.Equal(All.Under("marketing.advertising.first_party")
            | All.Under("marketing.advertising.profiling")
            | All.Under("marketing.advertising.negative_targeting"), All.OfCategory("advertising"));
        Assert.Equal(All.Under("personalize.fit"), All.OfCategory("fit"));
        Assert.Equal(All.Under("personalize.advice"), All.OfCategory("advice"));
        Assert.Equal(7, All.Categories.Count());
        Assert.True((All.Essential & All.ConsentBased).IsEmpty);
        Assert.True(All.Objectable.Has(KnownPurposes.NegativeTargeting));
    }

    [Fact]
    public void Every_known_purpose_is_configured_with_its_bit()
    {
        foreach (var (key, purpose) in KnownPurposes.All)
        {
            Assert.Equal(purpose, All.Get(key));
            Assert.Equal(key, All.KeyOf(purpose));
        }
        Assert.Equal(KnownPurposes.All.Count, All.All.Count);
        Assert.Equal(KnownPurposes.All.Count, KnownPurposes.All.Values.Distinct().Count());
    }

    [Fact]
    public void A_parent_covers_its_children_and_no_namesake()
    {
        var service = All.Under("essential.service");
        Assert.True(service.Has(KnownPurposes.ServiceEmail) && service.Has(KnownPurposes.Service));
        Assert.False(service.Has(KnownPurposes.FraudDetection));
        Assert.True(All.Under("essential.serv").IsEmpty);
        Assert.Equal(service, All.WithChildren(PurposeSet.Of(KnownPurposes.Service)));
        Assert.Equal(PurposeSet.Of(KnownPurposes.ServiceEmail),
            All.WithChildren(PurposeSet.Of(KnownPurposes.ServiceEmail)));
    }

    [Theory]
    [InlineData("\"bit\": 14", "\"bit\": 50", "/purposes/11/bit")]
    [InlineData("\"bit\": 14", "\"bit\": 64", "/purposes/11/bit")]
    [InlineData("\"bit\": 14,", "", "/purposes/11/bit")]
    [InlineData("\"personalize.content.profiled\"", "\"personalize.content.other\"",
        "/purposes/11/bit")]
    [InlineData("\"functional.storage\"", "\"functional.Storage\"", "/purposes/7/key")]
    [InlineData("\"key\": \"functional.storage\"", "\"key\": \"functional.storage\", \"kye\": 1",
        "/purposes/7/kye")]
    [InlineData("\"key\": \"functional.storage\"", "\"key\": \"functional.storage\", \"bit\": 8",
        "/purposes/7/bit")]
    [InlineData("\"de\": \"Zahlung\"", "\"de\": \"\"", "/purposes/3/title/de")]
    [InlineData("\"de\": \"Zahlung\", ", "", "/purposes/3/title/de")]
    [InlineData("\"legal_obligation\"", "\"duty\"", "/purposes/6/legalBasis")]
    [InlineData("\"retentionDays\": 3650", "\"retentionDays\": \"long\"",
        "/purposes/6/retentionDays")]
    [InlineData("\"purposes\"", "\"purpose\"", "/purposes")]
    [InlineData("\"legalBasis\": \"consent\", \"category\": \"fit\"",
        "\"legalBasis\": \"legitimate_interest\", \"category\": \"fit\"",
        "/purposes/12/legalBasis")]
    [InlineData("\"legalBasis\": \"legal_obligation\"",
        "\"legalBasis\": \"consent\"", "/purposes/6/legalBasis")]
    [InlineData("\"legalBasis\": \"legal_obligation\"",
        "\"legalBasis\": \"legal_obligation\", \"category\": \"analytics\"",
        "/purposes/6/category")]
    public void A_wrong_file_is_refused_with_the_member_named(
        string from, string to, string pointer)
    {
        var wrong = Assert.Throws<ConsentConfigurationException>(
            () => Edited(json => ReplaceFirst(json, from, to)));
        Assert.Equal(pointer, wrong.Pointer);
        Assert.Contains("purposes.json", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Profiling_and_personalised_marketing_rest_on_consent_only()
    {
        string[] mayNot =
        [
            "personalize.content.profiled", "personalize.advice", "marketing.communications.email",
            "marketing.advertising.first_party.targeted", "marketing.advertising.profiling",
            "third_party_sharing", "train_ai_system",
        ];
        foreach (var key in mayNot)
            foreach (var basis in Enum.GetValues<LegalBasis>().Except([LegalBasis.Consent]))
            {
                var wrong = Assert.Throws<ConsentConfigurationException>(() => Edited(json =>
                {
                    var at = json.IndexOf($"\"{key}\"", StringComparison.Ordinal);
                    return json[..at] + ReplaceFirst(json[at..], "\"consent\"",
                        $"\"{ConsentWords.Wire(basis)}\"");
                }));
                Assert.EndsWith("/legalBasis", wrong.Pointer, StringComparison.Ordinal);
            }
    }

    [Fact]
    public void A_file_may_add_a_purpose_on_a_free_bit_and_not_take_a_known_one()
    {
        const string added = """
            {"purposes": [{"key": "analytics.store_visits", "bit": 50,
              "title": {"de": "Besuche", "en": "Visits"}, "legalBasis": "consent",
              "category": "analytics", "retentionDays": 30},
            """;
        var purposes = Edited(json => ReplaceFirst(json, "{\n  \"purposes\": [", added));
        Assert.True(purposes.OfCategory("analytics").Has(new Purpose(50)));
        var wrong = Assert.Throws<ConsentConfigurationException>(() => Edited(json =>
            ReplaceFirst(json, "{\n  \"purposes\": [", added.Replace("50", "45"))));
        Assert.Equal("/purposes/0/bit", wrong.Pointer);
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 0", "/notices/0/version")]
    [InlineData("\"2024-01-01\"", "\"1.1.2024\"", "/notices/0/effectiveFrom")]
    [InlineData("\"personalize.fit\"", "\"personalize.fitness\"", "/notices/0/purposes")]
    [InlineData("\"en\": {\n", "\"fr\": {\n", "/notices/0/texts/fr")]
    [InlineData("\"validMonths\": 13", "\"validMonths\": 14", "/notices/0/validMonths")]
    [InlineData("\"analytics\": {", "\"analytix\": {",
        "/notices/0/texts/de/categories/analytix")]
    [InlineData("\"refuseAll\"", "\"refuse\"", "/notices/0/texts/de/refuseAll")]
    public void A_wrong_notice_is_refused_with_the_member_named(
        string from, string to, string pointer)
    {
        var wrong = Assert.Throws<ConsentConfigurationException>(() => NoticesJson.Read(
            Encoding.UTF8.GetBytes(ReplaceFirst(Json("notices.json"), from, to)), All));
        Assert.Equal(pointer, wrong.Pointer);
    }

    [Fact]
    public void The_default_notice_names_what_its_categories_stand_for_in_both_languages()
    {
        var notice = Notices.Default.Current(1_800_000_000_000);
        foreach (var category in All.Categories)
        {
            Assert.True((All.OfCategory(category) - notice.Purposes).IsEmpty);
            foreach (var text in notice.Texts.Values)
                Assert.True(text.Categories.ContainsKey(category));
        }
        Assert.Equal("de", notice.TextFor("de-AT").Language);
        Assert.Equal("en", notice.TextFor("fr-FR").Language);
        Assert.Equal("en", notice.TextFor(null).Language);
        Assert.DoesNotContain('!', Json("notices.json"));
        // Thirteen calendar months, not 395 days.
        var made = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(new DateTimeOffset(2027, 2, 28, 12, 0, 0, TimeSpan.Zero),
            DateTimeOffset.FromUnixTimeMilliseconds(
                notice.ExpiryOf(made.ToUnixTimeMilliseconds())));
    }

    private static string ReplaceFirst(string text, string from, string to)
    {
        var at = text.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{from} is not in the file any more");
        return text[..at] + to + text[(at + from.Length)..];
    }
}
