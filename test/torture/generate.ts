/** Makes scripts from seeds. */
import { Alert, type SyncType } from '../../src/model/alert.js';
import type { LossPolicy } from '../model-client/device.js';
import type { DeviceProfile, StoreName } from '../model-client/profile.js';
import { Dice } from './dice.js';
import { USERS } from './in-process-world.js';
import { FAULT_KINDS, type DeviceSetup, type Event, type Fault, type FaultKind, type TortureScript, type Visit } from './script.js';

const STORE_SETS: readonly (readonly StoreName[])[] = [
  ['contacts'],
  ['contacts'],
  ['contacts', 'calendar'],
  ['contacts', 'notes'],
  ['contacts', 'calendar', 'notes'],
];

/** Holds every item that is made: 1.0 knows no large objects. Bytes. */
const ROOMY = { maxMsgSize: 150_000, sendLimit: 140_000 } as const;
/** A message of a device that holds its device information and a few Statuses. */
const LEAST_SENT = { xml: 3600, wbxml: 1500 } as const;
/** Bytes of filler that make an item a large object to small devices, and one that is kept as a blob. */
const LARGE = 9000;
const BLOB = 70_000;

const LOSSES: readonly LossPolicy[] = [
  { resends: 3, reauthenticates: false, resumes: false },
  { resends: 3, reauthenticates: true, resumes: true },
  { resends: 1, reauthenticates: false, resumes: true },
  { resends: 0, reauthenticates: false, resumes: false },
  { resends: 0, reauthenticates: false, resumes: true },
];

/** How often each kind strikes when all do. */
const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  'request lost': 5,
  'response lost': 8,
  'sent twice': 5,
  'sent twice at once': 5,
  'comes again late': 4,
  delayed: 5,
  'request cut': 3,
  'response cut': 3,
  'request corrupted': 3,
  'response corrupted': 3,
  killed: 3,
  'disk full': 1,
  'sync of the disk fails': 1,
};
/** Weight of kills where processes are there to be killed. */
const REAL_KILLS = 12;
/** Strike only what a noisy user sends or gets. */
const DAMAGE: readonly FaultKind[] = ['request corrupted', 'response corrupted'];
/** A message arrives after later ones. */
const LATE: readonly FaultKind[] = ['delayed', 'comes again late'];
/** Messages of one visit that may meet a fault. */
const LONGEST_VISIT = 40;

export interface GenerateOptions {
  /** Hours may pass between two waves; a world with a real clock cannot do that. */
  readonly timePasses: boolean;
  /** Server processes that are really killed: each script has this many servers, and some of them die. */
  readonly processes?: number;
}

/** The `index`th script of a seed. */
export function generate(seed: number, index: number, options: GenerateOptions): TortureScript {
  const name = `${seed}/${index}`;
  return new Generator(name, options).script();
}

class Generator {
  readonly #name: string;
  readonly #options: GenerateOptions;
  readonly #dice: Dice;
  readonly #devices: Record<string, DeviceSetup> = {};
  readonly #noisy: string[] = [];
  /** Faults in a hundred messages, and which. */
  #badness = 0;
  #kinds: Partial<Record<FaultKind, number>> = {};
  #blobs = false;
  #edits = 0;

  constructor(name: string, options: GenerateOptions) {
    this.#name = name;
    this.#options = options;
    this.#dice = new Dice(name);
  }

  script(): TortureScript {
    const dice = this.#dice;
    this.#badness = dice.pick([3, 8, 15, 25, 40]);
    this.#blobs = dice.chance(12);
    const users = dice.chance(35) ? USERS : USERS.slice(0, 1);
    for (const user of users) if (dice.chance(15)) this.#noisy.push(user);
    const chosen = dice.chance(50) ? FAULT_KINDS : dice.some(FAULT_KINDS, dice.between(1, 4));
    this.#kinds = Object.fromEntries(chosen.map((kind) => [kind, WEIGHTS[kind]]));
    if (this.#options.processes !== undefined) this.#kinds = { ...this.#kinds, killed: REAL_KILLS };
    for (const user of users) this.#addDevices(user);
    const events: Event[] = [];
    const epochs = dice.between(2, 4);
    for (let epoch = 0; epoch < epochs; epoch += 1) events.push(...this.#epoch());
    const methods = dice.pick([undefined, undefined, undefined, undefined, ['md5'], ['basic']]);
    return {
      name: this.#name,
      servers: this.#options.processes ?? dice.pick([1, 1, 2, 2, 3]),
      // Damaged credentials and outdated nonces are many here; waiting for a log-in is not what is looked at.
      settings: {
        'auth.maxAttempts': 100,
        ...(dice.chance(10) ? { 'auth.perMessage': true } : {}),
        ...(methods ? { 'auth.methods': methods } : {}),
      },
      noisy: this.#noisy,
      devices: this.#devices,
      events,
    };
  }

  #addDevices(user: string): void {
    const dice = this.#dice;
    const has = dice.pick(STORE_SETS);
    const count = dice.pick([1, 2, 2, 2, 3, 3, 4]);
    for (let n = 1; n <= count; n += 1) {
      this.#devices[`${user}${n}`] = {
        user,
        has: dice.chance(80) ? has : ['contacts'],
        profile: this.#profile(),
        loss: dice.pick(LOSSES),
        ...(dice.chance(20) ? { refuses: true } : {}),
      };
    }
  }

