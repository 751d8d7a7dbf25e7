namespace Stammgast;

/// <summary>The data folder belongs to another process; the message says what to do.</summary>
internal sealed class FolderInUseException(DirectoryInfo data) : IOException(
    $"The data folder {data.FullName} is in use by another stammgast process. Stop that process, "
    + "or name another folder with --data.")
{
    /// <summary>The exit code of a command that met it (<c>EX_TEMPFAIL</c>).</summary>
    public const int ExitCode = 75;
}

/// <summary>
/// One process a data folder: two logs or two committers over the same files would each be right
/// and together lose what was acknowledged. The operating system drops the lock with the process,
/// also when it is killed; the file itself says nothing and may stay.
/// </summary>
internal sealed class CellLock : IDisposable
{
    private readonly FileStream _file;

    private CellLock(FileStream file) => _file = file;

    /// <summary>Takes a folder, which must exist.</summary>
    /// <exception cref="FolderInUseException">Another cell has it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not writable.</exception>
    public static CellLock Take(DirectoryInfo data)
    {
        try
        {
            return new CellLock(new FileStream(Path.Combine(data.FullName, "cell.lock"),
                FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            throw new FolderInUseException(data);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
