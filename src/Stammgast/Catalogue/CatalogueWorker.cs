using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Stammgast.Storage;

namespace Stammgast.Catalogue;

/// <summary>
/// Keeps the catalogue in the store and its newest snapshot in memory. Any thread may read
/// <see cref="Current"/>; writers queue. A write is visible here when its call returns; calls that
/// come in while a snapshot is being built share the next one.
/// </summary>
public sealed class CatalogueWorker(IStore store, TimeProvider time) : IDisposable
{
    private const int PageRows = 2_000;
    private const int CommitRows = 500;

    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly SemaphoreSlim publishing = new(1, 1);
    private readonly Lock gate = new();

    // Both under the gate; a deleted product keeps its place so that dense indices stay.
    private readonly List<Product> products = [];
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private long version;
    private volatile CatalogueSnapshot current = CatalogueSnapshot.Empty;

    /// <summary>The newest snapshot; never null.</summary>
    public CatalogueSnapshot Current => current;

    /// <summary>Reads all products from the store; to be called once, before anybody asks.</summary>
    public async ValueTask LoadAsync(CancellationToken cancel)
    {
        RecordKey? after = null;
        for (; ; )
        {
            var page = await store.ScanAsync(RecordKind.Product, after, PageRows, cancel);
            if (page.Count == 0)
                break;
            lock (gate)
            {
                foreach (var record in page)
                {
                    var product = ProductReader.ReadStored(record.Body)
                        ?? throw new InvalidDataException("A stored product cannot be read.");
                    Put(product);
                }
            }
            after = page[^1].Key;
        }
        await PublishAsync(cancel);
    }

    /// <summary>Adds products or replaces them whole, durably; none may stand twice.</summary>
    /// <exception cref="OverloadedException">The store is full; some may have been kept.</exception>
    public async ValueTask UpsertAsync(IReadOnlyList<Product> changed, CancellationToken cancel)
    {
        if (changed.Count == 0)
            return;
        await writing.WaitAsync(cancel);
        try
        {
            for (var from = 0; from < changed.Count; from += CommitRows)
            {
                var batch = new WriteBatch();
                var to = Math.Min(changed.Count, from + CommitRows);
                for (var i = from; i < to; i++)
                    batch.Records.Add(new RecordWrite(KeyOf(changed[i].Id), RecordWrite.AnyVersion,
                        ProductWriter.Write(changed[i])));
                await store.CommitAsync(batch, Lane.Import, cancel);
                lock (gate)
                {
                    for (var i = from; i < to; i++)
                        Put(changed[i]);
                }
            }
        }
        finally
        {
            writing.Release();
        }
        await PublishAsync(cancel);
    }

    /// <summary>Forgets a product; false if there is none.</summary>
    public async ValueTask<bool> DeleteAsync(string productId, CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        try
        {
            if (!current.TryGet(productId, out _))
                return false;
            var batch = new WriteBatch();
            batch.Records.Add(new RecordWrite(KeyOf(productId), RecordWrite.AnyVersion, null));
            await store.CommitAsync(batch, Lane.Import, cancel);
            lock (gate)
            {
                var place = places[productId];
                products[place] = products[place] with
                {
                    Active = false,
                    Deleted = true,
                    UpdatedAtMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
                };
                version++;
            }
        }
        finally
        {
            writing.Release();
        }
        await PublishAsync(cancel);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        writing.Dispose();
        publishing.Dispose();
    }

    private void Put(Product product)
    {
        if (places.TryGetValue(product.Id, out var place))
        {
            products[place] = product;
        }
        else
        {
            places.Add(product.Id, products.Count);
            products.Add(product);
        }
        version++;
    }

    private async ValueTask PublishAsync(CancellationToken cancel)
    {
        long mine;
        lock (gate)
            mine = version;
        await publishing.WaitAsync(cancel);
        try
        {
            if (current.Version >= mine)
                return;
            Product[] now;
            lock (gate)
                (now, mine) = ([.. products], version);
            current = new CatalogueSnapshot(now, mine);
        }
        finally
        {
            publishing.Release();
        }
    }

    private static RecordKey KeyOf(string productId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(productId), hash);
        return new RecordKey(
            RecordKind.Product, LeafId.None, BinaryPrimitives.ReadUInt64BigEndian(hash));
    }
}
