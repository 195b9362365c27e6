/**
 * The first shape. Sealed columns are BLOBs named `sealed…`, `content`, `lost` and `kept`; everything else is clear.
 * GUIDs are stored as the number they stand for (`guidOf`), so that the order of keys is the order of GUIDs.
 *
 * The change log is the index `item_position`: an item stands in it once, at its newest change. A separate log would say more
 * often the same (who asks for changes after a position wants every changed item once), and would grow.
 */
export const FIRST = `
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  locked_at INTEGER,
  quota_bytes INTEGER,
  sealed_credential BLOB
) STRICT;

-- Rows are only ever appended and overwritten in place, and stay as zeros when their account goes: were they deleted, SQLite would move
-- the keys of others between pages and leave copies behind that nobody could destroy.
CREATE TABLE account_key (
  account INTEGER PRIMARY KEY,
  wrapped BLOB NOT NULL
) STRICT;

CREATE TABLE failure (
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  device_uri TEXT NOT NULL,
  address TEXT NOT NULL,
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL,
  PRIMARY KEY (account, device_uri, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX failure_age ON failure (account, last_at);

CREATE TABLE device (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  uri TEXT NOT NULL,
  auth_count INTEGER NOT NULL,
  last_access_at INTEGER NOT NULL,
  refused_at INTEGER,
  ignores_resp_uri INTEGER NOT NULL,
  sealed_detail BLOB,
  devinf_key TEXT,
  sealed_devinf BLOB,
  UNIQUE (account, uri)
) STRICT;
CREATE INDEX device_uri ON device (uri);
CREATE INDEX device_refused ON device (refused_at) WHERE refused_at IS NOT NULL;

CREATE TABLE datastore (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  uri TEXT NOT NULL,
  kind TEXT NOT NULL,
  policy TEXT NOT NULL,
  last_guid INTEGER NOT NULL DEFAULT 0,
  position INTEGER NOT NULL DEFAULT 0,
  floor INTEGER NOT NULL DEFAULT 0,
  item_count INTEGER NOT NULL DEFAULT 0,
  used_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account, uri)
) STRICT;

CREATE TABLE item (
  datastore INTEGER NOT NULL REFERENCES datastore ON DELETE CASCADE,
  guid INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  position INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  type TEXT NOT NULL,
  canonical_key TEXT NOT NULL,
  identity_key TEXT,
  modified TEXT,
  size INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  changed_by INTEGER,
  PRIMARY KEY (datastore, guid)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_position ON item (datastore, position);
CREATE INDEX item_tombstone ON item (datastore, position) WHERE deleted = 1;
CREATE INDEX item_canonical ON item (datastore, canonical_key) WHERE deleted = 0;
CREATE INDEX item_identity ON item (datastore, identity_key) WHERE deleted = 0 AND identity_key IS NOT NULL;

-- Content of every revision, the newest too: a change leaves the old row where it is and only notes when it was superseded.
CREATE TABLE item_version (
  id INTEGER PRIMARY KEY,
  datastore INTEGER NOT NULL REFERENCES datastore ON DELETE CASCADE,
  guid INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  superseded_at INTEGER,
  blob TEXT,
  content BLOB
) STRICT;
CREATE UNIQUE INDEX item_version_key ON item_version (datastore, guid, revision);
CREATE INDEX item_version_superseded ON item_version (superseded_at) WHERE superseded_at IS NOT NULL;
CREATE INDEX item_version_blob ON item_version (blob) WHERE blob IS NOT NULL;

CREATE TABLE pair (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  device INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
  datastore INTEGER NOT NULL REFERENCES datastore ON DELETE CASCADE,
  client_uri TEXT NOT NULL,
  last_epoch INTEGER NOT NULL,
  slow_needed INTEGER NOT NULL,
  fence TEXT,
  current_anchor TEXT,
  previous_anchor TEXT,
  tentative_anchor TEXT,
  open_sync TEXT,
  last_sync TEXT,
  UNIQUE (device, datastore, client_uri)
) STRICT;
CREATE INDEX pair_datastore ON pair (datastore);
CREATE INDEX pair_account ON pair (account);
CREATE INDEX pair_open ON pair (id) WHERE open_sync IS NOT NULL;

CREATE TABLE id_map (
  pair INTEGER NOT NULL REFERENCES pair ON DELETE CASCADE,
  epoch INTEGER NOT NULL,
  guid INTEGER NOT NULL,
  luid TEXT,
  held_revision INTEGER,
  held_key TEXT,
  held_generation INTEGER,
  pending_revision INTEGER,
  owed INTEGER NOT NULL,
  gone INTEGER,
  soft INTEGER NOT NULL,
  PRIMARY KEY (pair, epoch, guid)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX id_map_luid ON id_map (pair, epoch, luid) WHERE luid IS NOT NULL;
CREATE INDEX id_map_unmapped ON id_map (pair, epoch, guid) WHERE luid IS NULL;
CREATE INDEX id_map_gone ON id_map (pair, gone) WHERE gone IS NOT NULL;
CREATE INDEX id_map_owed ON id_map (pair, epoch, guid) WHERE owed = 1;

CREATE TABLE outgoing (
  pair INTEGER NOT NULL REFERENCES pair ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  guid INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  msg_id INTEGER,
  cmd_id INTEGER,
  revision INTEGER,
  sent_bytes INTEGER,
  acked_bytes INTEGER,
  PRIMARY KEY (pair, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX outgoing_state ON outgoing (pair, state, seq);
CREATE INDEX outgoing_command ON outgoing (pair, msg_id, cmd_id) WHERE msg_id IS NOT NULL;

CREATE TABLE staged (
  id INTEGER PRIMARY KEY,
  pair INTEGER NOT NULL REFERENCES pair ON DELETE CASCADE,
  luid TEXT NOT NULL,
  type TEXT NOT NULL,
  canonical_key TEXT NOT NULL,
  identity_key TEXT,
  modified TEXT,
  size INTEGER NOT NULL,
  blob TEXT,
  content BLOB,
  UNIQUE (pair, luid)
) STRICT;
CREATE INDEX staged_blob ON staged (blob) WHERE blob IS NOT NULL;

CREATE TABLE chunk (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  owner TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  content BLOB NOT NULL,
  UNIQUE (account, owner, seq)
) STRICT;

CREATE TABLE conflict (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  at INTEGER NOT NULL,
  datastore INTEGER NOT NULL REFERENCES datastore ON DELETE CASCADE,
  guid INTEGER NOT NULL,
  device INTEGER,
  cause TEXT NOT NULL,
  decision TEXT NOT NULL,
  revision INTEGER NOT NULL,
  type TEXT NOT NULL,
  batch TEXT,
  undone_at INTEGER,
  lost BLOB,
  kept BLOB
) STRICT;
CREATE INDEX conflict_account ON conflict (account, id);
CREATE INDEX conflict_datastore ON conflict (datastore, id);
CREATE INDEX conflict_age ON conflict (at);

CREATE TABLE session (
  token TEXT PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  device INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
  device_uri TEXT NOT NULL,
  session_id TEXT NOT NULL,
  origin_key TEXT NOT NULL,
  last_msg_id INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  sealed_state BLOB NOT NULL
) STRICT;
CREATE INDEX session_source ON session (device_uri, session_id) WHERE ended = 0;
CREATE INDEX session_account ON session (account, started_at);
CREATE INDEX session_open ON session (account) WHERE ended = 0;
CREATE INDEX session_device ON session (device);
CREATE INDEX session_age ON session (ended, updated_at);

CREATE TABLE response (
  token TEXT PRIMARY KEY REFERENCES session ON DELETE CASCADE,
  msg_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
`;
