using System.Reflection;
using System.Text.RegularExpressions;
using Stammgast.Profiles;
using Xunit;

namespace Stammgast.Tests.Tidy;

/// <summary>
/// Invariant 3, kept by the compiler where it can be (a leaf's table is private) and here where it
/// cannot: nobody opens a second door to facts.
/// </summary>
public sealed partial class FactsDoorTests
{
    [Fact]
    public void A_leafs_facts_have_no_accessor()
    {
        var fields = typeof(LeafState).GetFields(
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        Assert.All(fields, field => Assert.True(field.IsPrivate));
        var open = typeof(LeafState).GetProperties().Select(property => property.Name).Order();
        Assert.Equal(["Anchor", "ErasedAtMs", "IsEmpty", "Leaf", "Pieces", "Root", "Ties"], open);
    }

    [Fact]
    public void Only_a_profile_makes_a_sight_and_only_a_sight_makes_a_view()
    {
        Assert.Equal(["Profiles/Profile.cs"], FilesWith(NewSight()));
        Assert.Equal(["Profiles/Profile.cs"], FilesWith(NewView()));
    }

    [Fact]
    public void Outside_of_Profiles_nobody_touches_marks_or_what_shows_them()
    {
        Assert.All(FilesWith(Marks()), file =>
            Assert.StartsWith("Profiles/", file, StringComparison.Ordinal));
    }

    private static IEnumerable<string> FilesWith(Regex pattern)
    {
        var product = Path.Combine(Repository.Root, "src", "Stammgast");
        return Repository.SourceFiles()
            .Where(file => file.StartsWith(product + "/", StringComparison.Ordinal))
            .Where(file => File.ReadLines(file).Any(line =>
                !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && pattern.IsMatch(line)))
            .Select(file => Path.GetRelativePath(product, file))
            // Consents have marks of their own, in their own room.
            .Where(file => !file.StartsWith("Consent/", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\bnew Sight\b|\bSight\s+\w+\s*=\s*new\b")]
    private static partial Regex NewSight();

    [GeneratedRegex(@"\bnew ProfileView\b|\bProfileView\s+\w+\s*=\s*new\b")]
    private static partial Regex NewView();

    [GeneratedRegex(@"\b(MarkTable|MarkCodec|MarkLaw|Sight|IsKnownMinor)\b|\.Links\(\)")]
    private static partial Regex Marks();
}
