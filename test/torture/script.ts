/** A torture script: everything that happens in one run, as plain JSON. What is random in it was thrown when it was made. */
import type { SyncType } from '../../src/model/alert.js';
import type { LossPolicy } from '../model-client/device.js';
import type { DeviceProfile, StoreName } from '../model-client/profile.js';

/** What goes wrong with one message on its way. */
export const FAULT_KINDS = [
  'request lost',
  'response lost',
  'sent twice',
  'sent twice at once',
  /** A copy of it arrives once more, after later messages. */
  'comes again late',
  /** No answer in time; it arrives after later messages. */
  'delayed',
  'request cut',
  'response cut',
  'request corrupted',
  'response corrupted',
  /** The process that works on it dies. */
  'killed',
  'disk full',
  'sync of the disk fails',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  /** Message of the visit, counted from 1; what is sent again counts too. */
  readonly at: number;
  readonly kind: FaultKind;
  /** Later messages until a late copy arrives; place of a cut or damaged byte (modulo the length); the use of the store at which a process dies. */
  readonly n: number;
  /** The damaged byte's new value; odd: the process dies after the store did what it was asked. */
  readonly byte: number;
}

/** One device syncs, in further sessions where the first breaks off. */
export interface Visit {
  readonly device: string;
  readonly type: SyncType;
  readonly stores?: readonly StoreName[];
  readonly combined?: boolean;
  readonly suspendAt?: number;
  readonly resume?: boolean;
  readonly faults: readonly Fault[];
}

export type Event =
  | { readonly edit: string; readonly in: StoreName; readonly add: string }
  /** `pick`: of the items the device holds, modulo their number. `version`: a number no other edit of the script has. */
  | { readonly edit: string; readonly in: StoreName; readonly pick: number; readonly version: number; readonly filler: number }
  | { readonly edit: string; readonly in: StoreName; readonly pick: number; readonly remove: true }
  /** The device loses its anchors. */
  | { readonly forget: string }
  /** The device is set back: no items, no memory, LUIDs and SessionIDs from 1. */
  | { readonly reset: string }
  /** Devices sync at the same time. `seed`: the order in which their messages arrive, and where. */
  | { readonly wave: readonly Visit[]; readonly seed: number }
  /** Hours pass, then the server's sweeper goes round. */
  | { readonly pass: number }
  /** No faults any more: all devices sync until nothing moves, and everything is checked. */
  | { readonly settle: true };

export interface DeviceSetup {
  readonly user: string;
  readonly has: readonly StoreName[];
  readonly profile: Partial<DeviceProfile>;
  readonly loss: LossPolicy;
  /** Refuses changes of the server now and then, which must come again. */
  readonly refuses?: boolean;
}

export interface TortureScript {
  /** Where it came from: `S/i` is the `i`th script of seed `S`. */
  readonly name: string;
  /** Servers on one data folder. */
  readonly servers: number;
  /** The server's settings, by key. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Users on whose messages bytes are damaged. No protocol without a checksum keeps such data right, so only convergence is asked of it. */
  readonly noisy: readonly string[];
  readonly devices: Readonly<Record<string, DeviceSetup>>;
  readonly events: readonly Event[];
}
