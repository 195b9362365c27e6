/**
 * Databases as applications make them: their tables, indexes, triggers and views, with some rows. Written after the published schemas of Firefox
 * (places.sqlite), Android (contacts2.db, mmssms.db) and the Chinook sample; the rest are for features of SQLite.
 */
export interface ApplicationSchema {
  readonly what: string;
  readonly sql: string;
  /** `exact` where a server cannot write it by records. */
  readonly way: 'logical' | 'exact';
  /** More statements for round n: what random changes of ordinary tables do not reach. */
  readonly round?: (n: number) => string;
}

const numbers = (count: number): string => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;

const PLACES = `
PRAGMA page_size = 32768; PRAGMA user_version = 77;
CREATE TABLE moz_origins (id INTEGER PRIMARY KEY, prefix TEXT NOT NULL, host TEXT NOT NULL, frecency INTEGER NOT NULL, UNIQUE (prefix, host));
CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, rev_host LONGVARCHAR, visit_count INTEGER DEFAULT 0, hidden INTEGER DEFAULT 0 NOT NULL, typed INTEGER DEFAULT 0 NOT NULL, frecency INTEGER DEFAULT -1 NOT NULL, last_visit_date INTEGER, guid TEXT, foreign_count INTEGER DEFAULT 0 NOT NULL, url_hash INTEGER DEFAULT 0 NOT NULL, description TEXT, preview_image_url TEXT, site_name TEXT, origin_id INTEGER REFERENCES moz_origins(id));
CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER, visit_date INTEGER, visit_type INTEGER, session INTEGER, source INTEGER DEFAULT 0 NOT NULL, triggeringPlaceId INTEGER);
CREATE TABLE moz_inputhistory (place_id INTEGER NOT NULL, input LONGVARCHAR NOT NULL, use_count INTEGER, PRIMARY KEY (place_id, input));
CREATE TABLE moz_bookmarks (id INTEGER PRIMARY KEY, type INTEGER, fk INTEGER DEFAULT NULL, parent INTEGER, position INTEGER, title LONGVARCHAR, keyword_id INTEGER, folder_type TEXT, dateAdded INTEGER, lastModified INTEGER, guid TEXT, syncStatus INTEGER NOT NULL DEFAULT 0, syncChangeCounter INTEGER NOT NULL DEFAULT 1);
CREATE TABLE moz_bookmarks_deleted (guid TEXT PRIMARY KEY, dateRemoved INTEGER NOT NULL DEFAULT 0);
CREATE TABLE moz_keywords (id INTEGER PRIMARY KEY AUTOINCREMENT, keyword TEXT UNIQUE, place_id INTEGER, post_data TEXT);
CREATE TABLE moz_anno_attributes (id INTEGER PRIMARY KEY, name VARCHAR(32) UNIQUE NOT NULL);
CREATE TABLE moz_meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE INDEX moz_places_url_hashindex ON moz_places (url_hash); CREATE INDEX moz_places_hostindex ON moz_places (rev_host);
CREATE INDEX moz_places_visitcount ON moz_places (visit_count); CREATE INDEX moz_places_frecencyindex ON moz_places (frecency);
CREATE UNIQUE INDEX moz_places_guid_uniqueindex ON moz_places (guid); CREATE INDEX moz_places_originidindex ON moz_places (origin_id);
CREATE INDEX moz_historyvisits_placedateindex ON moz_historyvisits (place_id, visit_date); CREATE INDEX moz_bookmarks_itemindex ON moz_bookmarks (fk, type);
CREATE UNIQUE INDEX moz_bookmarks_guid_uniqueindex ON moz_bookmarks (guid); CREATE UNIQUE INDEX moz_keywords_placepostdata_uniqueindex ON moz_keywords (place_id, post_data);
${numbers(40)} INSERT INTO moz_origins SELECT i, 'https://', 'host' || i || '.example', i * 7 FROM n;
${numbers(250)} INSERT INTO moz_places (id, url, title, rev_host, visit_count, last_visit_date, guid, url_hash, origin_id)
  SELECT i, 'https://host' || (i % 40 + 1) || '.example/' || i, 'Page ' || i, 'elpmaxe.' || i, i % 9, 1700000000000000 + i, printf('%012d', i), i * 281474976710655, i % 40 + 1 FROM n;
${numbers(400)} INSERT INTO moz_historyvisits (from_visit, place_id, visit_date, visit_type, session) SELECT i - 1, i % 250 + 1, 1700000000000000 + i, 1, 0 FROM n;
${numbers(60)} INSERT INTO moz_bookmarks (type, fk, parent, position, title, guid) SELECT 1, i, 2, i, 'Mark ' || i, printf('b%011d', i) FROM n;
INSERT INTO moz_meta VALUES ('sync/bookmarks/wipeRemote', 0), ('origin_frecency_count', 40); INSERT INTO moz_inputhistory VALUES (1, 'ex', 3), (2, '', 1);`;

