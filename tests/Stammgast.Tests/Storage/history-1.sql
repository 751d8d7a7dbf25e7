-- history.db as version 1 of its schema made and filled it. Never edited.
CREATE TABLE heads(
    handle INTEGER PRIMARY KEY, row INTEGER NOT NULL, sequence INTEGER NOT NULL);
CREATE TABLE pieces(
    row INTEGER PRIMARY KEY AUTOINCREMENT, handle INTEGER NOT NULL,
    previous INTEGER NOT NULL, first INTEGER NOT NULL, body BLOB NOT NULL);
INSERT INTO pieces VALUES (1, 1, 0, 1, x'01e8070107000000000000000170');
INSERT INTO heads VALUES (1, 1, 1);
PRAGMA user_version = 1;
