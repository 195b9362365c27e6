import type { AccountId, DatastoreId, DeviceId, PairId } from '../../../src/model/ids.js';

/** What a writing process is told. */
export interface WriterInput {
  readonly folder: string;
  /** Hex. */
  readonly key: string;
  readonly account: AccountId;
  readonly datastore: DatastoreId;
  readonly device: DeviceId;
  readonly pair: PairId;
  /** Distinguishes what several writers write. */
  readonly label: string;
}