const CONTACTS2 = `
PRAGMA user_version = 1701;
CREATE TABLE accounts (_id INTEGER PRIMARY KEY AUTOINCREMENT, account_name TEXT, account_type TEXT, data_set TEXT);
CREATE TABLE mimetypes (_id INTEGER PRIMARY KEY AUTOINCREMENT, mimetype TEXT NOT NULL); CREATE UNIQUE INDEX mime_type ON mimetypes (mimetype);
CREATE TABLE contacts (_id INTEGER PRIMARY KEY AUTOINCREMENT, name_raw_contact_id INTEGER REFERENCES raw_contacts(_id), photo_id INTEGER REFERENCES data(_id), custom_ringtone TEXT, send_to_voicemail INTEGER NOT NULL DEFAULT 0, times_contacted INTEGER NOT NULL DEFAULT 0, starred INTEGER NOT NULL DEFAULT 0, has_phone_number INTEGER NOT NULL DEFAULT 0, lookup TEXT, contact_last_updated_timestamp INTEGER);
CREATE TABLE raw_contacts (_id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER REFERENCES accounts(_id), sourceid TEXT, version INTEGER NOT NULL DEFAULT 1, dirty INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0, contact_id INTEGER REFERENCES contacts(_id), display_name TEXT, phonetic_name TEXT, sort_key TEXT COLLATE NOCASE, sync1 TEXT);
CREATE TABLE data (_id INTEGER PRIMARY KEY AUTOINCREMENT, mimetype_id INTEGER REFERENCES mimetypes(_id) NOT NULL, raw_contact_id INTEGER REFERENCES raw_contacts(_id) NOT NULL, is_primary INTEGER NOT NULL DEFAULT 0, data_version INTEGER NOT NULL DEFAULT 0, data1 TEXT, data2 TEXT, data3 TEXT, data14 TEXT, data15 BLOB);
CREATE TABLE deleted_contacts (contact_id INTEGER PRIMARY KEY, contact_deleted_timestamp INTEGER NOT NULL DEFAULT 0);
CREATE TABLE phone_lookup (data_id INTEGER REFERENCES data(_id) NOT NULL, raw_contact_id INTEGER REFERENCES raw_contacts(_id) NOT NULL, normalized_number TEXT NOT NULL, min_match TEXT NOT NULL);
CREATE TABLE name_lookup (data_id INTEGER REFERENCES data(_id) NOT NULL, raw_contact_id INTEGER NOT NULL, normalized_name TEXT NOT NULL, name_type INTEGER NOT NULL, PRIMARY KEY (data_id, normalized_name, name_type));
CREATE TABLE android_metadata (locale TEXT); CREATE TABLE properties (property_key TEXT PRIMARY KEY, property_value TEXT);
CREATE INDEX raw_contacts_contact_id_index ON raw_contacts (contact_id); CREATE INDEX data_raw_contact_id ON data (raw_contact_id);
CREATE INDEX data_mimetype_data1_index ON data (mimetype_id, data1); CREATE INDEX phone_lookup_index ON phone_lookup (normalized_number, raw_contact_id, data_id);
CREATE TRIGGER raw_contacts_deleted BEFORE DELETE ON raw_contacts BEGIN DELETE FROM data WHERE raw_contact_id = OLD._id;
  DELETE FROM contacts WHERE _id = OLD.contact_id AND 1 = (SELECT count(*) FROM raw_contacts WHERE contact_id = OLD.contact_id); END;
CREATE TRIGGER raw_contacts_marked_deleted AFTER UPDATE ON raw_contacts BEGIN UPDATE raw_contacts SET version = OLD.version + 1 WHERE _id = OLD._id AND NEW.deleted != OLD.deleted; END;
CREATE TRIGGER data_updated AFTER UPDATE ON data BEGIN UPDATE data SET data_version = OLD.data_version + 1 WHERE _id = OLD._id; UPDATE raw_contacts SET version = version + 1 WHERE _id = OLD.raw_contact_id; END;
CREATE TRIGGER data_deleted BEFORE DELETE ON data BEGIN UPDATE raw_contacts SET version = version + 1 WHERE _id = OLD.raw_contact_id; DELETE FROM phone_lookup WHERE data_id = OLD._id; DELETE FROM name_lookup WHERE data_id = OLD._id; END;
CREATE VIEW view_data AS SELECT data._id AS _id, raw_contacts.display_name, mimetypes.mimetype, data1, data15 FROM data JOIN mimetypes ON data.mimetype_id = mimetypes._id JOIN raw_contacts ON data.raw_contact_id = raw_contacts._id;
INSERT INTO android_metadata VALUES ('de_DE'); INSERT INTO accounts (account_name, account_type) VALUES ('ann@example.org', 'com.example'), (NULL, NULL);
INSERT INTO mimetypes (mimetype) VALUES ('vnd.android.cursor.item/name'), ('vnd.android.cursor.item/phone_v2'), ('vnd.android.cursor.item/photo');
${numbers(120)} INSERT INTO contacts (name_raw_contact_id, lookup) SELECT i, 'r' || i FROM n;
${numbers(120)} INSERT INTO raw_contacts (account_id, contact_id, display_name, sort_key) SELECT 1 + i % 2, i, 'Person ' || i, 'person ' || i FROM n;
${numbers(120)} INSERT INTO data (mimetype_id, raw_contact_id, data1) SELECT 2, i, '+49 170 ' || (1000000 + i) FROM n;
${numbers(12)} INSERT INTO data (mimetype_id, raw_contact_id, data15) SELECT 3, i, zeroblob(9000 + i * 777) FROM n;
${numbers(120)} INSERT INTO phone_lookup SELECT i, i, '+49170' || (1000000 + i), substr('00' || i, -3) FROM n;
${numbers(120)} INSERT INTO name_lookup SELECT i, i, lower(hex('Person ' || i)), i % 4 FROM n;`;

