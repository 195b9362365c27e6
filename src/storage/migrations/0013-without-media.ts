/** The device holds the item without its pictures and sounds. */
export const WITHOUT_MEDIA = `
ALTER TABLE id_map ADD COLUMN without_media INTEGER NOT NULL DEFAULT 0;
`;
