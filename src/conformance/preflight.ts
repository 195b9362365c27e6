/** What has to be known of a server before its first case: whether it lets us in, how, and what its datastores hold. */
import { Alert } from '../model/alert.js';
import type { DevInf, DevInfDataStore } from '../model/devinf.js';
import { UserError } from '../model/errors.js';
import { Status } from '../model/status.js';
import { CaseFailed, Inconclusive, type Variant } from './case.js';
import type { AuthMethod } from './lab/credentials.js';
import * as drafts from './lab/drafts.js';
import type { HttpClient } from './lab/http.js';
import { kindFor, type ItemKind } from './lab/items.js';
import { Lab, plainName } from './lab/lab.js';
import { isRefusal } from './lab/session.js';
import type { Findings, Target } from './lab/target.js';

export interface Server {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly datastore: string;
  /** Names of the devices the server lets in, where it knows its devices. */
  readonly devices?: readonly string[] | undefined;
}

const FALLBACK = kindFor(['text/x-vcard']) as ItemKind;

/** Datastores by the word their name usually holds, for servers that say nothing of themselves. */
const BY_NAME: readonly (readonly [pattern: RegExp, type: string])[] = [
  [/cal|event/i, 'text/x-vcalendar'],
  [/task|todo/i, 'text/x-vcalendar'],
  [/note|memo/i, 'text/plain'],
  [/cont|card|addr/i, 'text/x-vcard'],
];

function kindOf(store: DevInfDataStore | undefined, name: string): ItemKind {
  const types = store ? [...(store.rxPref ? [store.rxPref] : []), ...store.rx].map(({ ctType }) => ctType) : [];
  const guess = BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
  return kindFor(types) ?? (guess === undefined ? undefined : kindFor([guess])) ?? FALLBACK;
}

/** The server's device information, asked for in a session that opens nothing else. */
async function devInfOf(lab: Lab): Promise<DevInf | undefined> {
  const device = lab.device({ devInf: 'none' });
  const session = device.session();
  const get = drafts.get(device.devInfUri, device.devInfType);
  let answer = await session.open([session.alert(Alert.SlowSync), get]);
  for (let more = 0; more < 20; more += 1) {
    const data = answer.results[0]?.items[0]?.data;
    if (data?.kind === 'devinf') return data.devinf;
    if (answer.final) return undefined;
    answer = await session.more();
  }
  return undefined;
}

/** Logs in once with each way. @throws {UserError} when none of them lets us in. */
async function authOf(labFor: (auth: AuthMethod) => Lab): Promise<AuthMethod> {
  const seen: string[] = [];
  for (const auth of ['basic', 'md5'] as const) {
    const lab = labFor(auth);
    const session = lab.device().session();
    try {
      const answer = await session.open([session.alert(Alert.SlowSync)]);
      const store = session.codes(session.alert(Alert.SlowSync));
      if (!isRefusal(answer.headerCode) && store.every((code) => code < 500)) return session.device.auth;
      seen.push(`${auth}: ${answer.summary}`);
    } catch (error) {
      if (!(error instanceof CaseFailed) && !(error instanceof Inconclusive)) throw error;
      seen.push(`${auth}: ${error.message}`);
    }
  }
  throw new UserError(
    `The server lets the suite in neither with basic nor with md5. Are the URL, --user and --password right?\n  ${seen.join('\n  ')}`,
  );
}

export interface Preflight {
  readonly target: Target;
  readonly findings: Findings;
}

/**
 * Gets to know the server in one variant. @throws {UserError} when it cannot be reached or does not let us in.
 */
export async function preflight(server: Server, variant: Variant, http: HttpClient, run: string, serial: () => number): Promise<Preflight> {
  const named = kindOf(undefined, server.datastore);
  const labFor = (auth: AuthMethod, kind = named): Lab =>
    new Lab({
      target: { ...server, auth },
      findings: { kind, devInf: undefined, second: undefined },
      variant,
      http,
      caseId: `preflight${auth}`,
      run,
      serial,
    });
  const auth = await authOf(labFor);
  let devInf: DevInf | undefined;
  try {
    devInf = await devInfOf(labFor(auth));
  } catch (error) {
    // A server that cannot say what it is can still be tested: its cases of device information will tell.
    if (!(error instanceof CaseFailed) && !(error instanceof Inconclusive)) throw error;
  }
  const byName = (name: string): DevInfDataStore | undefined =>
    devInf?.dataStores.find(({ sourceRef }) => plainName(sourceRef) === plainName(name));
  const kind = kindOf(byName(server.datastore), server.datastore);
  const other = devInf?.dataStores.find(
    ({ sourceRef, rxPref }) => plainName(sourceRef) !== plainName(server.datastore) && rxPref && kindFor([rxPref.ctType]),
  );
  const second = other ? { datastore: plainName(other.sourceRef), kind: kindOf(other, other.sourceRef) } : undefined;
  return { target: { ...server, auth }, findings: { kind, devInf, second } };
}

/** Items in the datastore: what is there before the first case is somebody's. @throws {Inconclusive} */
export async function itemsIn(lab: Lab): Promise<number> {
  return (await lab.contents()).length;
}

/** Empties the datastore, by a refresh from a client that has nothing, or by deleting item by item where the server has no refresh. */
export async function empty(lab: Lab): Promise<void> {
  const refresher = lab.device();
  const session = refresher.session();
  const alert = session.alert(Alert.RefreshFromClient);
  await session.open([alert]);
  if (session.code(alert) === Status.Ok) {
    await session.pull(await session.push([]));
    return;
  }
  const eraser = lab.device();
  await lab.sync(eraser, Alert.SlowSync);
  const luids = [...eraser.store.items.keys()];
  await lab.sync(
    eraser,
    Alert.TwoWay,
    luids.map((luid) => drafts.remove(luid)),
    { granted: Alert.TwoWay },
  );
}
