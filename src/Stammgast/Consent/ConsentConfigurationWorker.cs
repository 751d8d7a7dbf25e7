namespace Stammgast.Consent;

/// <summary>Reads the cell's purposes and notices at start.</summary>
public static class ConsentConfigurationWorker
{
    /// <summary>
    /// <c>purposes.json</c> and <c>notices.json</c> of the data folder where they are there, else
    /// the defaults inside the program.
    /// </summary>
    /// <exception cref="ConsentConfigurationException">The process must not start.</exception>
    public static (Purposes Purposes, Notices Notices) Load(DirectoryInfo dataDir)
    {
        var purposes = Find("purposes.json") is { } own ? PurposesJson.Read(own) : Purposes.Default;
        var notices = Find("notices.json") is { } texts
            ? NoticesJson.Read(texts, purposes)
            : NoticesJson.Default(purposes);
        return (purposes, notices);

        byte[]? Find(string name)
        {
            var path = Path.Combine(dataDir.FullName, name);
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
    }
}
