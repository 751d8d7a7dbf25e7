using System.Numerics;

namespace Stammgast.Profiles;

/// <summary>
/// Price bands of half an octave: band 2k begins at 2^k minor units, band 2k + 1 at 2^(k + ½). Fine
/// enough to tell a 40-euro shoe from a 60-euro one, coarse enough to be no fingerprint.
/// </summary>
internal static class Prices
{
    /// <summary>The band of a positive price, 0–63; prices above 2^31 minor units are in the last.
    /// </summary>
    public static int BandOf(long priceMinor)
    {
        var price = (ulong)Math.Clamp(priceMinor, 1, 1L << 31);
        var octave = BitOperations.Log2(price);
        return Math.Min(63, 2 * octave + (price * price >= 1UL << 2 * octave + 1 ? 1 : 0));
    }

    /// <summary>The quartiles of the pieces bought, as prices; null below three pieces.</summary>
    public static PriceRange? Usual(ReadOnlySpan<Mark> bands)
    {
        long all = 0;
        foreach (ref readonly var band in bands)
            all += Math.Min(band.N, 1L << 40);
        return all < 3
            ? null
            : new PriceRange(LowestOf(Quantile(bands, (all + 3) / 4)),
                LowestOf(Quantile(bands, all - (all - 1) / 4) + 1) - 1);
    }

    /// <summary>The smallest price of a band, in minor units.</summary>
    public static long LowestOf(int band)
    {
        if (band % 2 == 0)
            return 1L << band / 2;
        var root = (long)Math.Sqrt(1UL << band);
        while ((ulong)(root * root) < 1UL << band)
            root++;
        while ((ulong)((root - 1) * (root - 1)) >= 1UL << band)
            root--;
        return root;
    }

    // The band of the n-th cheapest piece, n from 1; bands come in ascending order.
    private static int Quantile(ReadOnlySpan<Mark> bands, long n)
    {
        foreach (ref readonly var band in bands)
        {
            n -= Math.Min(band.N, 1L << 40);
            if (n <= 0)
                return (int)band.Slot;
        }
        return (int)bands[^1].Slot;
    }
}

/// <summary>
/// 32 bits of a product id, to remember many purchases in little room. Two products that fall
/// together (one in a million for 512 purchases and a given product) both rest: the careful side.
/// </summary>
internal static class ProductHash
{
    /// <summary>FNV-1a over the UTF-16 code units. Inside a sealed body, so no key is needed.</summary>
    public static uint Of(string productId)
    {
        var hash = 2166136261u;
        foreach (var c in productId)
        {
            hash = (hash ^ (byte)c) * 16777619u;
            hash = (hash ^ (byte)(c >> 8)) * 16777619u;
        }
        return hash;
    }
}
