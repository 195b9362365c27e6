/**
 * Messages as they went over the wire, kept for laboratories while the configuration asks for it. `n` counts from 1 in a session; the oldest go
 * when there are too many. `bytes`: of both bodies.
 */
export const KEPT_MESSAGES = `
CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  token TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
  n INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  UNIQUE (token, n)
) STRICT;
CREATE INDEX message_account ON message (account);
`;
