/** Is this the message we answered before? */
import { createHash, type Hash } from 'node:crypto';
import type { Message } from '../model/message.js';

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

/** Digest of a SyncBody whatever its encoding: equal for a message that comes again with other credentials only. */
export function bodyDigestOf(message: Message): string {
  const hash = createHash('sha256');
  add(hash, message.body);
  hash.update(message.final ? 'F' : '-');
  return hash.digest('base64');
}

function add(hash: Hash, value: unknown): void {
  if (value === undefined) return;
  if (value instanceof Uint8Array) hash.update(`b${value.length}:`).update(value);
  else if (Array.isArray(value)) {
    hash.update(`[${value.length}`);
    for (const one of value) add(hash, one);
  } else if (typeof value === 'object' && value !== null) {
    hash.update('{');
    for (const [key, one] of Object.entries(value)) {
      if (one === undefined) continue;
      hash.update(key);
      add(hash, one);
    }
    hash.update('}');
  } else hash.update(`${typeof value}${JSON.stringify(value)};`);
}
