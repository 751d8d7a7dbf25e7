using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Stammgast.Storage.Embedded;

/// <summary>One epoch of the log: at most 10 s of groups, sealed with one random key.</summary>
internal sealed class Epoch(long id, int slot, byte[] key) : IDisposable
{
    public long Id { get; } = id;

    public int Slot { get; } = slot;

    /// <summary>Position of its newest item; once acknowledged, the key goes.</summary>
    public long Last { get; set; }

    /// <summary>For the writer thread only: a cipher is not shared between threads.</summary>
    public AesGcm Cipher { get; } = new(key, LogFrame.TagBytes);

    public AesGcm NewCipher() => new(key, LogFrame.TagBytes);

    public void Dispose()
    {
        Cipher.Dispose();
        CryptographicOperations.ZeroMemory(key);
    }
}

/// <summary>
/// The keys of living epochs, in a small file of their own with fixed slots. A slot is durable
/// before the first frame that needs it, and is overwritten in place (and flushed) when its items
/// are acknowledged: from then on the frames are noise. The writer thread changes it; the reader
/// looks up under the lock.
/// </summary>
internal sealed class EpochKeys : IDisposable
{
    private const int SlotBytes = 64;
    private const int KeyBytes = 32;
    private const int CrcAt = 8 + KeyBytes;

    private readonly Lock gate = new();
    private readonly Disk disk;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle file;
    private readonly SortedDictionary<long, Epoch> living = [];
    private readonly SortedSet<int> free = [];
    private int slots;

    public EpochKeys(string path, Disk disk)
    {
        this.disk = disk;
        file = Disk.OpenFile(path, FileMode.OpenOrCreate);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Load();
    }

    /// <summary>The highest id seen; the next epoch goes above it and above every frame's.</summary>
    public long Highest { get; private set; }

    public IReadOnlyList<Epoch> Living
    {
        get
        {
            lock (gate)
                return [.. living.Values];
        }
    }

    public bool TryGet(long id, out Epoch? epoch)
    {
        lock (gate)
            return living.TryGetValue(id, out epoch);
    }

    /// <summary>A fresh key, durable on return.</summary>
    public Epoch Begin(long id)
    {
        var slot = free.Count > 0 ? free.Min : slots;
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        Span<byte> bytes = stackalloc byte[SlotBytes];
        bytes.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, id);
        key.CopyTo(bytes[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcAt..], Crc.Of(bytes[..CrcAt]));
        disk.Write(file, bytes, (long)slot * SlotBytes);
        CryptographicOperations.ZeroMemory(bytes);
        disk.Flush(file);
        if (!free.Remove(slot))
            slots++;
        var epoch = new Epoch(id, slot, key);
        Highest = Math.Max(Highest, id);
        lock (gate)
            living.Add(id, epoch);
        return epoch;
    }

    /// <summary>Overwrites and flushes the key; nothing can open its frames any more.</summary>
    public void Destroy(Epoch epoch)
    {
        Span<byte> nothing = stackalloc byte[SlotBytes];
        nothing.Clear();
        disk.Write(file, nothing, (long)epoch.Slot * SlotBytes);
        disk.Flush(file);
        lock (gate)
            living.Remove(epoch.Id);
        epoch.Dispose();
        free.Add(epoch.Slot);
    }

    public void Dispose()
    {
        foreach (var epoch in Living)
            epoch.Dispose();
        file.Dispose();
    }

    private void Load()
    {
        slots = (int)((RandomAccess.GetLength(file) + SlotBytes - 1) / SlotBytes);
        Span<byte> bytes = stackalloc byte[SlotBytes];
        for (var slot = 0; slot < slots; slot++)
        {
            bytes.Clear();
            _ = RandomAccess.Read(file, bytes, (long)slot * SlotBytes);
            var id = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            var crc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcAt..]);
            // A torn slot never sealed a frame: frames wait for its flush.
            if (id > 0 && crc == Crc.Of(bytes[..CrcAt]))
            {
                living.Add(id, new Epoch(id, slot, bytes.Slice(8, KeyBytes).ToArray()));
                Highest = Math.Max(Highest, id);
            }
            else
            {
                free.Add(slot);
            }
        }
        CryptographicOperations.ZeroMemory(bytes);
    }
}
