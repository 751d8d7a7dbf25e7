using System.Text.RegularExpressions;
using Xunit;

namespace Stammgast.Tests.Tidy;

/// <summary>The house: rooms in the order in which an event flows, each looking only to the left.</summary>
public sealed partial class RoomsTests
{
    private static readonly string[] Order =
    [
        "Storage", "Keys", "Regions", "Catalogue", "Collect", "Consent", "Identity", "Profiles",
        "Audiences", "Intelligence", "Decisions", "Journeys", "Channels", "Insight", "Advisor",
        "Privacy", "Staff", "Operations", "Demo",
    ];

    private static string Product => Path.Combine(Repository.Root, "src", "Stammgast");

    [Fact]
    public void Every_folder_is_a_room()
    {
        var folders = Directory.GetDirectories(Product).Select(Path.GetFileName)
            .Except(["bin", "obj", "wwwroot", "Properties"]).Where(name => name is not null);
        Assert.Empty(folders.Except(Order));
    }

    [Fact]
    public void A_room_looks_only_to_the_left()
    {
        var breaches = new List<string>();
        foreach (var (file, room) in RoomFiles())
        {
            foreach (Match use in RoomUse().Matches(CodeOf(file)))
            {
                var other = Array.IndexOf(Order, use.Groups[1].Value);
                if (other > Array.IndexOf(Order, room))
                    breaches.Add($"{Path.GetRelativePath(Product, file)} looks at {Order[other]}");
            }
        }
        Assert.Empty(breaches.Distinct());
    }

    [Fact]
    public void Root_types_look_at_no_room()
    {
        string[] composers = ["Program.cs", "Commands.cs", "Cell.cs"];
        var breaches = Directory.GetFiles(Product, "*.cs")
            .Where(file => !composers.Contains(Path.GetFileName(file))
                && !Path.GetFileName(file).StartsWith("Rooms", StringComparison.Ordinal)
                && !Path.GetFileName(file).StartsWith("Flow", StringComparison.Ordinal))
            .Where(file => UsingRoom().IsMatch(CodeOf(file)))
            .Select(file => Path.GetFileName(file));
        Assert.Empty(breaches);
    }

    [Fact]
    public void A_pure_file_touches_nothing_outside()
    {
        // Storage and Keys are the rim; elsewhere the last word of the name says what may be touched.
        string[] touching =
            ["Api", "Worker", "Channel", "Options", "Log", "Json", "Commands", "Command", "Page"];
        var breaches = RoomFiles()
            .Where(entry => entry.Room is not ("Storage" or "Keys" or "Demo"))
            .Where(entry => !touching.Any(word => Path.GetFileNameWithoutExtension(entry.File)
                .EndsWith(word, StringComparison.Ordinal)))
            .Where(entry => Outside().IsMatch(CodeOf(entry.File)))
            .Select(entry => Path.GetRelativePath(Product, entry.File));
        Assert.Empty(breaches);
    }

    [Fact]
    public void No_file_grows_beyond_four_hundred_lines()
    {
        var long_ = Repository.SourceFiles()
            .Where(file => File.ReadLines(file).Count() > 400)
            .Select(file => Path.GetRelativePath(Repository.Root, file));
        Assert.Empty(long_);
    }

    [Fact]
    public void Nothing_is_named_after_a_pattern()
    {
        var badly = Repository.SourceFiles()
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => PatternName().IsMatch(name));
        Assert.Empty(badly);
    }

    private static IEnumerable<(string File, string Room)> RoomFiles() =>
        from file in Repository.SourceFiles()
        where file.StartsWith(Product, StringComparison.Ordinal)
        let parts = Path.GetRelativePath(Product, file).Split('/')
        where parts.Length > 1
        select (file, parts[0]);

    // Comments may point anywhere; only code counts.
    private static string CodeOf(string file) =>
        string.Join('\n', File.ReadLines(file).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    [GeneratedRegex(@"\bStammgast\.(" + Rooms + @")\b")]
    private static partial Regex RoomUse();

    [GeneratedRegex(@"using (?:static )?Stammgast\.(" + Rooms + @")\b")]
    private static partial Regex UsingRoom();

    [GeneratedRegex(@"\b(TimeProvider\.System|Random\.|RandomNumberGenerator|SqliteConnection"
        + @"|HttpClient|HttpContext|File\.(?!Name)|FileStream|Stopwatch|ILogger|Environment\.)")]
    private static partial Regex Outside();

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Common|Impl|Service)$")]
    private static partial Regex PatternName();

    private const string Rooms = "Storage|Keys|Regions|Catalogue|Collect|Consent|Identity|Profiles"
        + "|Audiences|Intelligence|Decisions|Journeys|Channels|Insight|Advisor|Privacy|Staff"
        + "|Operations|Demo";
}
