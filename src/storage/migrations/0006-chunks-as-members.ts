/** `member`: 1 where a chunk is stored as a gzip member, so that its length in a restore is known without opening it; 0 for all that were written before. */
export const CHUNKS_AS_MEMBERS = `
ALTER TABLE copy_chunk ADD COLUMN member INTEGER NOT NULL DEFAULT 0 CHECK (member IN (0, 1));
`;
