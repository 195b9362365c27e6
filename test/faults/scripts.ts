/** Session scripts as data: what devices edit and sync, and what everybody holds at the end. Played undisturbed and with every fault. */
import { Alert, type SyncType } from '../../src/model/alert.js';
import type { DeviceProfile, StoreName } from '../model-client/profile.js';

/** Items are named by labels, see labels.ts. */
export type Step =
  | {
      readonly edit: string;
      readonly in: StoreName;
      readonly add?: readonly string[];
      readonly replace?: readonly string[];
      readonly remove?: readonly string[];
      /** Edits of items the device does not hold are left out. */
      readonly ifThere?: boolean;
    }
  | {
      readonly sync: string;
      readonly type?: SyncType;
      readonly stores?: readonly StoreName[];
      readonly combined?: boolean;
      readonly suspendAt?: number;
      readonly resume?: boolean;
      /** Two-way instead, while no anchor is agreed: 508 would turn a one-way sync from the server into a refresh, which takes the device's own. */
      readonly ifAgreed?: boolean;
    }
  /** The device loses its anchors: the next sync without a slow one is answered 508. */
  | { readonly forget: string };

export interface Script {
  readonly name: string;
  /** Devices of one user: what they have beside contacts over WBXML. */
  readonly devices: Readonly<Record<string, Partial<DeviceProfile> & { readonly has?: readonly StoreName[] }>>;
  readonly steps: readonly Step[];
  /** Contents of the server, and of every device once all have synced again. */
  readonly expect: Partial<Record<StoreName, readonly string[]>>;
  /** Contents of the server or of devices when the script has ended, where a one-way sync leaves them different. */
  /** Syncs that the server runs as another type than the one asked for. */
  readonly widens?: readonly string[];
  readonly ends?: Readonly<Record<string, Partial<Record<StoreName, readonly string[]>>>>;
}

const { OneWayFromClient, OneWayFromServer, RefreshFromClient, RefreshFromServer, SlowSync, TwoWay } = Alert;
const SMALL = { maxMsgSize: 2400, sendLimit: 1500 } as const;
const many = (prefix: string, count: number): readonly string[] => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

/** Both devices hold ann, bob and cat; anchors are agreed. */
const BOTH_HOLD: readonly Step[] = [
  { edit: 'a', in: 'contacts', add: ['ann', 'bob', 'cat'] },
  { sync: 'a', type: SlowSync },
  { sync: 'b', type: SlowSync },
];

