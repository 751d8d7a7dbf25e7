namespace Stammgast.Storage.Embedded;

/// <summary>
/// A file of nothing that keeps some of the disk back. When the disk is full, it is deleted, so
/// that withdrawals and erasures still find room; when there is room again, it is made anew.
/// </summary>
internal sealed class Reserve(string path, long bytes)
{
    private readonly Lock gate = new();

    public void Release()
    {
        lock (gate)
            File.Delete(path);
    }

    /// <summary>Makes the file if there is room for it twice; otherwise later.</summary>
    public void Refill()
    {
        lock (gate)
        {
            if (bytes == 0 || (File.Exists(path) && new FileInfo(path).Length == bytes))
                return;
            if (new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace < bytes * 2)
                return;
            try
            {
                using var file = File.OpenHandle(
                    path, FileMode.Create, FileAccess.Write, preallocationSize: bytes);
                RandomAccess.SetLength(file, bytes);
            }
            catch (IOException)
            {
                // Somebody else took the room; the reserve is made when there is some again.
                File.Delete(path);
            }
        }
    }
}
