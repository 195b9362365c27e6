/**
 * `extra_copy`: LUIDs that stand for an item which the device holds under another LUID too; `content_key` is what it sent. `pair.growth`: how many
 * look-alikes the device adds, as JSON.
 */
export const EXTRA_COPIES = `
CREATE TABLE extra_copy (
  pair INTEGER NOT NULL REFERENCES pair ON DELETE CASCADE,
  epoch INTEGER NOT NULL,
  luid TEXT NOT NULL,
  guid INTEGER NOT NULL,
  content_key TEXT NOT NULL,
  PRIMARY KEY (pair, epoch, luid)
) STRICT, WITHOUT ROWID;
CREATE INDEX extra_copy_guid ON extra_copy (pair, epoch, guid);
ALTER TABLE pair ADD COLUMN growth TEXT;
`;
