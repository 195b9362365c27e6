/** Is this the message we answered before? */
import { createHash, hash } from 'node:crypto';
import type { Message } from '../model/message.js';
import { contentHash } from '../sync/content-hash.js';

export const digestOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64');

/** Digest of a SyncBody whatever its encoding: equal for a message that comes again with other credentials only. */
export function bodyDigestOf(message: Message): string {
  const digest = new Digest();
  digest.add(message.body);
  digest.text(message.final ? 'F' : '-');
  return digest.end();
}

/** Contents of so many bytes stand there by their hash, which others need too. */
const LARGE = 65_536;

/** Hashes plain data. Text is gathered before it is hashed: a message has thousands of short ones. */
class Digest {
  readonly #hash = createHash('sha256');
  #pending = '';

  text(text: string): void {
    this.#pending += text;
    if (this.#pending.length > 65_536) this.#flush();
  }

  add(value: unknown): void {
    if (value === undefined) return;
    if (value instanceof Uint8Array) {
      this.text(`b${value.length}:`);
      if (value.length >= LARGE) {
        this.text(contentHash(value));
        return;
      }
      this.#flush();
      this.#hash.update(value);
    } else if (Array.isArray(value)) {
      this.text(`[${value.length}`);
      for (const one of value) this.add(one);
    } else if (typeof value === 'object' && value !== null) {
      this.text('{');
      for (const [key, one] of Object.entries(value)) {
        if (one === undefined) continue;
        this.text(`${key}:`);
        this.add(one);
      }
      this.text('}');
    } else this.text(`${typeof value}${JSON.stringify(value)};`);
  }

  end(): string {
    this.#flush();
    return this.#hash.digest('base64');
  }

  #flush(): void {
    if (this.#pending !== '') this.#hash.update(this.#pending);
    this.#pending = '';
  }
}