const MESSAGES = `
CREATE TABLE canonical_addresses (_id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT);
CREATE TABLE threads (_id INTEGER PRIMARY KEY AUTOINCREMENT, date INTEGER DEFAULT 0, message_count INTEGER DEFAULT 0, snippet TEXT, read INTEGER DEFAULT 1);
CREATE TABLE sms (_id INTEGER PRIMARY KEY, thread_id INTEGER, address TEXT, date INTEGER, read INTEGER DEFAULT 0, body TEXT);
CREATE VIRTUAL TABLE words USING fts4 (index_text, tokenize=simple);
CREATE INDEX thread_index ON sms (thread_id);
CREATE TRIGGER sms_words_insert AFTER INSERT ON sms BEGIN INSERT INTO words (docid, index_text) VALUES (new._id, new.body); END;
CREATE TRIGGER sms_words_delete AFTER DELETE ON sms BEGIN DELETE FROM words WHERE docid = old._id; END;
CREATE TRIGGER sms_words_update AFTER UPDATE OF body ON sms BEGIN UPDATE words SET index_text = new.body WHERE docid = new._id; END;
CREATE TRIGGER sms_update_thread AFTER INSERT ON sms BEGIN UPDATE threads SET message_count = message_count + 1, snippet = new.body WHERE _id = new.thread_id; END;
${numbers(20)} INSERT INTO threads (date) SELECT 1700000000 + i FROM n; ${numbers(20)} INSERT INTO canonical_addresses (address) SELECT '+49' || i FROM n;
${numbers(200)} INSERT INTO sms (thread_id, address, date, body) SELECT 1 + i % 20, '+49' || (1 + i % 20), 1700000000 + i, 'Some words of message ' || i FROM n;`;

