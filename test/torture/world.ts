import type { Store } from '../../src/storage/ports/store.js';
import type { Reply } from '../model-client/transport.js';

/** One POST on its way. */
export interface Wire {
  readonly url: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Servers on one data folder, as the link between them and the devices sees them. */
export interface TortureWorld {
  /** What devices are told to sync with. */
  readonly url: string;
  readonly password: string;
  readonly servers: number;
  /** Servers that have died so far; others took their places. */
  readonly kills: number;
  /** Devices run at the same time, as they like; else one message is carried after the other, in an order that repeats itself. */
  readonly concurrent: boolean;
  /** Rejects with LinkLost when no answer comes, and with whatever escapes the server. */
  deliver(server: number, wire: Wire): Promise<Reply>;
  /** Delivers the first `bytes` bytes of the body and breaks the connection. */
  cut(server: number, wire: Wire, bytes: number): Promise<void>;
  /** Delivers, and breaks the connection within the answer. */
  cutAnswer(server: number, wire: Wire): Promise<void>;
  /** Delivers, and kills the server at a moment that follows from `n`. An answer that was out before counts. */
  kill(server: number, wire: Wire, n: number, committed: boolean): Promise<Reply>;
  /** Whether {@link ill} can make the disk fail here. */
  readonly diskFails: boolean;
  /** Delivers while the disk is full, or while no sync of it succeeds; then the disk is well, and the server is started again. */
  ill(server: number, wire: Wire, how: 'full' | 'sync'): Promise<Reply>;
  /** Milliseconds go by. */
  pass(ms: number): Promise<void>;
  sweep(): Promise<void>;
  /** A look at what is stored. */
  inspect<T>(work: (store: Store) => Promise<T>): Promise<T>;
  /** What is not in order there, in words. */
  examine(): Promise<readonly string[]>;
  close(): Promise<void>;
}
