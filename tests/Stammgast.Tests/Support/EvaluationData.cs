using System.IO.Compression;
using Xunit;

namespace Stammgast.Tests.Support;

/// <summary>
/// Public data for evaluations; licences keep most of it out of the repository. Without the folder
/// named by STAMMGAST_DATA an evaluation says so and passes.
/// </summary>
internal static class EvaluationData
{
    private const string Variable = "STAMMGAST_DATA";

    /// <summary>The lines of a plain or gzipped file, or null when it is not here.</summary>
    public static IEnumerable<string>? Lines(string path)
    {
        var folder = Environment.GetEnvironmentVariable(Variable);
        var file = folder is null ? null : Path.Combine(folder, path);
        if (file is not null && File.Exists(file))
            return Read(file);
        Say($"not here: {path} (set {Variable}); nothing was evaluated");
        return null;
    }

    /// <summary>The UCI invoices lie in the repository.</summary>
    public static IEnumerable<string> Invoices() => Read(Path.Combine(
        Tidy.Repository.Root, "demo", "uci-online-retail", "online_retail.csv.gz"));

    public static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private static IEnumerable<string> Read(string file)
    {
        using Stream bytes = file.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(File.OpenRead(file), CompressionMode.Decompress) : File.OpenRead(file);
        using var text = new StreamReader(bytes);
        while (text.ReadLine() is { } line)
            yield return line;
    }
}