export const SCRIPTS: readonly Script[] = [
  {
    name: 'first slow syncs, both sides filled, one contact on both',
    devices: { a: {}, b: { encoding: 'xml', version: '1.1', getsDevInf: true, devInf: 'get' } },
    steps: [
      { edit: 'a', in: 'contacts', add: ['ann', 'bob'] },
      { edit: 'b', in: 'contacts', add: ['bob', 'cat'] },
      { sync: 'a', type: SlowSync },
      { sync: 'b', type: SlowSync },
    ],
    expect: { contacts: ['ann', 'bob', 'cat'] },
  },
  {
    name: 'two-way: add, replace and delete on either side',
    devices: { a: { auth: 'md5' }, b: { newItemsAs: 'Replace' } },
    steps: [
      ...BOTH_HOLD,
      { edit: 'a', in: 'contacts', add: ['dan'], replace: ['ann#2'] },
      { edit: 'b', in: 'contacts', add: ['eve'], remove: ['cat'] },
      { sync: 'a', type: TwoWay },
      { sync: 'b', type: TwoWay },
      { sync: 'a', type: TwoWay },
    ],
    expect: { contacts: ['ann#2', 'bob', 'dan', 'eve'] },
  },
  {
    name: 'several messages both ways',
    devices: { a: SMALL, b: SMALL },
    steps: [
      { edit: 'a', in: 'contacts', add: many('ant', 9) },
      { edit: 'b', in: 'contacts', add: many('bee', 7) },
      { sync: 'a', type: SlowSync },
      { sync: 'b', type: SlowSync },
      { edit: 'b', in: 'contacts', replace: ['ant1#2', 'ant2#2'], remove: ['bee7'] },
      { sync: 'b', type: TwoWay },
      { sync: 'a', type: TwoWay },
    ],
    expect: { contacts: ['ant1#2', 'ant2#2', ...many('ant', 9).slice(2), ...many('bee', 6)] },
  },
  {
    name: 'large objects both ways',
    devices: { a: { ...SMALL, maxMsgSize: 5000, sendLimit: 4000 }, b: { maxMsgSize: 6000, sendLimit: 5000 } },
    steps: [
      { edit: 'a', in: 'contacts', add: ['ann', 'big*14000'] },
      { sync: 'a', type: SlowSync },
      { sync: 'b', type: SlowSync },
      { edit: 'b', in: 'contacts', replace: ['big#2*15000'] },
      { sync: 'b', type: TwoWay },
      { sync: 'a', type: TwoWay },
    ],
    expect: { contacts: ['ann', 'big#2*15000'] },
  },
  {
    name: 'refresh from client replaces what the server holds',
    devices: { a: {}, b: {} },
    steps: [
      ...BOTH_HOLD,
      { edit: 'b', in: 'contacts', add: ['dan'], remove: ['ann'] },
      { sync: 'b', type: TwoWay },
      { edit: 'a', in: 'contacts', replace: ['bob#2'] },
      { sync: 'a', type: RefreshFromClient },
    ],
    expect: { contacts: ['ann', 'bob#2', 'cat'] },
  },
  {
    name: 'refresh from server replaces what the device holds',
    devices: { a: SMALL, b: {} },
    steps: [
      ...BOTH_HOLD,
      { edit: 'a', in: 'contacts', add: ['dan'], replace: ['ann#2'] },
      { edit: 'b', in: 'contacts', remove: ['cat'] },
      { sync: 'b', type: TwoWay },
      { sync: 'a', type: RefreshFromServer },
    ],
    expect: { contacts: ['ann', 'bob'] },
  },
  {
    name: 'one-way from client',
    devices: { a: {}, b: {} },
    steps: [
      ...BOTH_HOLD,
      { edit: 'b', in: 'contacts', replace: ['bob#2'] },
      { sync: 'b', type: TwoWay },
      { edit: 'a', in: 'contacts', add: ['dan'], remove: ['cat'] },
      { sync: 'a', type: OneWayFromClient },
    ],
    expect: { contacts: ['ann', 'bob#2', 'dan'] },
    ends: { a: { contacts: ['ann', 'bob', 'dan'] } },
  },
  {
    name: 'one-way from server',
    devices: { a: {}, b: {} },
    steps: [
      ...BOTH_HOLD,
      { edit: 'a', in: 'contacts', add: ['dan'] },
      { edit: 'b', in: 'contacts', add: ['eve'], remove: ['cat'] },
      { sync: 'b', type: TwoWay },
      { sync: 'a', type: OneWayFromServer },
    ],
    expect: { contacts: ['ann', 'bob', 'dan', 'eve'] },
    ends: { server: { contacts: ['ann', 'bob', 'eve'] }, a: { contacts: ['ann', 'bob', 'dan', 'eve'] } },
  },
  {
    name: 'three datastores in one session: contacts, calendar, notes',
    devices: { a: { has: ['contacts', 'calendar', 'notes'] }, b: { has: ['contacts', 'calendar', 'notes'], encoding: 'xml' } },
    steps: [
      { edit: 'a', in: 'contacts', add: ['ann'] },
      { edit: 'a', in: 'calendar', add: ['lunch', 'dentist'] },
      { edit: 'b', in: 'notes', add: ['milk', 'bread'] },
      { sync: 'a', type: SlowSync },
      { sync: 'b', type: SlowSync },
      { edit: 'b', in: 'calendar', replace: ['lunch#2'], remove: ['dentist'] },
      { edit: 'b', in: 'notes', replace: ['milk#2'] },
      { sync: 'b', type: TwoWay },
      { sync: 'a', type: TwoWay },
    ],
    expect: { contacts: ['ann'], calendar: ['lunch#2'], notes: ['milk#2', 'bread'] },
  },
  {
    name: 'initialization and sync in one package',
    devices: { a: {}, b: {} },
    steps: [
      ...BOTH_HOLD,
      { edit: 'a', in: 'contacts', add: ['dan'] },
      { edit: 'b', in: 'contacts', replace: ['bob#2'] },
      { sync: 'b', type: TwoWay, combined: true },
      { sync: 'a', type: TwoWay, combined: true },
      { sync: 'b', type: TwoWay, combined: true },
    ],
    expect: { contacts: ['ann', 'bob#2', 'cat', 'dan'] },
  },
  {
    name: 'lost anchors: 508 and a slow sync, also when the changes came along',
    devices: { a: {}, b: { newItemsAs: 'Replace' } },
    steps: [
      ...BOTH_HOLD,
      { edit: 'a', in: 'contacts', add: ['dan'] },
      { forget: 'a' },
      { sync: 'a', type: TwoWay },
      { edit: 'b', in: 'contacts', add: ['eve'] },
      { forget: 'b' },
      { sync: 'b', type: TwoWay, combined: true },
      { sync: 'a', type: TwoWay },
    ],
    expect: { contacts: ['ann', 'bob', 'cat', 'dan', 'eve'] },
    widens: ['a contacts 200→201', 'b contacts 200→201'],
  },
  {
    name: 'conflict: both change one contact, the device that syncs last wins',
    devices: { a: { forgets: 'with-status' }, b: {} },
    steps: [
      ...BOTH_HOLD,
      { edit: 'a', in: 'contacts', replace: ['ann#2'] },
      { edit: 'b', in: 'contacts', replace: ['ann#3'] },
      { sync: 'a', type: TwoWay },
      { sync: 'b', type: TwoWay },
      { sync: 'a', type: TwoWay },
    ],
    expect: { contacts: ['ann#3', 'bob', 'cat'] },
  },
  {
    name: 'conflict: one changes what the other deletes, the data stays',
    devices: { a: {}, b: {} },
    steps: [
      ...BOTH_HOLD,
      { edit: 'a', in: 'contacts', replace: ['ann#2'], remove: ['bob'] },
      { edit: 'b', in: 'contacts', replace: ['bob#2'], remove: ['ann'] },
      { sync: 'a', type: TwoWay },
      { sync: 'b', type: TwoWay },
      { sync: 'a', type: TwoWay },
    ],
    expect: { contacts: ['ann#2', 'bob#2', 'cat'] },
  },
  {
    name: 'three devices of three versions',
    devices: { a: { version: '1.0' }, b: { version: '1.1', auth: 'md5' }, c: { encoding: 'xml' } },
    steps: [
      { edit: 'a', in: 'contacts', add: ['ann'] },
      { edit: 'b', in: 'contacts', add: ['bob'] },
      { edit: 'c', in: 'contacts', add: ['cat'] },
      { sync: 'a', type: SlowSync },
      { sync: 'b', type: SlowSync },
      { sync: 'c', type: SlowSync },
      { edit: 'a', in: 'contacts', replace: ['ann#2'] },
      { sync: 'a', type: TwoWay },
      { sync: 'b', type: TwoWay },
      { edit: 'b', in: 'contacts', remove: ['cat'] },
      { sync: 'b', type: TwoWay },
    ],
    expect: { contacts: ['ann#2', 'bob'] },
  },
  {
    name: 'Maps come late: in package 3 of the next session',
    devices: { a: { mapsLate: true }, b: {} },
    steps: [
      { edit: 'b', in: 'contacts', add: ['ann', 'bob'] },
      { sync: 'b', type: SlowSync },
      { sync: 'a', type: SlowSync },
      { edit: 'a', in: 'contacts', replace: ['ann#2'], remove: ['bob'] },
      { sync: 'a', type: TwoWay },
      { sync: 'b', type: TwoWay },
    ],
    expect: { contacts: ['ann#2'] },
  },
  {
    name: 'suspended and resumed',
    devices: { a: SMALL, b: { ...SMALL, maps: 'recognised' } },
    steps: [
      { edit: 'a', in: 'contacts', add: many('ant', 8) },
      { sync: 'a', type: SlowSync, suspendAt: 3 },
      { sync: 'a', type: SlowSync, resume: true },
      { edit: 'b', in: 'contacts', add: ['bob'] },
      { sync: 'b', type: SlowSync, suspendAt: 4 },
      { sync: 'b', type: SlowSync, resume: true },
    ],
    expect: { contacts: [...many('ant', 8), 'bob'] },
  },
  {
    name: 'credentials with every message, the server proves itself too',
    devices: { a: { followsRespUri: false }, b: { auth: 'md5', challengesServer: true } },
    steps: [
      ...BOTH_HOLD,
      { edit: 'b', in: 'contacts', add: ['dan'], remove: ['ann'] },
      { sync: 'b', type: TwoWay },
      { sync: 'a', type: TwoWay },
    ],
    expect: { contacts: ['bob', 'cat', 'dan'] },
  },
];

/** The script whose name begins so. @throws {Error} when there is none. */
export const scriptOf = (name: string): Script => {
  const script = SCRIPTS.find((one) => one.name.startsWith(name));
  if (!script) throw new Error(`no script ${name}`);
  return script;
};
