/** Opening a sync: datastore, anchors, fencing, resume. [Sync Protocol 1.1, "Sync Anchors"; DS 1.2, suspend and resume] */
import { Alert, opensEpoch, type SyncType } from '../model/alert.js';
import { findSpec, namesDatabase, queryOf, storeName, type DatastoreSpec } from '../model/datastore.js';
import type { OpenAnswer, OpenRequest } from '../model/effects.js';
import type { PairId } from '../model/ids.js';
import { Status } from '../model/status.js';
import type { DatastoreRecord } from '../storage/ports/datastores.js';
import type { AnchorPoint, IncomingObject, OpenSync, PairRecord } from '../storage/ports/pairs.js';
import { databaseOpening, databaseSync, instead, type DatabaseOpening } from './database/opening.js';
import { finish as finishDatabase } from './database/restored.js';
import { resumed as databaseResumed } from './database/sending.js';
import { MAX_UNCONFIRMED } from './incoming.js';
import { clearOpen, settle } from './settle.js';
import type { SyncWork } from './work.js';

/** Slow syncs in a row that were broken off, of which what they matched is remembered. */
const MAX_ABORTED = 8;

/** A query behind `?` in a LocURI that asks for a filter. [DS 1.2, "CGI filter grammar"] */
const CGI_FILTER = /\?.*&(EQ|NE|GT|GE|LT|LE|CON|NCON|iEQ|iCON|NULL);/i;

export async function openSync(work: SyncWork, request: OpenRequest): Promise<OpenAnswer> {
  const place = placeOf(work, request);
  if (typeof place === 'number') return { kind: 'refused', status: place };
  const { spec, database } = place;
  if (database && request.type === Alert.RefreshFromServer && !(await databaseSync(work, database, request.type)))
    return { kind: 'refused', status: Status.NotFound };
  const datastore = await datastoreOf(work, spec);
  let pair = await pairOf(work, datastore, request.clientUri);
  const last = clean(request.last);
  const next = clean(request.next) ?? '';
  // The client shows that it took our last word although its own last message never came: the sync before ended well.
  if (pair.tentative && last !== undefined && last === pair.tentative.clientNext) {
    if (database) await finishDatabase(work, pair.id, 'shown');
    pair = await settle(work, await work.pair(pair.id), pair.tentative);
  }

  const fresh = stampAfter(work.options.now, pair);
  const resumed = request.type === 'resume' ? resumable(work, pair, last) : undefined;
  const sizes = database && work.options.databases ? { maxObjSize: work.options.databases.maxFileBytes } : {};
  if (resumed) return { ...(await resume(work, pair, resumed, { last, next, serverNext: fresh })), ...sizes };

  const wanted = request.type !== 'resume' ? request.type : database ? instead(database, pair) : typeInstead(pair, last);
  const asked = bearable(work, wanted);
  const agreed = agreedPoint(pair, datastore, last);
  // The sync that ended last, once more: a late copy of its first message, or a client that did not get our last answer. Both ends already
  // have, or will have, the anchor that was given then.
  const repeats = agreed?.which === 'previous' && next !== '' && next === pair.current?.clientNext ? pair.current : undefined;
  const serverNext = repeats?.serverNext ?? fresh;
  const type = opensEpoch(asked) || agreed || keepsMode(work, asked) ? asked : widened(work, asked);
  const status = request.type === 'resume' || type !== wanted ? Status.RefreshRequired : Status.Ok;
  const opened = await begin(work, pair, { type, last, next, serverNext, agreed, anchorsDiffered: type !== asked });
  if (database && opened.open) {
    const sync = await databaseSync(work, database, type);
    if (!sync) return { kind: 'refused', status: Status.NotFound };
    work.save({ ...opened, open: { ...opened.open, database: sync } });
  }
  return {
    kind: 'opened',
    pair: opened.id,
    datastore: datastore.uri,
    type,
    status,
    next: serverNext,
    ...sizes,
    ...ourLast(pair, last),
  };
}

/** The datastore that is meant. @returns a Status where there is none, or what is asked for beside its name cannot be. */
function placeOf(work: SyncWork, request: OpenRequest): { readonly spec: DatastoreSpec; readonly database?: DatabaseOpening } | number {
  const { specs, tolerance } = work.options;
  const spec = findSpec(specs, request.serverUri, tolerance);
  if (!spec && namesDatabase(request.serverUri)) {
    const database = databaseOpening(work, request);
    return typeof database === 'number' ? database : { spec: database.spec, database };
  }
  if (!spec) return Status.NotFound;
  const query = queryOf(request.serverUri);
  if (CGI_FILTER.test(query)) return Status.FeatureNotSupported;
  if (query !== '' && !tolerance.allows('store-query')) return Status.BadCgiScript;
  return { spec };
}

