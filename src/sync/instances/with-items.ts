import type { ItemsWriter } from '../../storage/ports/items.js';
import type { AccountWriter } from '../../storage/ports/store.js';

/** The account with other items. */
export const withItems = (account: AccountWriter, items: ItemsWriter): AccountWriter => ({
  ...account,
  items,
  keyedHash: (purpose, bytes) => account.keyedHash(purpose, bytes),
  usedBytes: () => account.usedBytes(),
  arrivedBytes: () => account.arrivedBytes(),
});
