/** A whole sync, from log-in to Map, for cases that are about its outcome or need one before they begin. */
import { Alert } from '../../model/alert.js';
import { Inconclusive } from '../case.js';
import type { Answer } from './answer.js';
import type { DeviceStore, LabDevice } from './device.js';
import type { Draft } from './drafts.js';
import type { LabSession, SendOptions, SessionOptions } from './session.js';

export interface SyncOptions {
  readonly store?: DeviceStore;
  readonly session?: SessionOptions;
  /** The type the server has to grant; left out: whatever it says. */
  readonly granted?: number;
  /** For package 3. */
  readonly push?: SendOptions;
  /** For package 5; `none` leaves it out. */
  readonly close?: SendOptions | 'none';
}

export interface SyncOutcome {
  readonly session: LabSession;
  /** Code of the server's Alert: the sync that ran. */
  readonly granted: number;
  /** All messages of package 4. */
  readonly package4: readonly Answer[];
  /** Package 6, where a package 5 was sent. */
  readonly package6: Answer | undefined;
}

/**
 * Runs a sync of one store with these commands in package 3, whatever type the server grants: a case that sends changes and needs them to be
 * taken as such says which type that has to be.
 * @throws {Inconclusive} when it does not come to its end, {CaseFailed} when no message comes.
 */
export async function sync(device: LabDevice, code: number, commands: readonly Draft[], options: SyncOptions = {}): Promise<SyncOutcome> {
  const store = options.store ?? device.store;
  const session = device.session(options.session);
  const granted = await session.openStore(code, { store });
  if (options.granted !== undefined && granted !== options.granted)
    throw new Inconclusive(`a sync of type ${granted} runs, not ${options.granted}`);
  if (granted === Alert.RefreshFromServer) store.items.clear();
  if (granted === Alert.SlowSync || granted === Alert.RefreshFromServer || granted === Alert.RefreshFromClient) store.unmapped.clear();
  const first = await session.push(commands, { store, ...options.push });
  const package4 = await session.pull(first);
  const asks = package4.some((answer) => answer.syncs.length > 0 || answer.alerts().length > 0);
  if (options.close === 'none' || (!asks && store.unmapped.size === 0)) {
    if (options.close !== 'none') session.settle();
    return { session, granted, package4, package6: undefined };
  }
  const package6 = await session.close(options.close ?? {});
  return { session, granted, package4, package6 };
}
