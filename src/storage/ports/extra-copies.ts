/** Items that a device holds more than once: LUIDs beside the one in its id map. */
import type { Guid, Luid, PairId } from '../../model/ids.js';

export interface ExtraCopy {
  readonly luid: Luid;
  readonly guid: Guid;
  /** Canonical key of what the device sent for it. */
  readonly key: string;
}

export interface ExtraCopiesReader {
  byLuid(pair: PairId, epoch: number, luid: Luid): Promise<ExtraCopy | undefined>;
  /** The copies of an item, at most `limit`. */
  ofItem(pair: PairId, epoch: number, guid: Guid, limit: number): Promise<readonly ExtraCopy[]>;
  count(pair: PairId, epoch: number): Promise<number>;
}

export interface ExtraCopiesWriter extends ExtraCopiesReader {
  put(pair: PairId, epoch: number, copy: ExtraCopy): Promise<void>;
  remove(pair: PairId, epoch: number, luid: Luid): Promise<void>;
}
