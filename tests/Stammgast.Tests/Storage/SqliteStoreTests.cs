using Stammgast.Storage;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Storage.Contracts;

namespace Stammgast.Tests.Storage;

/// <summary>The embedded store keeps the contract.</summary>
public sealed class SqliteStoreTests : StoreContract, IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    protected override ValueTask<IStore> OpenAsync() =>
        new(new SqliteStore(folder.Path, TimeProvider.System,
            new SqliteStoreOptions { ReserveBytes = 1 << 20 }));
}
