import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyring } from '../../src/sealing/keyring.js';
import { masterKeyId } from '../../src/sealing/master-key.js';
import type { Locations } from '../../src/storage/packs/pack-bytes.js';
import { openSqliteStore, type SqliteStore } from '../../src/storage/sqlite/sqlite-store.js';

export interface TempStore {
  readonly store: SqliteStore;
  readonly folder: string;
  readonly keyring: Keyring;
  /** Closes the store and, unless the folder was given, removes it. */
  close(): Promise<void>;
}

export interface TempStoreOptions {
  /** An existing data folder, for a second store on the same data; give its keyring too. */
  readonly folder?: string;
  readonly keyring?: Keyring;
  readonly clock?: () => number;
  readonly log?: (event: string, fields: object) => void;
  readonly onUntrusted?: (error: Error) => void;
  readonly locations?: Locations;
}

export function newKeyring(): Keyring {
  const key = randomBytes(32);
  return new Keyring({ keys: [{ id: masterKeyId(key), key }] });
}

/** A store in a folder of its own below the system's temporary folder. */
export async function tempStore(options: TempStoreOptions = {}): Promise<TempStore> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'moorage-store-')));
  const keyring = options.keyring ?? newKeyring();
  const clock = options.clock ?? Date.now;
  const store = await openSqliteStore({
    folder,
    keyring,
    clock,
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.locations === undefined ? {} : { locations: options.locations }),
    ...(options.onUntrusted === undefined ? {} : { onUntrusted: options.onUntrusted }),
  });
  return {
    store,
    folder,
    keyring,
    close: async () => {
      await store.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
