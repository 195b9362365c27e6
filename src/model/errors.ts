import type { SyncHdr } from './message.js';

export type WireFault = 'truncated' | 'overflow' | 'malformed' | 'too-deep' | 'too-large' | 'unsupported-charset' | 'not-syncml';

/** The bytes are not a message we can read. `offset` is in bytes from the start of the body. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly fault: WireFault;
  readonly offset: number;
  /** Set when SyncHdr could be read before the fault: the answer is then a SyncML one. */
  readonly header: SyncHdr | undefined;
  constructor(fault: WireFault, offset: number, detail?: string, options?: ErrorOptions & { header?: SyncHdr }) {
    super(`${fault} at byte ${offset}${detail ? `: ${detail}` : ''}`, options);
    this.fault = fault;
    this.offset = offset;
    this.header = options?.header;
  }
}

export type StoreFault = 'conflict' | 'unavailable' | 'corrupt';

/** The store could not. `conflict` is run again by `transact`; the others reach the caller. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly fault: StoreFault;
  constructor(fault: StoreFault, detail: string, options?: ErrorOptions) {
    super(`${fault}: ${detail}`, options);
    this.fault = fault;
  }
}

/** A fault a person can mend; `message` says what to do. The command line prints it without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
