-- store.db as version 1 of its schema made and filled it. Never edited.
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
INSERT INTO leaves VALUES (1, x'0100000000000000000000000000002a');
INSERT INTO states VALUES (257, 3, x'7374617465');
INSERT INTO records VALUES (1, 4, 0, -9223372036854775801, 2, x'70726f64756374');
INSERT INTO lookups VALUES (x'0000000000000000000000000000004d', 1);
INSERT INTO due VALUES (1, 2, -9223372036854775808, 50, x'647565');
INSERT INTO counters VALUES (1, 9, 12);
INSERT INTO ledgers VALUES (513, 1, 5, zeroblob(32), zeroblob(32));
PRAGMA user_version = 1;
