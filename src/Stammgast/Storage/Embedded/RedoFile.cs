using System.Globalization;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// One generation of redo: a SQLite file whose write-ahead log takes each row by one append and one
/// fsync. It is never checkpointed: when its layer is in the tables, the whole file is deleted, so
/// each row is written exactly once.
/// </summary>
internal sealed class RedoFile : IDisposable
{
    private const string Prefix = "redo-", Suffix = ".db";

    private readonly Database database;
    private readonly Statement insert;

    private RedoFile(string path)
    {
        Path = path;
        database = new Database(path);
        try
        {
            insert = Prepare(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public string Path { get; }

    private static Statement Prepare(Database database)
    {
        // Exclusive: the index of the log lives in memory, no shared-memory file.
        database.Run("""
            PRAGMA locking_mode = EXCLUSIVE;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA cache_size = -1024;
            CREATE TABLE IF NOT EXISTS redo(id INTEGER PRIMARY KEY, body BLOB NOT NULL);
            """);
        database.KeepLogOnClose();
        return database.Prepare("INSERT INTO redo(body) VALUES (?1)");
    }

    public static RedoFile Create(string folder, long number) =>
        new(System.IO.Path.Combine(folder, string.Create(
            CultureInfo.InvariantCulture, $"{Prefix}{number:d12}{Suffix}")));

    /// <summary>The generations that an earlier process left, oldest first.</summary>
    public static List<RedoFile> OpenAll(string folder, out long lastNumber)
    {
        lastNumber = 0;
        var found = new List<RedoFile>();
        foreach (var path in Directory.GetFiles(folder, Prefix + "*" + Suffix)
            .Order(StringComparer.Ordinal))
        {
            found.Add(new RedoFile(path));
            lastNumber = long.Parse(
                System.IO.Path.GetFileNameWithoutExtension(path.AsSpan())[Prefix.Length..],
                CultureInfo.InvariantCulture);
        }
        // What a crash left of a deletion: the file itself goes first.
        foreach (var path in Directory.GetFiles(folder, Prefix + "*"))
        {
            if (!found.Exists(file => path.StartsWith(file.Path, StringComparison.Ordinal)))
                File.Delete(path);
        }
        return found;
    }

    /// <summary>Durable on return.</summary>
    /// <exception cref="SqliteFault">Nothing was written.</exception>
    public void Append(ReadOnlySpan<byte> row) => insert.Bind(1, row).Run();

    public void LoadInto(Layer layer)
    {
        using var select = database.Prepare("SELECT body FROM redo ORDER BY id");
        while (select.Step())
            layer.Apply(select.Blob(0));
    }

    /// <summary>Closes and deletes it: its layer is in the tables.</summary>
    public void Delete()
    {
        Dispose();
        foreach (var suffix in (string[])["", "-wal", "-journal", "-shm"])
            File.Delete(Path + suffix);
    }

    public void Dispose() => database.Dispose();
}