const CHINOOK = `
PRAGMA foreign_keys = ON;
CREATE TABLE [Artist] ([ArtistId] INTEGER NOT NULL, [Name] NVARCHAR(120), CONSTRAINT [PK_Artist] PRIMARY KEY ([ArtistId]));
CREATE TABLE [Album] ([AlbumId] INTEGER NOT NULL, [Title] NVARCHAR(160) NOT NULL, [ArtistId] INTEGER NOT NULL, CONSTRAINT [PK_Album] PRIMARY KEY ([AlbumId]), FOREIGN KEY ([ArtistId]) REFERENCES [Artist] ([ArtistId]) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE [Track] ([TrackId] INTEGER NOT NULL, [Name] NVARCHAR(200) NOT NULL, [AlbumId] INTEGER, [Milliseconds] INTEGER NOT NULL, [UnitPrice] NUMERIC(10,2) NOT NULL, CONSTRAINT [PK_Track] PRIMARY KEY ([TrackId]), FOREIGN KEY ([AlbumId]) REFERENCES [Album] ([AlbumId]) ON DELETE SET NULL);
CREATE TABLE [Playlist] ([PlaylistId] INTEGER NOT NULL, [Name] NVARCHAR(120), CONSTRAINT [PK_Playlist] PRIMARY KEY ([PlaylistId]));
CREATE TABLE [PlaylistTrack] ([PlaylistId] INTEGER NOT NULL, [TrackId] INTEGER NOT NULL, CONSTRAINT [PK_PlaylistTrack] PRIMARY KEY ([PlaylistId], [TrackId]), FOREIGN KEY ([TrackId]) REFERENCES [Track] ([TrackId]) ON DELETE CASCADE);
CREATE UNIQUE INDEX [IPK_PlaylistTrack] ON [PlaylistTrack] ([PlaylistId], [TrackId]); CREATE INDEX [IFK_TrackAlbumId] ON [Track] ([AlbumId]);
${numbers(30)} INSERT INTO Artist SELECT i, 'Artist ' || i FROM n; ${numbers(90)} INSERT INTO Album SELECT i, 'Album ' || i, i % 30 + 1 FROM n;
${numbers(300)} INSERT INTO Track SELECT i, 'Track ' || i, i % 90 + 1, i * 1000, 0.99 FROM n; ${numbers(5)} INSERT INTO Playlist SELECT i, 'List ' || i FROM n;
${numbers(200)} INSERT INTO PlaylistTrack SELECT i % 5 + 1, i FROM n;`;

const ODDMENTS = `
PRAGMA application_id = -7; PRAGMA user_version = -2147483648;
CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT, n NUMERIC, UNIQUE (t, n) ON CONFLICT REPLACE);
CREATE TABLE generated (id INTEGER PRIMARY KEY, w REAL, h REAL, area AS (w * h), label TEXT AS ('#' || id) STORED, note TEXT CHECK (note <> 'no'));
CREATE TABLE wide (a TEXT COLLATE NOCASE, b INT, c BLOB, d REAL, e, PRIMARY KEY (c, a DESC)) WITHOUT ROWID;
CREATE TABLE strict_one (id INT PRIMARY KEY, n INTEGER, t TEXT, any ANY) STRICT;
CREATE TABLE rowid (oid TEXT, rowid INT); CREATE TABLE "a ""b"" [c]" ("x.y" TEXT, "select" INT, 'ä' REAL);
CREATE TABLE nothing_in_it (x); CREATE TABLE log (at INTEGER DEFAULT 5, what TEXT);
CREATE INDEX part ON auto (t) WHERE n > 100; CREATE INDEX expr ON auto (lower(t), n + 1); CREATE INDEX coll ON wide (e COLLATE RTRIM DESC); CREATE UNIQUE INDEX area ON generated (area, label);
CREATE TRIGGER logged AFTER UPDATE ON auto WHEN old.t IS NOT new.t BEGIN INSERT INTO log (what) VALUES (old.t || '→' || new.t); END;
CREATE TRIGGER logged_too AFTER INSERT ON wide BEGIN INSERT INTO log VALUES (NULL, hex(new.c)); DELETE FROM log WHERE rowid % 5 = 0; END;
CREATE VIEW all_of_it AS WITH x AS (SELECT t FROM auto) SELECT t, count(*) OVER () AS c FROM x; CREATE TRIGGER through INSTEAD OF INSERT ON all_of_it BEGIN INSERT INTO auto (t) VALUES (new.t); END;
${numbers(80)} INSERT INTO auto (t, n) SELECT 'T' || i, i * 3.5 FROM n; ${numbers(60)} INSERT INTO generated (id, w, h) SELECT i, i, 0.5 FROM n;
${numbers(70)} INSERT INTO wide SELECT 'K' || i, i, zeroblob(i % 3), i, NULL FROM n; ${numbers(30)} INSERT INTO strict_one SELECT i, i, 't', x'00' FROM n;
INSERT INTO rowid VALUES ('r', 1), (NULL, 2); INSERT INTO "a ""b"" [c]" VALUES ('é', 1, 1.0), ('', 2, NULL); ANALYZE;`;

