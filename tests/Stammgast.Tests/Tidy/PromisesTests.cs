using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Stammgast.Tests.Tidy;

/// <summary><c>docs/PROMISES.md</c> names only tests that exist, and is honest where there is none.</summary>
public sealed partial class PromisesTests
{
    private static readonly string Text =
        File.ReadAllText(Path.Combine(Repository.Root, "docs", "PROMISES.md"));

    private static readonly string[] Sections = Text.Split("\n## ")[1..];

    [Fact]
    public void All_fifteen_invariants_stand_there_in_order() =>
        Assert.Equal(Enumerable.Range(1, 15),
            Heading().Matches(Text).Select(match => int.Parse(match.Groups["number"].Value)));

    [Fact]
    public void Every_invariant_names_a_test_or_says_not_yet()
    {
        foreach (var section in Sections)
            Assert.True(Named().IsMatch(section) || section.Contains("*Not yet*"), section);
    }

    [Fact]
    public void Every_test_that_a_promise_names_exists()
    {
        var missing = Sections.SelectMany(section => Named().Matches(section))
            .Where(match => !Exists(match.Groups["type"].Value, match.Groups["test"].Value))
            .Select(match => match.Value);
        Assert.Empty(missing);
    }

    private static bool Exists(string type, string test) =>
        typeof(PromisesTests).Assembly.GetTypes()
            .Where(candidate => candidate.Name == type && !candidate.IsAbstract)
            .SelectMany(candidate => candidate.GetMethods(
                BindingFlags.Public | BindingFlags.Instance))
            .Any(method => method.Name == test
                && method.GetCustomAttributes<FactAttribute>(inherit: true)
                    .Any(fact => fact.Skip is null))
        || IsEndToEnd(type, test);

    // The tests on real processes are another program: found in its source.
    private static bool IsEndToEnd(string type, string test)
    {
        var folder = Path.Combine(Repository.Root, "tests", "Stammgast.EndToEnd");
        return Directory.EnumerateFiles(folder, type + ".cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .Any(file => File.ReadAllText(file).Contains($" {test}()", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^## (?<number>\d+)\. .*$", RegexOptions.Multiline
        | RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();

    [GeneratedRegex(@"`(?<type>[A-Za-z0-9]+Tests)\.(?<test>[A-Za-z0-9_]+)`",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
