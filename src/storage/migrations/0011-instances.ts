/**
 * `instance`: changed instances of series, each with a GUID of its own from the datastore's counter: a device whose format has no place for them
 * inside of the series gets them as items. `instance_key`: keyed hash of which instance of the series it is.
 */
export const INSTANCES = `
CREATE TABLE instance (
  datastore INTEGER NOT NULL REFERENCES datastore ON DELETE CASCADE,
  guid INTEGER NOT NULL,
  series INTEGER NOT NULL,
  instance_key TEXT NOT NULL,
  PRIMARY KEY (datastore, guid)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX instance_series ON instance (datastore, series, instance_key);
`;
