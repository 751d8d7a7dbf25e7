using Microsoft.Data.Sqlite;

namespace Stammgast.Keys;

/// <summary>
/// The file of wrapped person keys, apart from the data so that it has its own, shorter-lived
/// backups. A key, once destroyed, must be nowhere in the file: so rows are only ever appended and
/// a key is only ever overwritten in place by one of the same length. Deleting rows, or keying the
/// table by leaf, would let SQLite move cells between pages and leave copies of other people's keys
/// in the gaps, where no later overwrite finds them.
/// </summary>
internal sealed class KeyStore : IDisposable
{
    /// <summary>A wrapped key: nonce, 32 bytes, tag.</summary>
    public const int WrappedBytes = 32 + SealedBox.Overhead;

    private const string Schema = """
        CREATE TABLE person_key (
            id INTEGER PRIMARY KEY, leaf BLOB NOT NULL UNIQUE, wrapped BLOB NOT NULL) STRICT
        """;
    private const string Select = "SELECT wrapped FROM person_key WHERE leaf = @leaf";

    // A destroyed key's row stays (all zeroes) and is used again if the leaf ever comes back.
    private const string Insert = """
        INSERT INTO person_key (leaf, wrapped) VALUES (@leaf, @wrapped)
        ON CONFLICT (leaf) DO UPDATE SET wrapped = excluded.wrapped
        WHERE wrapped = zeroblob(60)
        """;
    private const string Overwrite =
        "UPDATE person_key SET wrapped = zeroblob(60) WHERE leaf = @leaf";

    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;
    private readonly SqliteCommand _select;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _overwrite;
    private readonly Lock _reading = new();

    private KeyStore(SqliteConnection writer, SqliteConnection reader)
    {
        (_writer, _reader) = (writer, reader);
        _select = Prepare(reader, Select);
        _insert = Prepare(writer, Insert);
        _insert.Parameters.Add("@wrapped", SqliteType.Blob);
        _overwrite = Prepare(writer, Overwrite);
    }

    /// <summary>Opens the file, making or migrating it.</summary>
    public static KeyStore Open(string path)
    {
        var writer = Connect(path, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            + " PRAGMA secure_delete = ON;");
        switch (UserVersion(writer))
        {
            case 0:
                Execute(writer, "BEGIN;" + Schema + "; PRAGMA user_version = 1; COMMIT;");
                break;
            case 1:
                break;
            default:
                throw new InvalidDataException("keys/keys.db is of a newer version than this one.");
        }
        return new KeyStore(writer, Connect(path, "PRAGMA query_only = ON;"));
    }

    /// <summary>Reads a wrapped key; <c>false</c> if there never was one or it is destroyed.</summary>
    public bool TryRead(LeafId leaf, Span<byte> wrapped)
    {
        lock (_reading)
        {
            Bind(_select, leaf);
            if (_select.ExecuteScalar() is not byte[] found)
                return false;
            if (found.Length != WrappedBytes)
                throw new InvalidDataException("keys/keys.db is damaged.");
            found.CopyTo(wrapped);
            return found.AsSpan().ContainsAnyExcept((byte)0);
        }
    }

    /// <summary>Makes wrapped keys durable in one transaction. One caller at a time.</summary>
    public void Add(IReadOnlyList<(LeafId Leaf, byte[] Wrapped)> keys)
    {
        using var transaction = _writer.BeginTransaction();
        _insert.Transaction = transaction;
        foreach (var (leaf, wrapped) in keys)
        {
            Bind(_insert, leaf);
            _insert.Parameters[1].Value = wrapped;
            if (_insert.ExecuteNonQuery() != 1)
                throw new InvalidOperationException("A person key was about to be overwritten.");
        }
        transaction.Commit();
    }

    /// <summary>
    /// Overwrites a key and empties the write-ahead log, which still held it. One caller at a time.
    /// </summary>
    public void Destroy(LeafId leaf)
    {
        Bind(_overwrite, leaf);
        if (_overwrite.ExecuteNonQuery() == 0)
            return;
        // Readers would hold the log open; none starts while this lock is held.
        lock (_reading)
        {
            using var command = _writer.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            using var row = command.ExecuteReader();
            if (!row.Read() || row.GetInt32(0) != 0)
                throw new IOException("The key store's log could not be emptied; try again.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _select.Dispose();
        _insert.Dispose();
        _overwrite.Dispose();
        _reader.Dispose();
        _writer.Dispose();
    }

    private static SqliteConnection Connect(string path, string pragmas)
    {
        // Pooling would keep the file open behind our back.
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Execute(connection, pragmas);
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long UserVersion(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return (long)command.ExecuteScalar()!;
    }

    private static SqliteCommand Prepare(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.Add("@leaf", SqliteType.Blob).Value = new byte[16];
        return command;
    }

    private static void Bind(SqliteCommand command, LeafId leaf) =>
        leaf.Write((byte[])command.Parameters[0].Value!);
}
