/** How large a client's messages may be. */
import type { ExchangeConfig } from './options.js';

/** Asked of clients that say they take messages as large themselves: what backs up files. A phone takes less. Bytes. */
const BULK = 1_048_576;
/** Where the operator allows less than usual, it holds for all. Bytes. */
const USUAL = 150_000;

/** @param clientTakes MaxMsgSize the client has announced. */
export function messageLimit({ maxMsgSize }: Pick<ExchangeConfig['limits'], 'maxMsgSize'>, clientTakes: number | undefined): number {
  return maxMsgSize < USUAL ? maxMsgSize : Math.max(maxMsgSize, Math.min(clientTakes ?? 0, BULK));
}
