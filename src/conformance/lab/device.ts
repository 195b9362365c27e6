/** A client device of the suite: its identity and what it remembers from one session to the next. */
import type { CtCap, DevInf } from '../../model/devinf.js';
import type { SyncmlVersion } from '../../model/message.js';
import type { Encoding } from '../../wire/dialect.js';
import type { AuthMethod } from './credentials.js';
import type { Draft, StoreNames } from './drafts.js';
import type { ItemKind } from './items.js';
import type { Lab } from './lab.js';
import { LabSession, type SessionOptions } from './session.js';
import type { Place } from './target.js';

export interface DeviceOptions {
  /** Source/LocURI; a fresh one when left out. */
  readonly uri?: string;
  /** Other credentials than the suite's. */
  readonly user?: string;
  readonly password?: string;
  readonly auth?: AuthMethod;
  /** Announced in SyncHdr; undefined: not announced. Bytes. */
  readonly maxMsgSize?: number | undefined;
  /** Announced from 1.1 on; undefined: no large objects. Bytes. */
  readonly maxObjSize?: number | undefined;
  /** Put in its first session; `none`: never, nor when the server asks (500). */
  readonly devInf?: 'first' | 'asked' | 'none';
  readonly largeObjects?: boolean;
  readonly numberOfChanges?: boolean;
  readonly utc?: boolean;
  readonly maxGuidSize?: number;
  readonly ctCaps?: readonly CtCap[];
  /** Media types its stores take beside the one of their kind. */
  readonly alsoTakes?: readonly string[];
  readonly man?: string;
  readonly mod?: string;
}

export interface DeviceItem {
  readonly type: string;
  readonly text: string;
}

/** What the device holds of one datastore. */
export interface DeviceStore {
  readonly names: StoreNames;
  readonly kind: ItemKind;
  /** Its Next of the last session that ended well. */
  last: string | undefined;
  readonly items: Map<string, DeviceItem>;
  /** GUID → LUID of what the server added and no Map has reported yet. */
  readonly unmapped: Map<string, string>;
}

export class LabDevice {
  readonly lab: Lab;
  readonly uri: string;
  readonly user: string;
  readonly password: string;
  readonly options: DeviceOptions;
  auth: AuthMethod;
  /** NextNonce for the next md5 digest, decoded. */
  nonce: Uint8Array = new Uint8Array(0);
  devInfSent = false;
  readonly store: DeviceStore;
  #stores: DeviceStore[];
  #sessions = 0;
  #luids = 0;

  constructor(lab: Lab, uri: string, options: DeviceOptions) {
    this.lab = lab;
    this.uri = options.uri ?? uri;
    this.user = options.user ?? lab.target.user;
    this.password = options.password ?? lab.target.password;
    this.auth = options.auth ?? lab.target.auth;
    this.options = {
      maxMsgSize: 60_000,
      maxObjSize: 4_000_000,
      devInf: 'first',
      largeObjects: true,
      numberOfChanges: true,
      utc: true,
      maxGuidSize: 32,
      ...options,
    };
    this.store = storeOf({ client: './lab', server: lab.target.datastore }, lab.kind);
    this.#stores = [this.store];
  }

  get version(): SyncmlVersion {
    return this.lab.variant.version;
  }

  get encoding(): Encoding {
    return this.lab.variant.encoding;
  }

  get stores(): readonly DeviceStore[] {
    return this.#stores;
  }

  /** Another store of this device, paired with another datastore of the server. */
  addStore(names: StoreNames, kind: ItemKind): DeviceStore {
    const store = storeOf(names, kind);
    this.#stores = [...this.#stores, store];
    return store;
  }

  /** Its store for a datastore of the server: the one it has anyway where that is the one under test. */
  storeAt({ datastore, kind }: Place): DeviceStore {
    const known = this.#stores.find(({ names }) => names.server === datastore);
    return known ?? this.addStore({ client: `./lab-${datastore}`, server: datastore }, kind);
  }

  storeByName(client: string | undefined): DeviceStore | undefined {
    return this.#stores.find(({ names }) => names.client === client);
  }

  get largeObjects(): boolean {
    return this.options.largeObjects === true && this.options.maxObjSize !== undefined && this.version !== '1.0';
  }

  session(options: SessionOptions = {}): LabSession {
    this.#sessions += 1;
    return new LabSession(this, { sessionId: String(this.#sessions), ...options });
  }

  /** A Next no device of this run has used before. */
  nextAnchor(): string {
    return `${this.lab.run}${String(this.lab.serial()).padStart(6, '0')}`;
  }

  newLuid(): string {
    this.#luids += 1;
    return String(this.#luids);
  }

  devInf(): DevInf {
    const { options, version } = this;
    const inStores = version === '1.2' && options.ctCaps !== undefined;
    return {
      verDtd: version,
      man: options.man ?? 'Example',
      mod: options.mod ?? 'Laboratory',
      fwV: '1',
      swV: '1',
      hwV: '1',
      devId: this.uri,
      devTyp: 'phone',
      ...(version !== '1.0' && options.utc === true ? { utc: true } : {}),
      ...(this.largeObjects ? { supportLargeObjs: true } : {}),
      ...(version !== '1.0' && options.numberOfChanges === true ? { supportNumberOfChanges: true } : {}),
      dataStores: this.#stores.map(({ names, kind }) => {
        const type = { ctType: kind.type, verCt: kind.verCt };
        return {
          sourceRef: names.client,
          ...(options.maxGuidSize === undefined ? {} : { maxGuidSize: options.maxGuidSize }),
          rxPref: type,
          rx: (options.alsoTakes ?? []).map((ctType) => ({ ctType, verCt: '1.0' })),
          txPref: type,
          tx: [],
          ...(inStores && options.ctCaps ? { ctCaps: options.ctCaps } : {}),
          syncCap: ['1', '2', '3', '4', '5', '6'],
        };
      }),
      ...(!inStores && options.ctCaps ? { ctCaps: options.ctCaps } : {}),
    };
  }

  get devInfUri(): string {
    return `./devinf${this.version.replace('.', '')}`;
  }

  get devInfType(): string {
    return `application/vnd.syncml-devinf+${this.encoding}`;
  }

  putDevInf(): Draft {
    return {
      kind: 'Put',
      meta: { type: this.devInfType },
      items: [{ source: { uri: this.devInfUri }, data: { kind: 'devinf', devinf: this.devInf() } }],
    };
  }
}

const storeOf = (names: StoreNames, kind: ItemKind): DeviceStore => ({
  names,
  kind,
  last: undefined,
  items: new Map(),
  unmapped: new Map(),
});
