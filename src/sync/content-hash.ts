/** SHA-256 of contents, each computed once: what came with a message is asked for by several, and again when its transaction begins anew. */
import { hash } from 'node:crypto';

const known = new WeakMap<Uint8Array, string>();

/** Base64. @param bytes are not changed any more. */
export function contentHash(bytes: Uint8Array): string {
  let found = known.get(bytes);
  if (found === undefined) {
    found = hash('sha256', bytes, 'base64');
    known.set(bytes, found);
  }
  return found;
}
