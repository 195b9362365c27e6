import type { StoreName } from '../model-client/profile.js';
import type { Transport } from '../model-client/transport.js';

/** A server with one user, as the scripts see it: somewhere to send messages to, and what it holds. */
export interface World {
  /** What devices are told to sync with. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Delivers a message to the server's process, or to the one whose turn it is. */
  readonly transport: Transport;
  /** Contents of every live item. */
  items(store: StoreName): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
}

/** A world whose server can die within a message and be there again for the next. */
export interface MortalWorld extends World {
  /** Delivers a message to a server that is killed while it works on it, before or after its commit; no answer comes. */
  readonly deadly: (moment: 'before-commit' | 'after-commit') => Transport;
}
