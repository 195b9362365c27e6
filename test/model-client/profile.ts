import type { CtCap, DevInf, DevInfDataStore } from '../../src/model/devinf.js';
import type { SyncmlVersion } from '../../src/model/message.js';

/** One of the device's stores, and the name of its counterpart on the server. */
export interface StoreProfile {
  /** Name on the device, such as `./contacts`. */
  readonly uri: string;
  /** Name on the server, exactly as the device writes it. */
  readonly target: string;
  /** Media type the device sends and receives. */
  readonly type: string;
  readonly verCt: string;
}

/** Everything in which model devices differ. */
export interface DeviceProfile {
  /** Source/LocURI: the device's identity. */
  readonly uri: string;
  readonly user: string;
  readonly password: string;
  readonly encoding: 'xml' | 'wbxml';
  readonly version: SyncmlVersion;
  readonly stores: readonly StoreProfile[];
  readonly auth: 'basic' | 'md5';
  /** Asks the server to prove itself with md5 before it believes anything the server says. */
  readonly challengesServer: boolean;
  /** Announced: bytes of the largest response. Undefined: nothing is announced. */
  readonly maxMsgSize: number | undefined;
  /** Announced: bytes of the largest object. Undefined: large objects are not supported. */
  readonly maxObjSize: number | undefined;
  /** Own bound for requests, below what the server allows. */
  readonly sendLimit: number;
  readonly numberOfChanges: boolean;
  readonly maxGuidSize: number;
  /** `get`: sends DevInf only when the server asks. */
  readonly devInf: 'first' | 'always' | 'get';
  /** Asks for the server's DevInf at its first sync. */
  readonly getsDevInf: boolean;
  readonly followsRespUri: boolean;
  /** Begins a new session after 401 and 407 instead of going on in the same. */
  readonly newSessionAfterChallenge: boolean;
  /**
   * `cached`: Maps the server did not acknowledge go out at the beginning of the next package 3. `recognised`: they are forgotten, but a
   * repeated Add is answered 418 and mapped again.
   */
  readonly maps: 'cached' | 'recognised';
  /** Sends no Map in package 5 but in package 3 of the next session. */
  readonly mapsLate: boolean;
  /** Takes the new anchors with the Final of package 4, whatever becomes of its own last messages. */
  readonly settlesEarly: boolean;
  /** When a change counts as delivered: with its Status, or when the whole sync ended well. */
  readonly forgets: 'with-status' | 'with-anchor';
  /** In a slow sync and for new items: some phones know no Add. */
  readonly newItemsAs: 'Add' | 'Replace';
  /** CTCap of each of its types; left out, as many phones do, so every property counts as supported. */
  readonly ctCaps: readonly CtCap[] | undefined;
  /** Answers the server's Results with a Status; both are legal. */
  readonly answersResults: boolean;
  /** It reads times in UTC; 1.0 has no way to say so. */
  readonly utc: boolean;
}

const DEFAULTS: Omit<DeviceProfile, 'uri' | 'user' | 'password' | 'stores'> = {
  encoding: 'wbxml',
  version: '1.2',
  auth: 'basic',
  challengesServer: false,
  maxMsgSize: 20_000,
  maxObjSize: 500_000,
  sendLimit: 20_000,
  numberOfChanges: true,
  maxGuidSize: 16,
  devInf: 'first',
  getsDevInf: false,
  followsRespUri: true,
  newSessionAfterChallenge: false,
  maps: 'cached',
  mapsLate: false,
  settlesEarly: false,
  forgets: 'with-anchor',
  newItemsAs: 'Add',
  ctCaps: undefined,
  answersResults: true,
  utc: true,
};

export type DeviceOptions = Partial<DeviceProfile> & Pick<DeviceProfile, 'uri' | 'user' | 'password' | 'stores'>;

export const deviceProfile = (options: DeviceOptions): DeviceProfile => ({ ...DEFAULTS, ...options });

/** The stores the tests use, by the name of the server's datastore. */
export const STORES = {
  contacts: { uri: './C', target: 'contacts', type: 'text/x-vcard', verCt: '2.1' },
  calendar: { uri: './E', target: 'calendar', type: 'text/x-vcalendar', verCt: '1.0' },
  notes: { uri: './N', target: 'notes', type: 'text/plain', verCt: '1.0' },
} as const satisfies Record<string, StoreProfile>;

export type StoreName = keyof typeof STORES;

/** Large objects exist since 1.1. */
export const supportsLargeObjects = (profile: DeviceProfile): boolean => profile.maxObjSize !== undefined && profile.version !== '1.0';
/** NumberOfChanges exists since 1.1. */
export const wantsNumberOfChanges = (profile: DeviceProfile): boolean => profile.numberOfChanges && profile.version !== '1.0';

export const devInfUri = (version: SyncmlVersion): string => `./devinf${version.replace('.', '')}`;
export const devInfType = (encoding: 'xml' | 'wbxml'): string => `application/vnd.syncml-devinf+${encoding}`;

/** The device information this device announces. */
export function devInfOf(profile: DeviceProfile): DevInf {
  const dataStores = profile.stores.map((store): DevInfDataStore => {
    const type = { ctType: store.type, verCt: store.verCt };
    return {
      sourceRef: store.uri,
      maxGuidSize: profile.maxGuidSize,
      rxPref: type,
      rx: [],
      txPref: type,
      tx: [],
      ...(profile.ctCaps && profile.version === '1.2' ? { ctCaps: profile.ctCaps } : {}),
      syncCap: ['1', '2', '3', '4', '5', '6'],
    };
  });
  return {
    verDtd: profile.version,
    man: 'Example',
    mod: 'Model client',
    fwV: '1',
    swV: '1',
    hwV: '1',
    devId: profile.uri,
    devTyp: 'phone',
    ...(profile.version === '1.0' || !profile.utc ? {} : { utc: true }),
    ...(supportsLargeObjects(profile) ? { supportLargeObjs: true } : {}),
    ...(wantsNumberOfChanges(profile) ? { supportNumberOfChanges: true } : {}),
    dataStores,
    ...(profile.ctCaps && profile.version !== '1.2' ? { ctCaps: profile.ctCaps } : {}),
  };
}
