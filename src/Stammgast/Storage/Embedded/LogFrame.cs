using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// One group of blocks as it lies in a segment: a header in the clear, then ciphertext and tag.
/// The CRC finds a torn or rotten frame without its key; the tag (which covers the header too)
/// finds a forged one.
/// </summary>
/// <param name="SealedLength">Bytes of ciphertext and tag.</param>
/// <param name="First">Position of the first item.</param>
/// <param name="Epoch">Whose key seals it.</param>
/// <param name="Count">Items, at least 1.</param>
/// <param name="Crc">CRC-32C over the header before it and the sealed bytes.</param>
internal readonly record struct LogFrame(
    int SealedLength, long First, long Epoch, int Count, uint Crc)
{
    public const int HeaderBytes = 32;
    public const int TagBytes = 16;
    public const int MaxSealedBytes = 256 << 20;

    private const uint Magic = 0x31_4C_47_53; // "SGL1": the format's version is the last letter
    private const int CrcAt = 28;

    public int Length => HeaderBytes + SealedLength;

    public long Last => First + Count - 1;

    /// <summary>
    /// Seals a group into <paramref name="target"/> (header, plain length and tag long). The nonce is
    /// the position: never twice under one key, because a failed write ends its epoch.
    /// </summary>
    public static void Seal(
        AesGcm cipher, long epoch, long first, int count, ReadOnlySpan<byte> plain,
        Span<byte> target)
    {
        var header = target[..HeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], plain.Length + TagBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], first);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], epoch);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], count);
        Span<byte> nonce = stackalloc byte[12];
        Nonce(first, nonce);
        var body = target[HeaderBytes..];
        cipher.Encrypt(nonce, plain, body[..plain.Length], body[plain.Length..], header[..CrcAt]);
        BinaryPrimitives.WriteUInt32LittleEndian(
            header[CrcAt..], Embedded.Crc.Of(header[..CrcAt], body));
    }

    /// <summary>Reads a header; false if these bytes cannot be one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> header, out LogFrame frame)
    {
        frame = default;
        if (header.Length < HeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic)
            return false;
        frame = new LogFrame(
            BinaryPrimitives.ReadInt32LittleEndian(header[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[CrcAt..]));
        return frame is { SealedLength: > TagBytes and <= MaxSealedBytes, Count: > 0, First: > 0 };
    }

    /// <summary>Whether header and sealed bytes are as they were written.</summary>
    public bool IsWhole(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body) =>
        Embedded.Crc.Of(header[..CrcAt], body) == Crc;

    /// <summary>Opens what <see cref="Seal"/> sealed; plain is shorter by the tag.</summary>
    public void Open(
        AesGcm cipher, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, Span<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[12];
        Nonce(First, nonce);
        var length = body.Length - TagBytes;
        cipher.Decrypt(nonce, body[..length], body[length..], plain, header[..CrcAt]);
    }

    private static void Nonce(long first, Span<byte> nonce)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(nonce, first);
    }
}
