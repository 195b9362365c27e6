/**
 * `location`: where the account's copies go, when not where the server's configuration says. `service`: the account was taken over from an
 * account service, which is asked about devices that are new to it. `entitled`: 0 where a registered user may not use the service.
 */
export const ACCOUNT_SERVICES = `
ALTER TABLE account ADD COLUMN location TEXT;
ALTER TABLE account ADD COLUMN service INTEGER NOT NULL DEFAULT 0 CHECK (service IN (0, 1));
ALTER TABLE account ADD COLUMN entitled INTEGER NOT NULL DEFAULT 1 CHECK (entitled IN (0, 1));
`;
