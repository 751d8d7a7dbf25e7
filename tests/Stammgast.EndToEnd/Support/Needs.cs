using Xunit;

namespace Stammgast.EndToEnd.Support;

/// <summary>
/// What a machine must have beside the .NET SDK. Where it is missing a test skips and says so; in
/// CI (<c>CI=true</c>) it fails.
/// </summary>
internal static class Needs
{
    private static readonly string[] ChromiumPaths =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    /// <summary>The browser's path, or the end of the test.</summary>
    public static string Chromium()
    {
        var found = ChromiumPaths.FirstOrDefault(File.Exists);
        Require(found is not null, "Chromium (apt-get install chromium)");
        return found!;
    }

    /// <summary>Node's path, with the pinned packages installed, or the end of the test.</summary>
    public static string Node()
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, "node")).FirstOrDefault(File.Exists);
        Require(found is not null, "Node.js 20 or newer");
        NpmPackages();
        return found!;
    }

    /// <summary>The pinned packages, or the end of the test.</summary>
    public static void NpmPackages() => Require(
        Directory.Exists(Path.Combine(Checkout.Npm, "node_modules", "@segment", "analytics-next")),
        "npm packages (./test installs them)");

    private static bool InCi => Environment.GetEnvironmentVariable("CI") is "true" or "1";

    private static void Require(bool found, string what)
    {
        if (found)
            return;
        var text = $"This test needs {what}.";
        Assert.SkipUnless(InCi, text);
        Assert.Fail(text);
    }
}
