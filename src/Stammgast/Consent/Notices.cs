using System.Globalization;

namespace Stammgast.Consent;

/// <summary>A category as the consent dialogue shows it.</summary>
/// <param name="Title">Its name.</param>
/// <param name="Text">What saying yes means, in one or two sentences.</param>
public sealed record NoticeCategory(string Title, string Text);

/// <summary>The dialogue's words in one language.</summary>
public sealed record NoticeText
{
    /// <summary>The question.</summary>
    public required string Title { get; init; }

    /// <summary>What the customer should know before answering.</summary>
    public required string Body { get; init; }

    /// <summary>Yes to all; as prominent as <see cref="RefuseAll"/>.</summary>
    public required string AcceptAll { get; init; }

    /// <summary>No to all.</summary>
    public required string RefuseAll { get; init; }

    /// <summary>Keep what was chosen.</summary>
    public required string Save { get; init; }

    /// <summary>By category key.</summary>
    public required IReadOnlyDictionary<string, NoticeCategory> Categories { get; init; }
}

/// <summary>One version of what customers were told; never changed once it was shown.</summary>
public sealed record Notice
{
    /// <summary>1–65,535; a grant names it.</summary>
    public required ushort Version { get; init; }

    /// <summary>From when it is the one shown, ms since 1970 UTC.</summary>
    public required long EffectiveFromMs { get; init; }

    /// <summary>How long a grant under it holds.</summary>
    public required int ValidMonths { get; init; }

    /// <summary>The purposes that it names: the only ones that a grant under it covers.</summary>
    public required PurposeSet Purposes { get; init; }

    /// <summary>By language: <c>de</c> and <c>en</c> always.</summary>
    public required IReadOnlyDictionary<string, NoticeText> Texts { get; init; }

    /// <summary>When a grant made at a moment ends.</summary>
    public long ExpiryOf(long madeAtMs) => DateTimeOffset.FromUnixTimeMilliseconds(madeAtMs)
        .AddMonths(ValidMonths).ToUnixTimeMilliseconds();

    /// <summary>The words in the language of a locale; English where there are none.</summary>
    public (string Language, NoticeText Text) TextFor(string? locale)
    {
        var language = locale is { Length: >= 2 } ? locale[..2].ToLowerInvariant() : "en";
        return Texts.TryGetValue(language, out var text) ? (language, text) : ("en", Texts["en"]);
    }
}

/// <summary>All versions of the cell's notice. Immutable.</summary>
public sealed class Notices
{
    private readonly Notice?[] _byVersion;

    internal Notices(IReadOnlyList<Notice> notices)
    {
        All = [.. notices.OrderBy(notice => notice.Version)];
        _byVersion = new Notice?[All[^1].Version + 1];
        foreach (var notice in All)
            _byVersion[notice.Version] = notice;
    }

    /// <summary>The default that is shipped inside the program.</summary>
    public static Notices Default { get; } = NoticesJson.Default(Consent.Purposes.Default);

    /// <summary>By version.</summary>
    public IReadOnlyList<Notice> All { get; }

    /// <summary>A version; null where there is none, 0 included.</summary>
    public Notice? Find(int version) =>
        version >= 0 && version < _byVersion.Length ? _byVersion[version] : null;

    /// <summary>What a grant under a version covers; nothing under an unknown one.</summary>
    public PurposeSet CoveredBy(ushort version) => Find(version)?.Purposes ?? PurposeSet.None;

    /// <summary>The newest version in effect at a moment, or the first one before any is.</summary>
    public Notice Current(long nowMs) =>
        All.LastOrDefault(notice => notice.EffectiveFromMs <= nowMs) ?? All[0];
}

/// <summary>Reads <c>notices.json</c>.</summary>
public static class NoticesJson
{
    private const string File = "notices.json";

    /// <summary>The default that is shipped inside the program.</summary>
    public static Notices Default(Purposes purposes) => Read(Embedded.Bytes(File), purposes);

    /// <summary>Reads and checks a file against the purposes.</summary>
    /// <exception cref="ConsentConfigurationException">Names the member at fault.</exception>
    public static Notices Read(ReadOnlyMemory<byte> json, Purposes purposes)
    {
        var root = ConfigurationReader.Open(File, json);
        var notices = new List<Notice>();
        foreach (var entry in root.List("notices"))
        {
            var notice = ReadOne(entry, purposes);
            if (notices.Exists(other => other.Version == notice.Version))
                throw entry.Wrong("version", $"{notice.Version} stands here twice");
            notices.Add(notice);
        }
        root.End();
        return new Notices(notices);
    }

    private static Notice ReadOne(ConfigurationReader entry, Purposes purposes)
    {
        var notice = new Notice
        {
            Version = (ushort)entry.Number("version", 1, ushort.MaxValue),
            EffectiveFromMs = ReadDay(entry, "effectiveFrom"),
            ValidMonths = entry.Number("validMonths", 1, 13),
            Purposes = ReadPurposes(entry, purposes),
            Texts = ReadTexts(entry.Object("texts"), purposes),
        };
        entry.End();
        return notice;
    }

    private static long ReadDay(ConfigurationReader entry, string name) =>
        DateOnly.TryParseExact(entry.Text(name), "yyyy-MM-dd", CultureInfo.InvariantCulture,
            DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)
                .ToUnixTimeMilliseconds()
            : throw entry.Wrong(name, "is a day such as 2026-01-31");

    private static PurposeSet ReadPurposes(ConfigurationReader entry, Purposes purposes)
    {
        var named = PurposeSet.None;
        foreach (var key in entry.Texts("purposes"))
            named |= purposes.TryGet(key, out var purpose)
                ? PurposeSet.Of(purpose)
                : throw entry.Wrong("purposes", $"{key} is not a configured purpose");
        return named;
    }

    private static Dictionary<string, NoticeText> ReadTexts(
        ConfigurationReader texts, Purposes purposes)
    {
        var byLanguage = new Dictionary<string, NoticeText>(StringComparer.Ordinal);
        foreach (var (language, entry) in texts.Objects())
        {
            if (language is not ("de" or "en"))
                throw texts.Wrong(language, "is neither de nor en");
            byLanguage[language] = ReadText(entry, purposes);
        }
        foreach (var language in (string[])["de", "en"])
            if (!byLanguage.ContainsKey(language))
                throw texts.Wrong(language, "is missing");
        return byLanguage;
    }

    private static NoticeText ReadText(ConfigurationReader entry, Purposes purposes)
    {
        var categories = new Dictionary<string, NoticeCategory>(StringComparer.Ordinal);
        var text = new NoticeText
        {
            Title = entry.Text("title"),
            Body = entry.Text("body", 4_000),
            AcceptAll = entry.Text("acceptAll"),
            RefuseAll = entry.Text("refuseAll"),
            Save = entry.Text("save"),
            Categories = categories,
        };
        var list = entry.Object("categories");
        foreach (var (key, category) in list.Objects())
        {
            if (purposes.OfCategory(key).IsEmpty)
                throw list.Wrong(key, "is not a category of any purpose");
            categories[key] = new NoticeCategory(
                category.Text("title"), category.Text("text", 2_000));
            category.End();
        }
        entry.End();
        return text;
    }
}
