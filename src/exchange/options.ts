/** What an exchange is given: the rooms it drives, and the part of the configuration it follows. */
import type { Pictures } from '../pictures/pictures.js';
import type { Authenticator } from '../accounts/authenticate.js';
import type { FirstTime } from '../accounts/first-time.js';
import type { DatabaseJobs } from '../devicedb/jobs.js';
import type { HandsetFinder } from '../handsets/handset.js';
import type { Store } from '../storage/ports/store.js';
import type { prepare } from '../sync/prepare.js';
import type { TraceSettings } from './recorder.js';
import type { DatastoreSetting } from './specs.js';

export interface ExchangeConfig {
  /** Let no deviation pass that conformance does not ask for. */
  readonly strict: boolean;
  readonly publicUrl?: string | undefined;
  readonly serverId: string;
  readonly datastores: readonly DatastoreSetting[];
  /** Where devices are that cannot read UTC, an IANA name. */
  readonly timeZone?: string | undefined;
  readonly matching: { readonly loose: 'first' | 'always' | 'never' };
  readonly growth: { readonly guard: boolean; readonly least: number; readonly percent: number };
  /** Where telephone numbers without the prefix of a country are, ISO 3166. */
  readonly country?: string | undefined;
  readonly limits: {
    readonly maxBodyBytes: number;
    readonly maxDepth: number;
    readonly maxElements: number;
    readonly itemsPerMessage: number;
    readonly sessionsPerAccount: number;
    readonly maxMsgSize: number;
    readonly maxObjSize: number;
    readonly quotaBytes: number;
    readonly inFlight: number;
    readonly maxFileBytes: number;
    readonly maxUpdateBytes: number;
  };
  readonly databases: { readonly enabled: boolean };
  /** Storage location of copies, for users that have none of their own. */
  readonly location: string;
  readonly backup: BackupSettings;
  /** Ages in milliseconds. */
  readonly retention: { readonly openSyncAge: number; readonly draftAge: number };
  readonly trace: TraceSettings;
}

export interface BackupSettings {
  readonly maxRemovedPercent: number;
  readonly minRemovedRows: number;
  readonly keepUpdates: boolean;
}

export interface ExchangeOptions {
  readonly store: Store;
  /** Undefined: devices' files are not backed up here. */
  readonly databases?: DatabaseJobs | undefined;
  /** Makes photos smaller; undefined: those a phone cannot show are left out. */
  readonly pictures?: Pictures | undefined;
  readonly authenticator: Authenticator;
  /** What is known of phones; undefined: all are taken at their word. */
  readonly handsets?: HandsetFinder | undefined;
  /** Asks the account service about whom this server does not know; undefined: there is none. */
  readonly firstTime?: FirstTime | undefined;
  readonly config: ExchangeConfig;
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: (event: string, fields: object) => void;
  /** Our software's version, for DevInf. */
  readonly version?: string;
  /** Slow work is answered in between after this long, ms: before the shortest time-out of known phones. */
  readonly interimAfterMs?: number;
  /** Slow and harmless work before the transaction; replaced in tests. */
  readonly prepare?: typeof prepare;
}

/** The default of `interimAfterMs`. */
export const INTERIM_AFTER_MS = 10_000;
