using System.Security.Cryptography;

namespace Stammgast.Keys;

/// <summary>
/// A cell's own secrets: the key-encryption key in <c>keys/kek</c> (32 random bytes, readable by
/// the owner only), and, wrapped by it in <c>keys/cell</c>, the pepper and the cell's key. Made once
/// and the same on every start: with another key-encryption key nothing of the cell can be read, so
/// a missing or damaged file stops the start instead of being made anew. Disposing wipes all.
/// </summary>
public sealed class CellKeys : IDisposable
{
    private const int KeyBytes = 32;
    private const byte FileVersion = 1;
    private const int CellFileBytes = 1 + 16 + SealedBox.Overhead + 2 * KeyBytes;

    private readonly byte[] _kek;
    private readonly byte[] _cellKey;
    private readonly byte[] _sessionKey;

    private CellKeys(byte[] kek, UInt128 cellId, ReadOnlySpan<byte> secrets)
    {
        _kek = kek;
        _cellKey = secrets[KeyBytes..].ToArray();
        _sessionKey = Derive("stammgast session v1"u8);
        CellId = cellId;
        Index = new BlindIndex(secrets[..KeyBytes]);
    }

    /// <summary>Which cell this is: random, bound into every seal.</summary>
    public UInt128 CellId { get; }

    /// <summary>Keyed hashes under the cell's pepper.</summary>
    public BlindIndex Index { get; }

    /// <summary>Wraps person keys.</summary>
    internal ReadOnlySpan<byte> Kek => _kek;

    /// <summary>Signs the platform's own browser sessions.</summary>
    internal ReadOnlySpan<byte> SessionKey => _sessionKey;

    /// <summary>Loads the cell's keys from <c>keys/</c> under its data folder, or makes them.</summary>
    /// <exception cref="InvalidDataException">A key file is missing, damaged or of another cell.</exception>
    public static CellKeys Open(DirectoryInfo dataDir)
    {
        var folder = Path.Combine(dataDir.FullName, "keys");
        KeyFiles.MakeFolder(folder);
        var kekPath = Path.Combine(folder, "kek");
        var cellPath = Path.Combine(folder, "cell");
        if (!File.Exists(cellPath))
            return Make(folder, kekPath, cellPath);
        if (!File.Exists(kekPath))
            throw new InvalidDataException("keys/kek is missing: nothing of this cell can be read.");
        return Load(kekPath, cellPath);
    }

    /// <summary>A key for one use, derived from the cell's key: 32 bytes.</summary>
    public byte[] Derive(ReadOnlySpan<byte> use)
    {
        var key = new byte[KeyBytes];
        HKDF.Expand(HashAlgorithmName.SHA256, _cellKey, key, use);
        return key;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_kek);
        CryptographicOperations.ZeroMemory(_cellKey);
        CryptographicOperations.ZeroMemory(_sessionKey);
    }

    private static CellKeys Make(string folder, string kekPath, string cellPath)
    {
        // A key store beside a missing cell file means loss, not a first start.
        if (File.Exists(Path.Combine(folder, PersonKeys.FileName)))
            throw new InvalidDataException("keys/cell is missing: nothing of this cell can be read.");
        var kek = File.Exists(kekPath) ? ReadKek(kekPath) : RandomNumberGenerator.GetBytes(KeyBytes);
        var secrets = RandomNumberGenerator.GetBytes(2 * KeyBytes);
        var file = new byte[CellFileBytes];
        file[0] = FileVersion;
        RandomNumberGenerator.Fill(file.AsSpan(1, 16));
        using (var aes = new AesGcm(kek, SealedBox.TagBytes))
        {
            Span<byte> nonce = stackalloc byte[SealedBox.NonceBytes];
            RandomNumberGenerator.Fill(nonce);
            SealedBox.Seal(aes, nonce, secrets, file.AsSpan(0, 17), file.AsSpan(17));
        }
        // First the key that opens, then what it opens: a crash between repeats the making.
        KeyFiles.Write(kekPath, kek);
        KeyFiles.Write(cellPath, file);
        var cellId = ReadCellId(file);
        var keys = new CellKeys(kek, cellId, secrets);
        CryptographicOperations.ZeroMemory(secrets);
        return keys;
    }

    private static CellKeys Load(string kekPath, string cellPath)
    {
        var kek = ReadKek(kekPath);
        var file = File.ReadAllBytes(cellPath);
        Span<byte> secrets = stackalloc byte[2 * KeyBytes];
        using var aes = new AesGcm(kek, SealedBox.TagBytes);
        if (file.Length != CellFileBytes || file[0] != FileVersion
            || !SealedBox.TryOpen(aes, file.AsSpan(17), file.AsSpan(0, 17), secrets))
            throw new InvalidDataException("keys/cell is damaged or of another keys/kek.");
        var keys = new CellKeys(kek, ReadCellId(file), secrets);
        CryptographicOperations.ZeroMemory(secrets);
        return keys;
    }

    private static byte[] ReadKek(string path)
    {
        var kek = File.ReadAllBytes(path);
        return kek.Length == KeyBytes
            ? kek
            : throw new InvalidDataException("keys/kek is not a key of 32 bytes.");
    }

    private static UInt128 ReadCellId(byte[] file) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(file.AsSpan(1, 16));
}
