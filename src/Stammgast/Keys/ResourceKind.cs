using Stammgast.Storage;

namespace Stammgast.Keys;

/// <summary>
/// What a configured resource is; the numbers are stored. All resources share
/// <see cref="RecordKind.Resource"/>: the kind is the top byte of the record's id, so that each
/// kind is one range of a scan.
/// </summary>
public enum ResourceKind : byte
{
    /// <summary>An API key.</summary>
    ApiKey = 1,

    /// <summary>A source of events.</summary>
    Source = 2,

    /// <summary>A placement.</summary>
    Placement = 3,

    /// <summary>A motif.</summary>
    Motif = 4,

    /// <summary>An offer.</summary>
    Offer = 5,

    /// <summary>A notice version.</summary>
    Notice = 6,

    /// <summary>An audience.</summary>
    Audience = 7,

    /// <summary>A campaign.</summary>
    Campaign = 8,
}

/// <summary>Addresses of configured resources.</summary>
public static class Resources
{
    private const int KindShift = 56;

    /// <summary>Of one resource; only the low 56 bits of <paramref name="id"/> count.</summary>
    public static RecordKey Key(ResourceKind kind, ulong id) =>
        new(RecordKind.Resource, LeafId.None, First(kind) | id & (1UL << KindShift) - 1);

    /// <summary>All of one kind, in the order of their ids.</summary>
    public static async ValueTask<List<StoredRecord>> LoadAllAsync(
        IStore store, ResourceKind kind, CancellationToken cancel)
    {
        const int page = 512;
        var all = new List<StoredRecord>();
        RecordKey? after = new RecordKey(RecordKind.Resource, LeafId.None, First(kind) - 1);
        while (true)
        {
            var found = await store.ScanAsync(RecordKind.Resource, after, page, cancel);
            foreach (var record in found)
            {
                if (record.Key.Id >> KindShift != (ulong)kind)
                    return all;
                all.Add(record);
            }
            if (found.Count < page)
                return all;
            after = found[^1].Key;
        }
    }

    private static ulong First(ResourceKind kind) => (ulong)kind << KindShift;
}
