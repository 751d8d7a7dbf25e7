using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Stammgast.Catalogue;
using Stammgast.Kernels;

namespace Stammgast.Intelligence;

/// <summary>What a model set was made of, for its card.</summary>
/// <param name="People">Leaves in it.</param>
/// <param name="Uses">Different (leaf, product, day) in it.</param>
/// <param name="Sessions">Sessions in it.</param>
/// <param name="OldestAtMs">Oldest use, ms since 1970 UTC; 0: none.</param>
/// <param name="NewestAtMs">Newest use; 0: none.</param>
public sealed record ModelCard(
    int People, int Uses, int Sessions, long OldestAtMs, long NewestAtMs);

/// <summary>
/// All models at one moment, over the dense product indices of <see cref="Catalogue"/> (which keep
/// their meaning in all later catalogues of the process). Immutable; any thread. Trained on
/// consented history only; holds no identifier of a person.
/// </summary>
public sealed class ModelSet
{
    /// <summary>Nothing learned yet; popular and contextual candidates still come.</summary>
    public static readonly ModelSet Empty = new()
    {
        Version = 0,
        Catalogue = CatalogueSnapshot.Empty,
        Card = new ModelCard(0, 0, 0, 0, 0),
        LearnedDays = default,
    };

    /// <summary>Grows by one with every snapshot; 0: nothing learned.</summary>
    public required long Version { get; init; }

    /// <summary>The catalogue it was made over.</summary>
    public required CatalogueSnapshot Catalogue { get; init; }

    /// <summary>What it was made of.</summary>
    public required ModelCard Card { get; init; }

    /// <summary>
    /// Days that a product rests after a purchase, as learned, by dense index; 0: it is not bought
    /// again often enough to say. 0.7 of the typical interval where at least a fifth of at least
    /// five buyers came again. The product's own declared days win (see <c>BoughtIsDone</c>).
    /// </summary>
    public required ReadOnlyMemory<int> LearnedDays { get; init; }

    /// <summary>Who used this also used that.</summary>
    internal ItemRows Pairs { get; init; } = ItemRows.Empty;

    /// <summary>What comes next in a visit.</summary>
    internal SessionKnn Sessions { get; init; } = SessionKnn.Build([]);

    /// <summary>0–1 by dense index.</summary>
    internal float[] Popularity { get; init; } = [];

    /// <summary>Products on sale, not sensitive, most popular first, then newest; bounded.</summary>
    internal int[] Order { get; init; } = [];

    /// <summary>The same within each category and each broader one; bounded.</summary>
    internal Dictionary<string, int[]> ByCategory { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Popularity 0–1 of a product; 0 if unknown.</summary>
    public float PopularityOf(int index) =>
        (uint)index < (uint)Popularity.Length ? Popularity[index] : 0;

    /// <summary>
    /// A hash over everything learned: equal for equal rows and catalogue, whatever the order in
    /// which the rows came.
    /// </summary>
    public byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[24];
        for (var item = 0; item < Pairs.Items; item++)
        {
            foreach (var neighbour in Pairs.Of(item))
            {
                BinaryPrimitives.WriteInt32LittleEndian(number, item);
                BinaryPrimitives.WriteInt32LittleEndian(number[4..], neighbour.Item);
                BinaryPrimitives.WriteInt64LittleEndian(number[8..], neighbour.Sum);
                BinaryPrimitives.WriteInt32LittleEndian(number[16..], neighbour.Owners);
                BinaryPrimitives.WriteSingleLittleEndian(number[20..], Pairs.Score(item, neighbour));
                hash.AppendData(number);
            }
        }
        hash.AppendData(MemoryMarshal.AsBytes(Popularity.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(LearnedDays.Span));
        hash.AppendData(MemoryMarshal.AsBytes(Order.AsSpan()));
        Sessions.Append(hash);
        return hash.GetHashAndReset();
    }
}
