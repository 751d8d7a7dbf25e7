using System.Text.RegularExpressions;
using Xunit;

namespace Stammgast.Tests.Tidy;

/// <summary>The documents name what is there, and all of it.</summary>
public sealed partial class DocsTests
{
    private static readonly string Http =
        File.ReadAllText(Path.Combine(Repository.Root, "docs", "HTTP.md"));

    // Documents of the repository itself: not those of packages below it.
    private static readonly string[] Documents =
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md"),
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md",
            SearchOption.AllDirectories),
    ];

    [Fact]
    public void The_readme_is_short_and_names_both_commands()
    {
        var readme = File.ReadAllLines(Path.Combine(Repository.Root, "README.md"));
        Assert.True(readme.Length <= 150, $"README.md has {readme.Length} lines.");
        Assert.Contains(readme, line => line.Contains("./stammgast demo"));
        Assert.Contains(readme, line => line.Contains("./test"));
        Assert.True(readme.Count(line => line.Contains("curl ")) >= 2);
    }

    [Fact]
    public void The_architecture_fits_on_three_pages() =>
        Assert.True(File.ReadAllLines(
            Path.Combine(Repository.Root, "docs", "ARCHITECTURE.md")).Length <= 150);

    [Fact]
    public void Every_relative_link_leads_somewhere()
    {
        var dead = Documents.SelectMany(file => Link().Matches(File.ReadAllText(file))
            .Select(match => match.Groups["to"].Value)
            .Where(to => !to.Contains("://") && !to.StartsWith('#') && !to.StartsWith("mailto:"))
            // Written by a run of the benchmark, which a checkout may not have seen yet.
            .Where(to => !to.EndsWith("BENCHMARKS.md", StringComparison.Ordinal))
            .Where(to => !Path.Exists(
                Path.Combine(Path.GetDirectoryName(file)!, to.Split('#')[0])))
            .Select(to => $"{Path.GetRelativePath(Repository.Root, file)}: {to}"));
        Assert.Empty(dead);
    }

    [Fact]
    public void Every_route_of_the_product_stands_in_the_page_of_calls()
    {
        var routes = Routes().ToList();
        Assert.True(routes.Count > 30, "Routes are read wrongly: " + string.Join(' ', routes));
        Assert.DoesNotContain(routes, route => !Http.Contains(route));
    }

    [Fact]
    public void Every_code_of_a_refusal_stands_in_the_page_of_calls()
    {
        var codes = Read("Collect/Fate.cs", Constant())
            .Concat(Read("Consent/ConsentGate.cs", Constant()))
            .Concat(Read("Reason.cs", Summary()))
            .Concat(Read("Problems.cs", Slug()));
        Assert.DoesNotContain(codes, code => !Http.Contains(code));
    }

    [Fact]
    public void No_document_speaks_of_places_outside_the_repository() =>
        Assert.DoesNotContain(Documents, file => Outside().IsMatch(File.ReadAllText(file)));

    // "group prefix" + "route", group by group as each …Api file maps them.
    private static IEnumerable<string> Routes()
    {
        foreach (var file in Repository.SourceFiles().Where(file => !file.Contains("/Demo/")))
        {
            var source = File.ReadAllText(file);
            var groups = Group().Matches(source).ToDictionary(
                match => match.Groups["name"].Value,
                match => match.Groups["prefix"].Value.TrimEnd('/'));
            foreach (Match map in Map().Matches(source))
            {
                var path = map.Groups["path"].Value;
                var prefix = groups.GetValueOrDefault(map.Groups["on"].Value, "");
                // Plain resources and the events' calls name their paths elsewhere.
                if (prefix.Length > 0 || path.StartsWith('/'))
                    yield return (prefix + "/" + path.TrimStart('/')).TrimEnd('/');
            }
        }
        foreach (var call in Read("Collect/CollectApi.cs", Call()))
            yield return "/v1" + call;
        foreach (var noun in Read("Decisions/DecisionNouns.cs", Noun()))
            yield return "/v1/" + noun;
    }

    private static IEnumerable<string> Read(string file, Regex what) => what
        .Matches(File.ReadAllText(Path.Combine(Repository.Root, "src", "Stammgast", file)))
        .Select(match => match.Groups["is"].Value);

    [GeneratedRegex(@"\]\((?<to>[^)\s]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex(@"var (?<name>\w+) = app\.MapGroup\(""(?<prefix>[^""]*)""\)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Group();

    [GeneratedRegex(@"(?<on>\w+)\s*\.Map(Get|Post|Put|Delete)\(""(?<path>[^""]*)""",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Map();

    [GeneratedRegex(@"\(""(?<is>/[a-z]+)"", CollectCall\.", RegexOptions.ExplicitCapture)]
    private static partial Regex Call();

    [GeneratedRegex(@"Noun = ""(?<is>\w+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Noun();

    [GeneratedRegex(@"public const string \w+ =\s*""(?<is>[a-z_]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Constant();

    [GeneratedRegex(@"<summary><c>(?<is>[a-z_]+)</c></summary>", RegexOptions.ExplicitCapture)]
    private static partial Regex Summary();

    [GeneratedRegex(@"new\(\d{3}, ""(?<is>[a-z-]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Slug();

    // Put together here, so that this file may be searched for them, too.
    [GeneratedRegex("/" + @"work/|registry\.npmjs|api\.nuget\.org|proxy\.golang|/tmp/|/root/")]
    private static partial Regex Outside();
}
