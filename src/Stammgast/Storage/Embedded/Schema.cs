using System.Globalization;

namespace Stammgast.Storage.Embedded;

/// <summary>
/// The tables, as the migrations that lead to them: numbered by their place, forward only, each in
/// its own transaction at start. A released one is never edited; a change is a new one at the end.
/// </summary>
internal static class Schema
{
    /// <summary>
    /// <c>store.db</c>. Hot rows are keyed by a leaf's handle (a small integer given at its first
    /// write-behind), never by its random id; <c>states</c> holds the one record a leaf has of a
    /// kind under handle × 256 + kind. Ids are stored with their top bit flipped, so that SQLite's
    /// signed order is theirs.
    /// </summary>
    public static readonly IReadOnlyList<string> Store =
    [
        """
        CREATE TABLE leaves(handle INTEGER PRIMARY KEY, leaf BLOB NOT NULL UNIQUE);
        INSERT INTO leaves VALUES (0, zeroblob(16));
        CREATE TABLE states(
            key INTEGER PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE TABLE records(
            row INTEGER PRIMARY KEY, kind INTEGER NOT NULL, handle INTEGER NOT NULL,
            id INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL,
            UNIQUE (kind, handle, id));
        CREATE TABLE lookups(
            hash BLOB NOT NULL, handle INTEGER NOT NULL,
            PRIMARY KEY (hash, handle)) WITHOUT ROWID;
        CREATE INDEX lookups_by_handle ON lookups(handle);
        CREATE TABLE due(
            handle INTEGER NOT NULL, kind INTEGER NOT NULL, id INTEGER NOT NULL,
            at INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (handle, kind, id)) WITHOUT ROWID;
        CREATE INDEX due_by_at ON due(at);
        CREATE TABLE counters(
            kind INTEGER NOT NULL, id INTEGER NOT NULL, value INTEGER NOT NULL,
            PRIMARY KEY (kind, id)) WITHOUT ROWID;
        CREATE TABLE ledgers(
            ledger INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL,
            body_hash BLOB NOT NULL, hash BLOB NOT NULL,
            PRIMARY KEY (ledger, sequence)) WITHOUT ROWID;
        CREATE TABLE ledger_bodies(
            ledger INTEGER NOT NULL, sequence INTEGER NOT NULL, handle INTEGER NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (ledger, sequence)) WITHOUT ROWID;
        CREATE INDEX ledger_bodies_by_handle ON ledger_bodies(handle) WHERE handle <> 0;
        """,
    ];

    /// <summary>
    /// <c>history.db</c>: append-only by row, with a pointer to the leaf's row before it. A file of
    /// its own because appended pages then need no write-ahead log: they are written once.
    /// </summary>
    public static readonly IReadOnlyList<string> History =
    [
        """
        CREATE TABLE heads(
            handle INTEGER PRIMARY KEY, row INTEGER NOT NULL, sequence INTEGER NOT NULL);
        CREATE TABLE pieces(
            row INTEGER PRIMARY KEY AUTOINCREMENT, handle INTEGER NOT NULL,
            previous INTEGER NOT NULL, first INTEGER NOT NULL, body BLOB NOT NULL);
        """,
    ];

    /// <exception cref="InvalidDataException">A newer program has migrated the file.</exception>
    public static void Migrate(Database database, IReadOnlyList<string> migrations)
    {
        var version = (int)database.Ask("PRAGMA user_version");
        if (version > migrations.Count)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"The store has schema {version}; this program knows {migrations.Count}."));
        for (var next = version; next < migrations.Count; next++)
        {
            var number = next + 1;
            database.InTransaction(() =>
            {
                database.Run(migrations[number - 1]);
                database.Run(string.Create(CultureInfo.InvariantCulture,
                    $"PRAGMA user_version = {number}"));
            });
        }
    }
}
