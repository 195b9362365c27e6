/** The server under test, as far as the suite knows it: an address, an account, and what the server says of itself. */
import type { DevInf } from '../../model/devinf.js';
import type { AuthMethod } from './credentials.js';
import type { ItemKind } from './items.js';

export interface Target {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Name of the datastore the cases work on. */
  readonly datastore: string;
  /** The way the account logs in where a case does not say otherwise. */
  readonly auth: AuthMethod;
  /** Names of the devices the server lets in, where it knows its devices; undefined: any. */
  readonly devices?: readonly string[] | undefined;
}

/** A datastore of the server, and how its items look. */
export interface Place {
  readonly datastore: string;
  readonly kind: ItemKind;
}

/** What was found out before the first case. */
export interface Findings {
  readonly kind: ItemKind;
  /** The server's device information in the variant's version; undefined where it gives none. */
  readonly devInf: DevInf | undefined;
  /** Another datastore, for what needs two. */
  readonly second: Place | undefined;
}
