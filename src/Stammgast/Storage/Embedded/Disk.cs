using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// The few calls by which the log reaches the disk. Tests stand in for it to tear, fill and fail.
/// </summary>
internal partial class Disk
{
    public static readonly Disk Real = new();

    private const int NoSpace = 28, FileTooBig = 27, Quota = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) =>
        RandomAccess.Write(file, bytes, offset);

    /// <summary>
    /// After a failed fsync the kernel may have dropped the dirty pages: a second, successful one
    /// proves nothing. So a failure is never retried.
    /// </summary>
    public virtual void Flush(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    /// <summary>Makes a created or deleted name durable; elsewhere than on Unix it already is.</summary>
    public virtual void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = Open(path, 0);
        if (folder < 0)
            throw new IOException($"Cannot open {path}", Marshal.GetLastPInvokeError());
        var failed = FSync(folder) != 0;
        var error = Marshal.GetLastPInvokeError();
        _ = Close(folder);
        if (failed)
            throw new IOException($"Cannot flush {path}", error);
    }

    public static SafeFileHandle OpenFile(string path, FileMode mode) =>
        File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public static bool IsFull(IOException e) =>
        e.HResult is NoSpace or FileTooBig or Quota or WindowsDiskFull;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);
}
