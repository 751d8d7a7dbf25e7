using System.Numerics;
using System.Runtime.InteropServices;

namespace Stammgast.Storage.Embedded;

/// <summary>CRC-32C (Castagnoli) with the processor's own instruction; 8 bytes in 3 cycles.</summary>
internal static class Crc
{
    public static uint Of(ReadOnlySpan<byte> bytes) => ~Add(~0u, bytes);

    public static uint Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        ~Add(Add(~0u, first), second);

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }
}
