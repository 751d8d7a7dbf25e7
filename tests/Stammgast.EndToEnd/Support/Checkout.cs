namespace Stammgast.EndToEnd.Support;

/// <summary>The checkout that these tests were built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    /// <summary>Where the official SDKs are installed.</summary>
    public static string Npm { get; } = Path.Combine(Root, "tests", "Stammgast.EndToEnd", "npm");

    /// <summary>The product, built in the same configuration as these tests.</summary>
    public static string Product
    {
        get
        {
            var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
            return Path.Combine(
                Root, "src", "Stammgast", "bin", configuration, "net10.0", "Stammgast");
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Stammgast.slnx")))
            folder = folder.Parent;
        return folder?.FullName
            ?? throw new InvalidOperationException("The tests run from a checkout's bin folder.");
    }
}
