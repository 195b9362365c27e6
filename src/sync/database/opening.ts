/** Opening a sync of `./db/<file>`: may it be, and of what is a restore? [docs/device-backup-protocol.md, "Datastores", "Restore"] */
import { Alert, type SyncType } from '../../model/alert.js';
import { databaseFile, databaseUri, queryOf, type DatastoreSpec } from '../../model/datastore.js';
import type { OpenRequest } from '../../model/effects.js';
import { Status } from '../../model/status.js';
import type { DatabaseSync, PairRecord } from '../../storage/ports/pairs.js';
import type { SyncWork } from '../work.js';
import { parseCopyQuery, type CopyQuery } from './query.js';
import { chooseCopy } from './restore-plan.js';

export interface DatabaseOpening {
  readonly spec: DatastoreSpec;
  readonly file: string;
  readonly query: CopyQuery;
  /** Something is asked for that only a restore has. */
  readonly asksRestore: boolean;
}

/** @returns a Status where the sync cannot be. */
export function databaseOpening(work: SyncWork, { serverUri, type }: Pick<OpenRequest, 'serverUri' | 'type'>): DatabaseOpening | number {
  const file = databaseFile(serverUri);
  if (file === undefined || !work.options.databases) return Status.NotFound;
  const query = parseCopyQuery(queryOf(serverUri));
  if (!query) return Status.BadCgiScript;
  if (type === Alert.OneWayFromServer) return Status.FeatureNotSupported;
  const asksRestore = Object.keys(query).length > 0;
  if (asksRestore && type !== Alert.RefreshFromServer && type !== 'resume') return Status.BadCgiScript;
  const spec: DatastoreSpec = { uri: databaseUri(file), kind: 'database', types: [], policy: 'client-wins', aliases: [] };
  return { spec, file, query, asksRestore };
}

/** The type of a sync that was to be resumed and cannot be. */
export const instead = ({ asksRestore }: DatabaseOpening, pair: PairRecord): SyncType =>
  asksRestore || pair.open?.type === Alert.RefreshFromServer ? Alert.RefreshFromServer : Alert.TwoWay;

/** What the sync begins with. Undefined: a restore of what is not there. */
export async function databaseSync(work: SyncWork, { file, query }: DatabaseOpening, type: SyncType): Promise<DatabaseSync | undefined> {
  if (type !== Alert.RefreshFromServer) return { entries: [] };
  const chosen = await chooseCopy(work, file, query);
  if (!chosen) return undefined;
  return {
    from: { copy: chosen.copy.id, generation: chosen.generation.number },
    ...(query.coding === undefined ? {} : { coding: query.coding }),
    ...(query.classic ? { classic: true } : {}),
    entries: [],
  };
}
