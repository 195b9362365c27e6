/** `time_zone`: where the user's phones are, as far as nothing nearer tells; NULL: the server's configuration says. A device's own is in what is sealed of it. */
export const TIME_ZONES = `
ALTER TABLE account ADD COLUMN time_zone TEXT;
`;
