using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// How far the log is acknowledged, and how far it certainly reached: two slots written in turn,
/// the newer whole one counts. Flushed only before something is destroyed on its word.
/// </summary>
internal sealed class LogMark : IDisposable
{
    private const int SlotBytes = 512; // one sector each: a torn write spoils only one
    private const int UsedBytes = 28;

    private readonly Disk disk;
    private readonly SafeFileHandle file;
    private long serial;

    public LogMark(string path, Disk disk)
    {
        this.disk = disk;
        file = Disk.OpenFile(path, FileMode.OpenOrCreate);
        Span<byte> bytes = stackalloc byte[UsedBytes];
        for (var slot = 0; slot < 2; slot++)
        {
            var read = RandomAccess.Read(file, bytes, slot * SlotBytes);
            var own = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            if (read < UsedBytes || own <= serial
                || BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]) != Crc.Of(bytes[..24]))
                continue;
            serial = own;
            Acknowledged = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
            Head = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        }
    }

    public long Acknowledged { get; private set; }

    /// <summary>
    /// A frame at or before this was durable: if it cannot be read, it is damaged, not torn.
    /// </summary>
    public long Head { get; private set; }

    public void Write(long acknowledged, long head, bool flush)
    {
        if ((acknowledged, head) != (Acknowledged, Head))
        {
            (Acknowledged, Head) = (acknowledged, head);
            Span<byte> bytes = stackalloc byte[UsedBytes];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, ++serial);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], acknowledged);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], head);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[24..], Crc.Of(bytes[..24]));
            disk.Write(file, bytes, serial % 2 * SlotBytes);
        }
        if (flush)
            disk.Flush(file);
    }

    public void Dispose() => file.Dispose();
}