const UTF16 = `
PRAGMA encoding = 'UTF-16le'; PRAGMA page_size = 1024;
CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body TEXT); CREATE INDEX by_title ON notes (title); CREATE TABLE tags (tag TEXT PRIMARY KEY, n INT) WITHOUT ROWID;
${numbers(150)} INSERT INTO notes SELECT i, 'Notiz ü ' || i, '漢字 😀 ' || i FROM n; ${numbers(30)} INSERT INTO tags SELECT 'täg ' || i, i FROM n;`;

const LIBRARY = `
CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, pages INT);
CREATE VIRTUAL TABLE book_text USING fts5 (title, body, content='', prefix='2 3'); CREATE VIRTUAL TABLE kept USING fts5 (body);
${numbers(150)} INSERT INTO book SELECT i, 'Book ' || i, i FROM n; INSERT INTO book_text (rowid, title, body) SELECT id, title, 'words of ' || title FROM book; INSERT INTO kept SELECT title FROM book;`;

const PLACES_ON_A_MAP = `
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL); CREATE TABLE pois (fid INTEGER PRIMARY KEY AUTOINCREMENT, geom BLOB, name TEXT);
CREATE VIRTUAL TABLE rtree_pois_geom USING rtree (id, minx, maxx, miny, maxy);
${numbers(200)} INSERT INTO pois SELECT i, zeroblob(40), 'Poi ' || i FROM n; ${numbers(200)} INSERT INTO rtree_pois_geom SELECT i, i, i + 1, i * 2, i * 2 + 1 FROM n;`;

export const APPLICATIONS: readonly ApplicationSchema[] = [
  { what: 'Firefox places', sql: PLACES, way: 'logical' },
  {
    what: 'Android contacts, with triggers and views',
    sql: CONTACTS2,
    way: 'logical',
    round: (n) => `DELETE FROM raw_contacts WHERE _id IN (${n * 3}, ${n * 3 + 1}); UPDATE data SET data1 = 'edited' WHERE _id % 17 = ${n};`,
  },
  {
    what: 'Android messages, with FTS4',
    sql: MESSAGES,
    way: 'logical',
    round: (n) =>
      `INSERT INTO sms (thread_id, body) VALUES (${n}, 'fresh words ${n}'); ${n === 2 ? "INSERT INTO words (words) VALUES ('optimize');" : ''}`,
  },
  {
    what: 'Chinook, with foreign keys that cascade',
    sql: CHINOOK,
    way: 'logical',
    round: (n) =>
      `PRAGMA foreign_keys = ON; DELETE FROM Artist WHERE ArtistId = ${n * 2}; UPDATE Artist SET ArtistId = ArtistId + 1000 WHERE ArtistId = ${n * 2 + 1};`,
  },
  {
    what: 'generated columns, partial and expression indexes, STRICT, AUTOINCREMENT',
    sql: ODDMENTS,
    way: 'logical',
    round: (n) => `INSERT INTO all_of_it (t) VALUES ('by the view ${n}'); ${n === 2 ? 'ANALYZE; DELETE FROM auto WHERE id > 60;' : ''}`,
  },
  { what: 'UTF-16', sql: UTF16, way: 'logical' },
  {
    what: 'FTS5',
    sql: LIBRARY,
    way: 'exact',
    round: (n) =>
      `INSERT INTO kept VALUES ('more ${n}'); DELETE FROM kept WHERE rowid = ${n + 5}; INSERT INTO book_text (rowid, title) VALUES (${1000 + n}, 'new');`,
  },
  {
    what: 'R-tree, as in a GeoPackage',
    sql: PLACES_ON_A_MAP,
    way: 'exact',
    round: (n) => `UPDATE rtree_pois_geom SET maxx = maxx + 5 WHERE id = ${n};`,
  },
];
