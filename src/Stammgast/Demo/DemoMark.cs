using System.Text.Json;

namespace Stammgast.Demo;

/// <summary>
/// What a data folder remembers of its first start, so that a later one shows the same people and
/// brings no past in twice.
/// </summary>
/// <param name="InventedAt">The moment that the invented orders lie before.</param>
/// <param name="IsTold">Whether the platform has all of them.</param>
internal sealed record DemoMark(DateTimeOffset InventedAt, bool IsTold)
{
    private const string FileName = "demo.json";

    /// <summary>Reads the folder's mark, or makes it.</summary>
    public static DemoMark Open(DirectoryInfo data, DateTimeOffset now)
    {
        data.Create();
        var path = Path.Combine(data.FullName, FileName);
        if (File.Exists(path)
            && JsonSerializer.Deserialize(File.ReadAllBytes(path), DemoJson.Default.DemoMark) is { } mark)
            return mark;
        var first = new DemoMark(now, IsTold: false);
        first.Save(data);
        return first;
    }

    /// <summary>Writes it; a reader never meets half of it.</summary>
    public void Save(DirectoryInfo data)
    {
        var path = Path.Combine(data.FullName, FileName);
        File.WriteAllBytes(path + ".new",
            JsonSerializer.SerializeToUtf8Bytes(this, DemoJson.Default.DemoMark));
        File.Move(path + ".new", path, overwrite: true);
    }
}
