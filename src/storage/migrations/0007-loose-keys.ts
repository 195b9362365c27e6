/** `loose_key`: what items have in common that may be one thing. Items of before get theirs when they change, or from "moorage doctor --repair". */
export const LOOSE_KEYS = `
ALTER TABLE item ADD COLUMN loose_key TEXT;
CREATE INDEX item_loose ON item (datastore, loose_key) WHERE deleted = 0 AND loose_key IS NOT NULL;
ALTER TABLE staged ADD COLUMN loose_key TEXT;
`;