/** The type of a sync that was to be resumed and cannot be. */
const typeInstead = (pair: PairRecord, last: string | undefined): SyncType =>
  last === undefined && pair.open ? pair.open.type : Alert.TwoWay;

/** The client disagrees with our anchor: the sync that was opened goes on as a slow one. */
export async function widen(work: SyncWork, id: PairId): Promise<SyncType> {
  const pair = await work.pair(id);
  const open = pair.open;
  const type: SyncType =
    open && work.traits.sync?.refreshes !== false && (open.type === Alert.OneWayFromServer || open.type === Alert.RefreshFromServer)
      ? Alert.RefreshFromServer
      : Alert.SlowSync;
  if (open?.type === type) return type;
  await begin(work, pair, {
    type,
    last: open?.clientLast,
    next: open?.clientNext ?? '',
    serverNext: open?.serverNext ?? stampAfter(work.options.now, pair),
    agreed: undefined,
    anchorsDiffered: true,
  });
  return type;
}

async function datastoreOf(work: SyncWork, spec: DatastoreSpec): Promise<DatastoreRecord> {
  return (await work.account.datastores.byUri(spec.uri)) ?? (await work.account.datastores.create(spec.uri, spec.kind, spec.policy));
}

async function pairOf(work: SyncWork, datastore: DatastoreRecord, clientUri: string): Promise<PairRecord> {
  const found = await work.account.pairs.find(work.device.id, datastore.id, clientUri);
  return work.pair((found ?? (await work.account.pairs.create(work.device.id, datastore.id, clientUri))).id);
}

interface Agreed extends AnchorPoint {
  readonly which: 'current' | 'previous';
}

/** The anchor that the client's Last names. The one before the last still counts: its last answer may have been lost. */
function agreedPoint(pair: PairRecord, datastore: DatastoreRecord, last: string | undefined): Agreed | undefined {
  if (last === undefined || pair.slowNeeded) return undefined;
  const found = pointNamed(pair, last);
  return found && found.position >= datastore.floor ? found : undefined;
}

function pointNamed({ current, previous }: PairRecord, last: string): Agreed | undefined {
  if (current?.clientNext === last) return { ...current, which: 'current' };
  return previous?.clientNext === last ? { ...previous, which: 'previous' } : undefined;
}

/** Our Last: what we gave as Next in the sync that the client's Last is of, which is not the one that ended last when its answer was lost. */
function ourLast(pair: PairRecord, last: string | undefined): { readonly last?: string } {
  const point = (last === undefined ? undefined : pointNamed(pair, last)) ?? pair.current;
  return point ? { last: point.serverNext } : {};
}

/** What runs instead when the anchors do not match. Never a type that lets one side's set replace the server's. */
const widened = ({ traits }: SyncWork, type: SyncType): SyncType =>
  type === Alert.OneWayFromServer && traits.sync?.refreshes !== false ? Alert.RefreshFromServer : Alert.SlowSync;

/** @NOTE some devices cannot do any other than a slow sync. */
const bearable = ({ traits }: SyncWork, type: SyncType): SyncType =>
  traits.sync?.slowOnly && type === Alert.TwoWay ? Alert.SlowSync : type;

/**
 * @NOTE Siemens S55 does not go on when its two-way sync is answered with a slow one. Its changes are taken as they are, and all it is not known
 * to hold goes out: the map of the last sync is what it is held to have.
 */
const keepsMode = ({ traits }: SyncWork, type: SyncType): boolean => traits.sync?.changesMode === false && type === Alert.TwoWay;

