namespace Stammgast.Tests.Keys;

/// <summary>A folder of one test, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public DirectoryInfo Info { get; } = Directory.CreateTempSubdirectory("stammgast-test-");

    public void Dispose() => Info.Delete(recursive: true);
}
