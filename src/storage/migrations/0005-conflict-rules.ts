/**
 * `conflict_rule`: what stands when two sides changed the same, where a user, datastore or device has a rule of its own; NULL stands for all of
 * them. Datastores that had a policy other than the default keep it. `conflict.fields`: names of the fields that lost, as JSON; NULL: the item.
 */
export const CONFLICT_RULES = `
CREATE TABLE conflict_rule (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  datastore INTEGER REFERENCES datastore ON DELETE CASCADE,
  device INTEGER REFERENCES device ON DELETE CASCADE,
  sync TEXT CHECK (sync IN ('first', 'slow', 'normal')),
  policy TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX conflict_rule_key ON conflict_rule (account, COALESCE(datastore, 0), COALESCE(device, 0), COALESCE(sync, ''));
CREATE INDEX conflict_rule_datastore ON conflict_rule (datastore) WHERE datastore IS NOT NULL;
CREATE INDEX conflict_rule_device ON conflict_rule (device) WHERE device IS NOT NULL;
INSERT INTO conflict_rule (account, datastore, policy)
  SELECT account, id, policy FROM datastore WHERE kind <> 'database' AND policy <> 'client-wins';
ALTER TABLE conflict ADD COLUMN fields TEXT;
`;
