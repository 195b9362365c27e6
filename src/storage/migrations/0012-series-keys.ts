/**
 * `series_key`: keyed hash of the UID that a series and its changed instances share, where each may be an item of its own. Items of before get theirs
 * when they change.
 */
export const SERIES_KEYS = `
ALTER TABLE item ADD COLUMN series_key TEXT;
CREATE INDEX item_series ON item (datastore, series_key) WHERE deleted = 0 AND series_key IS NOT NULL;
`;
