/** The one place where faults become answers. */
import type { Refusal } from '../engine/refuse.js';
import { StoreError } from '../model/errors.js';
import type { Message } from '../model/message.js';
import { Status } from '../model/status.js';
import type { ExchangeAnswer } from './incoming.js';

/** The store's fault as the device sees it; undefined: we are wrong, HTTP 500. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof StoreError)) return undefined;
  return { status: error.fault === 'corrupt' ? Status.DataStoreFailure : Status.ServiceUnavailable };
}

/** An answer below SyncML, where no header could be read. */
export const plain = (httpStatus: number, text: string, log: Readonly<Record<string, unknown>>): ExchangeAnswer => ({
  httpStatus,
  contentType: 'text/plain; charset=utf-8',
  body: Buffer.from(`${text}\n`, 'utf8'),
  log,
});

export function countItems(message: Message): number {
  let count = 0;
  const walk = (commands: Message['body']): void => {
    for (const command of commands) {
      count += 1;
      if ('commands' in command) walk(command.commands);
      else if ('items' in command) count += command.items.length;
    }
  };
  walk(message.body);
  return count;
}
