using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Storage.Contracts;

namespace Stammgast.Tests.Storage;

/// <summary>The embedded log keeps the contract.</summary>
public sealed class FileEventLogTests : EventLogContract, IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    protected override ValueTask<IEventLog> OpenAsync() =>
        new(new FileEventLog(folder.Path, TimeProvider.System));
}
