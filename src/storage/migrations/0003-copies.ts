/**
 * Copies of devices' files. A chunk of generation g is the row of its index with the highest generation not above g and not below the floor of
 * g; a row without a pack is a gap, which hides older rows. Rows of a draft are rows of its number. `hash` is enciphered; what a
 * generation or draft consists of in all is in its sealed column. `live_…` of a pack count the rows that name it.
 */
export const COPIES = `
CREATE TABLE copy (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  device INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
  file_key TEXT NOT NULL,
  way TEXT NOT NULL,
  method TEXT NOT NULL,
  last_number INTEGER NOT NULL,
  location TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  sealed BLOB,
  UNIQUE (device, file_key)
) STRICT;
CREATE INDEX copy_account ON copy (account, device);

CREATE TABLE copy_pack (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  copy INTEGER NOT NULL REFERENCES copy ON DELETE CASCADE,
  name TEXT NOT NULL UNIQUE,
  live_chunks INTEGER NOT NULL,
  live_bytes INTEGER NOT NULL,
  free_since INTEGER,
  gone INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX copy_pack_copy ON copy_pack (copy, live_bytes);
CREATE INDEX copy_pack_free ON copy_pack (gone, free_since) WHERE live_chunks = 0;

CREATE TABLE copy_chunk (
  copy INTEGER NOT NULL REFERENCES copy ON DELETE CASCADE,
  idx INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  written_for INTEGER NOT NULL,
  pack INTEGER,
  at INTEGER NOT NULL,
  length INTEGER NOT NULL,
  hash BLOB,
  PRIMARY KEY (copy, idx, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE copy_generation (
  copy INTEGER NOT NULL REFERENCES copy ON DELETE CASCADE,
  number INTEGER NOT NULL,
  base INTEGER,
  floor INTEGER NOT NULL,
  modification INTEGER NOT NULL,
  at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  way TEXT NOT NULL,
  received INTEGER NOT NULL,
  flags TEXT NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (copy, number)
) STRICT;

CREATE TABLE copy_draft (
  copy INTEGER PRIMARY KEY REFERENCES copy ON DELETE CASCADE,
  number INTEGER NOT NULL,
  base INTEGER,
  floor INTEGER NOT NULL,
  version INTEGER NOT NULL,
  size INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  received INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX copy_draft_age ON copy_draft (updated_at);

CREATE TABLE copy_update (
  id INTEGER PRIMARY KEY,
  copy INTEGER NOT NULL REFERENCES copy ON DELETE CASCADE,
  generation INTEGER NOT NULL,
  name_key TEXT NOT NULL,
  size INTEGER NOT NULL,
  sealed_head BLOB NOT NULL,
  content BLOB NOT NULL,
  UNIQUE (copy, generation, name_key)
) STRICT;
`;
