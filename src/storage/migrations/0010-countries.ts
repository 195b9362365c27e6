/**
 * `country`: where telephone numbers of a user without the prefix of a country are; NULL: the server's configuration says. A device's own is in what
 * is sealed of it. `outgoing.luid`: a Delete for another copy of the item than the one in the map.
 */
export const COUNTRIES = `
ALTER TABLE account ADD COLUMN country TEXT;
ALTER TABLE outgoing ADD COLUMN luid TEXT;
`;
