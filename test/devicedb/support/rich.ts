/** A database with one of everything that records have to get right. */
export const RICH = `
PRAGMA user_version = 7; PRAGMA application_id = -5;
CREATE TABLE contacts(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, age INT CHECK (age >= 0), photo BLOB);
CREATE INDEX contacts_age ON contacts(age) WHERE age IS NOT NULL;
CREATE TABLE settings(key TEXT PRIMARY KEY, value);
CREATE TABLE pairs(a TEXT COLLATE NOCASE, b INT, c REAL, PRIMARY KEY(b, a)) WITHOUT ROWID;
CREATE TABLE loose(x, y DEFAULT 'none');
CREATE TABLE strict_one(id INTEGER PRIMARY KEY, n INT, t TEXT, a ANY) STRICT;
CREATE TABLE computed(id INTEGER PRIMARY KEY, w REAL, h REAL, area AS (w * h), twice AS (w * 2) STORED);
CREATE TABLE "odd ""name/ü%"("col ""1", "select");
CREATE TABLE rowid_taken(rowid TEXT, v);
CREATE VIRTUAL TABLE notes USING fts4(title, body);
CREATE TABLE log(what);
CREATE VIEW adults AS SELECT * FROM contacts WHERE age >= 18;
CREATE TRIGGER contacts_added AFTER INSERT ON contacts BEGIN INSERT INTO log VALUES ('added ' || new.id); END;
CREATE TRIGGER contacts_gone AFTER DELETE ON contacts BEGIN INSERT INTO log VALUES ('gone ' || old.id); UPDATE settings SET value = value || 'x'; END;
CREATE VIEW teens AS SELECT * FROM contacts WHERE age BETWEEN 13 AND 19;
INSERT INTO contacts(name, age, photo) VALUES ('Ann', 30, x'00ff'), ('Bo', 15, NULL), ('Cy', NULL, zeroblob(20000));
INSERT INTO settings VALUES ('colour', 'blue'), ('size', 9223372036854775807), ('ratio', -0.0), (NULL, 1), (NULL, 2), ('inf', 9e999);
INSERT INTO pairs VALUES ('A', 1, 1), ('b', 1, 2.5), ('A', 2, NULL);
INSERT INTO loose VALUES (1, 1.0), ('a' || char(0) || 'b', CAST(x'ff41' AS TEXT)), (x'', ''), (-9223372036854775808, 4503599627370497.5);
INSERT INTO strict_one VALUES (1, 5, 't', 1), (2, NULL, NULL, x'01');
INSERT INTO computed(id, w, h) VALUES (1, 2, 3), (2, 2.5, 4);
INSERT INTO "odd ""name/ü%" VALUES ('é€😀', 3);
INSERT INTO rowid_taken VALUES ('r', 1);
INSERT INTO notes VALUES ('first', 'some words of text'), ('second', 'more words');
ANALYZE;
`;
