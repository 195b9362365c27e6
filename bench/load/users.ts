/** The accounts of a load run, made in the store directly: one `moorage user add` each would take longer than the run. */
import { createUser } from '../../src/accounts/users.js';
import { systemClock } from '../../src/runtime/clock.js';
import { DEFAULT_DATASTORES } from '../../src/runtime/datastores.js';
import { Keyring } from '../../src/sealing/keyring.js';
import { loadMasterKey } from '../../src/sealing/master-key.js';
import type { Store } from '../../src/storage/ports/store.js';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.js';

export const userOf = (account: number): { readonly user: string; readonly password: string } => ({
  user: `user-${account}`,
  password: `secret ${account}`,
});

/** @param from the number of the first account to make. */
export async function makeUsers(store: Store, count: number, from = 0): Promise<void> {
  const datastores = DEFAULT_DATASTORES.map((one) => ({ ...one, aliases: [...one.aliases], policy: 'client-wins' as const }));
  for (let n = from; n < count; n += 1) {
    const { user: name, password } = userOf(n);
    await createUser(store, { name, password, serverId: 'moorage', datastores, now: systemClock() });
  }
}

/** @param data folder of a store that is there, with its key in `keyFile`. */
export async function addUsers(data: string, keyFile: string, count: number, from: number): Promise<void> {
  const store = await openSqliteStore({ folder: data, keyring: new Keyring(loadMasterKey({ file: keyFile })), clock: systemClock });
  try {
    await makeUsers(store, count, from);
  } finally {
    await store.close();
  }
}