  #profile(): Partial<DeviceProfile> {
    const dice = this.#dice;
    const version = dice.pick(['1.0', '1.1', '1.2', '1.2', '1.2'] as const);
    const encoding = dice.pick(['xml', 'wbxml'] as const);
    const largeObjects = version !== '1.0' && dice.chance(75);
    const size = this.#blobs ? dice.pick([20_000, 60_000]) : dice.pick([2400, 4000, 12_000, 20_000, 60_000]);
    const sizes = largeObjects ? { maxMsgSize: size, sendLimit: Math.max(LEAST_SENT[encoding], size - 1000) } : ROOMY;
    return {
      version,
      encoding,
      ...sizes,
      ...(largeObjects ? {} : { maxObjSize: undefined }),
      ...(dice.chance(40) ? { auth: 'md5' as const } : {}),
      ...(dice.chance(10) && version !== '1.0' ? { challengesServer: true } : {}),
      ...(dice.chance(15) ? { numberOfChanges: false } : {}),
      ...(dice.chance(20) ? { devInf: dice.pick(['always', 'get'] as const) } : {}),
      ...(dice.chance(15) ? { getsDevInf: true } : {}),
      ...(dice.chance(15) ? { followsRespUri: false } : {}),
      ...(dice.chance(20) ? { newSessionAfterChallenge: true } : {}),
      ...(dice.chance(25) ? { maps: 'recognised' as const } : dice.chance(25) ? { mapsLate: true } : {}),
      ...(dice.chance(20) ? { settlesEarly: true } : {}),
      ...(dice.chance(35) ? { forgets: 'with-status' as const } : {}),
      ...(dice.chance(25) ? { newItemsAs: 'Replace' as const } : {}),
      ...(dice.chance(20) ? { answersResults: false } : {}),
    };
  }

  /** Edits and waves up to a settling. */
  #epoch(): readonly Event[] {
    const dice = this.#dice;
    const events: Event[] = [];
    const waves = dice.between(1, 5);
    for (let wave = 0; wave < waves; wave += 1) {
      for (let n = dice.between(0, 6); n > 0; n -= 1) events.push(this.#edit());
      if (dice.chance(6)) events.push({ forget: dice.pick(Object.keys(this.#devices)) });
      if (dice.chance(3)) events.push({ reset: dice.pick(Object.keys(this.#devices)) });
      if (this.#options.timePasses && dice.chance(5)) events.push({ pass: dice.pick([1, 3, 60, 800]) });
      events.push(this.#wave());
    }
    return [...events, { settle: true }];
  }

  #edit(): Event {
    const dice = this.#dice;
    const device = dice.pick(Object.keys(this.#devices));
    const store = dice.pick(this.#devices[device]?.has ?? ['contacts' as const]);
    this.#edits += 1;
    const filler = dice.chance(10) ? (this.#blobs && dice.chance(50) ? BLOB : LARGE) + dice.between(0, 5000) : 0;
    switch (dice.weighted({ add: 5, replace: 4, remove: 2 })) {
      case 'add':
        return { edit: device, in: store, add: `k${this.#edits}${filler === 0 ? '' : `*${filler}`}` };
      case 'replace':
        return { edit: device, in: store, pick: dice.between(0, 99), version: this.#edits + 1, filler };
      case 'remove':
        return { edit: device, in: store, pick: dice.between(0, 99), remove: true };
    }
  }

  #wave(): Event {
    const dice = this.#dice;
    const names = Object.keys(this.#devices);
    const wave = dice.some(names, dice.between(1, names.length)).map((device) => this.#visit(device));
    return { wave, seed: dice.bits() };
  }

  #visit(device: string): Visit {
    const dice = this.#dice;
    const setup = this.#devices[device];
    const type = this.#type();
    const recent = setup?.profile.version === '1.2';
    const faults: Fault[] = [];
    for (let at = 1; at <= LONGEST_VISIT; at += 1) {
      if (!dice.chance(this.#badness)) continue;
      const fault = this.#fault(at, setup?.user ?? '');
      if (fault) faults.push(fault);
    }
    const stores = dice.chance(15) && setup && setup.has.length > 1 ? { stores: [dice.pick(setup.has)] } : {};
    const combined = dice.chance(12);
    return {
      device,
      type,
      ...stores,
      ...(combined ? { combined } : {}),
      ...(recent && dice.chance(12) ? { suspendAt: dice.between(2, 6) } : {}),
      ...(recent && dice.chance(35) ? { resume: true } : {}),
      // Its first message holds changes: a late copy of that is a session of its own to any server.
      faults: combined ? faults.filter(({ kind }) => !LATE.includes(kind)) : faults,
    };
  }

  #type(): SyncType {
    const kind = this.#dice.weighted({ twoWay: 60, slow: 14, fromClient: 8, fromServer: 8, refreshFromClient: 4, refreshFromServer: 4 });
    return {
      twoWay: Alert.TwoWay,
      slow: Alert.SlowSync,
      fromClient: Alert.OneWayFromClient,
      fromServer: Alert.OneWayFromServer,
      refreshFromClient: Alert.RefreshFromClient,
      refreshFromServer: Alert.RefreshFromServer,
    }[kind];
  }

  #fault(at: number, user: string): Fault | undefined {
    const dice = this.#dice;
    const kind = dice.weighted(this.#kinds as Record<FaultKind, number>);
    const byte = dice.between(0, 255);
    const n = dice.bits() % 100_000;
    if (DAMAGE.includes(kind) && !this.#noisy.includes(user)) return undefined;
    return { at, kind, n: LATE.includes(kind) ? dice.between(0, 12) : n, byte };
  }
}
