import { accountContract } from './contract/accounts.js';
import { blobContract } from './contract/blobs.js';
import { copiesContract } from './contract/copies.js';
import { idMapContract } from './contract/id-map.js';
import { instancesContract } from './contract/instances.js';
import { itemContract } from './contract/items.js';
import { messagesContract } from './contract/messages.js';
import { outgoingContract } from './contract/outgoing.js';
import { scopingContract } from './contract/scoping.js';
import type { OpenStore } from './contract/setting.js';
import { sweepContract } from './contract/sweep.js';
import { syncStateContract } from './contract/sync-state.js';
import { transactionContract } from './contract/transactions.js';

export type { OpenedStore, OpenStore, OpenStoreOptions } from './contract/setting.js';

/** What every Store does. Each implementation's test file calls this once. */
export function storeContract(name: string, open: OpenStore): void {
  describe(`Store contract: ${name}`, () => {
    transactionContract(open);
    accountContract(open);
    itemContract(open);
    idMapContract(open);
    outgoingContract(open);
    instancesContract(open);
    syncStateContract(open);
    messagesContract(open);
    blobContract(open);
    copiesContract(open);
    sweepContract(open);
    scopingContract(open);
  });
}