async function begin(
  work: SyncWork,
  pair: PairRecord,
  sync: {
    type: SyncType;
    last: string | undefined;
    next: string;
    serverNext: string;
    agreed: Agreed | undefined;
    anchorsDiffered: boolean;
  },
): Promise<PairRecord> {
  const aborted = (pair.open?.hints ?? []).filter((h) => h.aborted);
  if (pair.open && opensEpoch(pair.open.type)) aborted.unshift({ epoch: pair.open.epoch, aborted: true });
  await clearOpen(work, pair);
  const fresh = opensEpoch(sync.type);
  const epoch = fresh ? pair.lastEpoch + 1 : (pair.current?.epoch ?? pair.lastEpoch);
  const hints = [...aborted.slice(0, MAX_ABORTED), ...(pair.current ? [{ epoch: pair.current.epoch, aborted: false }] : [])].filter(
    (h) => h.epoch !== epoch,
  );
  const open: OpenSync = {
    type: sync.type,
    clientNext: sync.next,
    ...(sync.last === undefined ? {} : { clientLast: sync.last }),
    serverNext: sync.serverNext,
    epoch,
    base: sync.agreed?.position ?? 0,
    ...(sync.agreed?.which === 'previous' ? { redoAfter: sync.agreed.generation } : {}),
    ...(fresh ? { hints } : {}),
    ...(sync.anchorsDiffered ? { anchorsDiffered: true } : {}),
    phase: 'opened',
    startedAt: work.options.now,
  };
  if (fresh) await work.account.idMap.keepEpochs(pair.id, [epoch, ...hints.map((h) => h.epoch)], oldestGone(pair));
  // What we offered was not taken: the client would have shown it.
  const { tentative: _, ...rest } = pair;
  return work.save({
    ...rest,
    lastEpoch: Math.max(epoch, pair.lastEpoch),
    slowNeeded: pair.slowNeeded || fresh,
    fence: work.options.token,
    open,
  });
}

/** Rows of deleted pairs stay for two generations. */
export const oldestGone = (pair: PairRecord): number => (pair.current?.generation ?? 0) - 1;

function resumable(work: SyncWork, pair: PairRecord, last: string | undefined): OpenSync | undefined {
  const open = pair.open;
  if (!open || open.phase === 'opened' || work.options.now - open.startedAt > work.options.limits.resumeAge) return undefined;
  const known = last === undefined || last === open.clientLast || last === pair.current?.clientNext || last === pair.previous?.clientNext;
  return known ? open : undefined;
}

async function resume(
  work: SyncWork,
  pair: PairRecord,
  before: OpenSync,
  { last, next, serverNext }: { last: string | undefined; next: string; serverNext: string },
): Promise<OpenAnswer> {
  await restartWhole(work, pair, before);
  const open = databaseResumed(before);
  await work.account.outgoing.rewind(pair.id);
  const { partial: _, incoming, ...rest } = open;
  const phase = open.phase === 'sent' ? 'sending' : open.phase;
  work.save({
    ...pair,
    fence: work.options.token,
    open: { ...rest, phase, clientNext: next, serverNext, ...(incoming ? { incoming: doubtful(incoming) } : {}) },
  });
  const { datastore } = pair;
  const name = (await work.account.datastores.byId(datastore))?.uri ?? storeName(pair.clientUri);
  return {
    kind: 'opened',
    pair: pair.id,
    datastore: name,
    type: open.type,
    status: Status.Ok,
    next: serverNext,
    ...ourLast(pair, last),
    resumed: { received: phase === 'sending', ...(open.incoming ? { incoming: { luid: open.incoming.luid } } : {}) },
  };
}

/**
 * A large object that went out to its last part and was not answered goes out again from its beginning: a client that has all of it would
 * take the last part, which looks like any other item, for the whole.
 */
async function restartWhole(work: SyncWork, pair: PairRecord, open: OpenSync): Promise<void> {
  for (const entry of await work.account.outgoing.list(pair.id, ['sent'])) {
    if (entry.ackedBytes === undefined || entry.seq === open.partial?.seq) continue;
    const { ackedBytes: _a, sentBytes: _s, ...rest } = entry;
    await work.account.outgoing.save(pair.id, rest);
  }
}

/** Our 213 for the last chunk may have been lost: the client goes on with it or behind it. */
function doubtful(incoming: IncomingObject): IncomingObject {
  const { received, lastChunk, unconfirmed = [] } = incoming;
  if (lastChunk === 0) return incoming;
  const ranges = [...unconfirmed, { at: received - lastChunk, length: lastChunk }].slice(-MAX_UNCONFIRMED);
  return { ...incoming, unconfirmed: ranges };
}

/** Anchors are compared byte by byte after trimming white space; an empty one counts as none. */
function clean(anchor: string | undefined): string | undefined {
  const text = anchor?.trim();
  return text === '' ? undefined : text;
}

/** `20240131T101112Z`, later than any we gave this pair before: two sessions within a second differ. */
function stampAfter(now: number, pair: PairRecord): string {
  const given = [pair.current, pair.previous, pair.tentative, pair.open].map((p) => (p ? parseStamp(p.serverNext) : 0));
  return stamp(Math.max(now, ...given.map((ms) => ms + 1000)));
}
const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
const parseStamp = (text: string): number => Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
