using System.Text.RegularExpressions;

namespace Stammgast.Consent;

/// <summary>
/// Reads <c>purposes.json</c>. A file replaces the default as a whole; it may retitle, re-base
/// within the rules, and add purposes on free bits, but never move or drop one that the product
/// names, since stored sets would change their meaning.
/// </summary>
public static partial class PurposesJson
{
    private const string File = "purposes.json";

    // The only marketing purposes that may rest on legitimate interest: none profiles anybody.
    private static readonly string[] WithoutProfiling =
    [
        "marketing.advertising.first_party.contextual", "marketing.advertising.frequency_capping",
        "marketing.advertising.negative_targeting",
    ];

    private static readonly string[] ConsentOnly =
        ["personalize", "marketing", "third_party_sharing", "train_ai_system"];

    /// <summary>The default that is shipped inside the program.</summary>
    public static Purposes Default() => Read(Embedded.Bytes(File));

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="ConsentConfigurationException">Names the member at fault.</exception>
    public static Purposes Read(ReadOnlyMemory<byte> json)
    {
        var root = ConfigurationReader.Open(File, json);
        var infos = new List<PurposeInfo>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var bits = new HashSet<int>();
        foreach (var entry in root.List("purposes"))
        {
            var info = ReadOne(entry);
            if (!keys.Add(info.Key))
                throw entry.Wrong("key", $"{info.Key} stands here twice");
            if (!bits.Add(info.Purpose.Bit))
                throw entry.Wrong("bit", $"{info.Purpose.Bit} belongs to another purpose");
            infos.Add(info);
        }
        root.End();
        foreach (var key in KnownPurposes.All.Keys)
            if (!keys.Contains(key))
                throw root.Wrong("purposes", $"{key} is missing; the product names it");
        return new Purposes(infos);
    }

    private static PurposeInfo ReadOne(ConfigurationReader entry)
    {
        var key = entry.Text("key");
        if (!Dotted().IsMatch(key))
            throw entry.Wrong("key", "is lower-case words joined by dots");
        var bit = new Purpose((byte)entry.Number("bit", 0, 63));
        CheckBit(entry, key, bit);
        var title = entry.Object("title");
        var info = new PurposeInfo
        {
            Key = key,
            Purpose = bit,
            Title = new LocalText(title.Text("de"), title.Text("en")),
            LegalBasis = ConsentWords.TryRead(entry.Text("legalBasis"), out LegalBasis basis)
                ? basis
                : throw entry.Wrong("legalBasis", "is none of "
                    + string.Join(", ", Enum.GetValues<LegalBasis>().Select(ConsentWords.Wire))),
            Category = entry.OptionalText("category"),
            RetentionDays = entry.Number("retentionDays", 1, 11_000),
        };
        title.End();
        entry.End();
        CheckBasis(entry, info);
        return info;
    }

    private static void CheckBit(ConfigurationReader entry, string key, Purpose bit)
    {
        foreach (var (known, its) in KnownPurposes.All)
        {
            if (known == key && its != bit)
                throw entry.Wrong("bit", $"{key} has bit {its.Bit} for ever");
            if (known != key && its == bit)
                throw entry.Wrong("bit", $"{bit.Bit} belongs to {known} for ever");
        }
    }

    private static void CheckBasis(ConfigurationReader entry, PurposeInfo info)
    {
        var head = info.Key.Split('.')[0];
        if (head == "essential")
        {
            if (info.LegalBasis == LegalBasis.Consent)
                throw entry.Wrong("legalBasis", "what is essential does not wait for consent");
            if (info.Category is not null)
                throw entry.Wrong("category", "no stamp speaks for what is essential");
        }
        else if (info.LegalBasis != LegalBasis.Consent && MayOnlyRestOnConsent(info.Key, head))
            throw entry.Wrong("legalBasis",
                "profiling and personalised marketing rest on consent only");
    }

    private static bool MayOnlyRestOnConsent(string key, string head) =>
        (ConsentOnly.Contains(head) && !WithoutProfiling.Contains(key))
        || key.Split('.').Any(word => word is "profiling" or "profiled" or "targeted");

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,5}$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Dotted();
}
