import type { Store } from '../../../src/storage/ports/store.js';
import { tempStore } from '../../support/temp-store.js';
import { storeContract } from '../store-contract.js';

storeContract('SQLite', async (options = {}) => {
  const opened = await tempStore(options);
  const others: Store[] = [];
  return {
    store: opened.store,
    another: async () => {
      const { store } = await tempStore({ ...options, folder: opened.folder, keyring: opened.keyring });
      others.push(store);
      return store;
    },
    close: async () => {
      for (const other of others) await other.close();
      await opened.close();
    },
  };
});
