/** What a session needs to know of the device and its account. */
import { randomInt } from 'node:crypto';
import { UserError } from '../../model/errors.js';
import type { DevInf } from '../../model/devinf.js';
import { findAccount, saveNonces } from '../state/files.js';
import type { StateStore } from '../state/store.js';
import type { FileSettings } from '../types.js';
import type { SessionSettings } from './session-types.js';
import type { Turns } from './turns.js';

/** The device as the server knows it. */
export interface Device {
  /** Source/LocURI of every message. */
  readonly uri: string;
  readonly version: string;
  readonly turns: Turns;
}

/** Bytes of the largest answer we take: what is restored comes in parts of about this. */
const MAX_MSG_SIZE = 1_000_000;
const MAX_OBJ_SIZE = 1_000_000_000_000;

/** @throws {UserError} when the account's password is not known. */
export function sessionSettings(
  device: Device,
  store: StateStore,
  { server, user, auth, verifyServer }: Pick<FileSettings, 'server' | 'user' | 'auth' | 'verifyServer'>,
  source: string,
  suspend: AbortSignal | undefined,
): SessionSettings {
  const account = findAccount(store, server, user);
  if (!account) throw new UserError(`The password of ${user} at ${server} is not known. Give it with --password-stdin.`);
  return {
    server,
    device: device.uri,
    logIn: {
      user,
      password: account.password,
      method: auth,
      // Whoever listens to plain HTTP could ask for the password.
      mayUseBasic: auth === 'basic' || server.startsWith('https:'),
      verifyServer,
    },
    logInTurn: () => device.turns.take(`${server} ${user}`),
    nonces: () => findAccount(store, server, user)?.nonces ?? {},
    keepNonces: (nonces) => saveNonces(store, server, user, nonces),
    sessionId: randomInt(1, 10_000),
    maxMsgSize: MAX_MSG_SIZE,
    maxObjSize: MAX_OBJ_SIZE,
    devInf: account.devInfTaken ? undefined : devInfOf(device, source),
    suspend,
  };
}

const devInfOf = (device: Device, source: string): DevInf => ({
  verDtd: '1.2',
  man: 'Moorage',
  mod: 'Agent',
  swV: device.version,
  devId: device.uri,
  devTyp: 'workstation',
  utc: true,
  supportLargeObjs: true,
  supportNumberOfChanges: true,
  dataStores: [
    {
      sourceRef: source,
      rxPref: { ctType: 'application/octet-stream', verCt: '' },
      rx: [],
      txPref: { ctType: 'application/octet-stream', verCt: '' },
      tx: [],
      syncCap: ['1', '2', '6'],
    },
  ],
});
