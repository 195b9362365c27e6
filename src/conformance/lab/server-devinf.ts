/** The server's device information, as a client asks for it. */
import { Alert } from '../../model/alert.js';
import type { DevInf, DevInfDataStore } from '../../model/devinf.js';
import type { Item, ResultsCommand } from '../../model/message.js';
import type { Answer } from './answer.js';
import type { LabDevice } from './device.js';
import * as drafts from './drafts.js';
import type { Draft } from './drafts.js';
import { plainName, type Lab } from './lab.js';
import type { LabSession } from './session.js';

const MOST_MESSAGES = 20;

export interface Asked {
  readonly session: LabSession;
  readonly get: Draft;
  /** The message that holds the Results; the last one where none does. */
  readonly answer: Answer;
  readonly results: ResultsCommand | undefined;
}

/** Gets a URI in package 1, and reads on until Results come or the package ends. */
export async function ask(device: LabDevice, uri: string = device.devInfUri): Promise<Asked> {
  const session = device.session();
  const get = drafts.get(uri, device.devInfType);
  let answer = await session.open([session.alert(Alert.SlowSync), get]);
  for (let more = 0; answer.results.length === 0 && !answer.final && more < MOST_MESSAGES; more += 1) answer = await session.more();
  return { session, get, answer, results: answer.results[0] };
}

export interface ServerDevInf extends Asked {
  readonly results: ResultsCommand;
  readonly item: Item;
  readonly devInf: DevInf;
}

/** @throws {Inconclusive} when no device information comes. */
export async function serverDevInf(lab: Lab, device: LabDevice = lab.device()): Promise<ServerDevInf> {
  const asked = await ask(device);
  const item = asked.results?.items[0];
  if (!asked.results || item?.data?.kind !== 'devinf') {
    lab.given(false, 'the server gives no device information');
    throw new Error('unreachable');
  }
  return { ...asked, results: asked.results, item, devInf: item.data.devinf };
}

/** What is said of the datastore under test. @throws {Inconclusive} */
export function storeIn(lab: Lab, devInf: DevInf): DevInfDataStore {
  const store = devInf.dataStores.find(({ sourceRef }) => plainName(sourceRef) === plainName(lab.target.datastore));
  if (!store) {
    lab.given(false, `the device information has no datastore ${lab.target.datastore}`);
    throw new Error('unreachable');
  }
  return store;
}
