import { createHash } from 'node:crypto';
import type { Cred, SyncmlVersion } from '../../src/model/message.js';

const md5 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('base64');
};

/**
 * The md5 digest over name, password and nonce. Since 1.1 the pair is hashed before the nonce is added; in 1.0 all three are hashed at once.
 * @param nonce raw bytes: NextNonce after Base64 was undone; empty at first contact.
 */
export function md5Digest(version: SyncmlVersion, name: string, password: string, nonce: Uint8Array): string {
  if (version === '1.0') return md5(`${name}:${password}:`, nonce);
  return md5(md5(`${name}:${password}`), ':', nonce);
}

/** Cred with syncml:auth-basic. */
export const basicCred = (name: string, password: string): Cred => ({
  meta: { format: 'b64', type: 'syncml:auth-basic' },
  data: Buffer.from(`${name}:${password}`, 'utf8').toString('base64'),
});

/** Cred with syncml:auth-md5. `nonce` is Base64, as it stood in NextNonce, or undefined at first contact. */
export const md5Cred = (version: SyncmlVersion, name: string, password: string, nonce: string | undefined): Cred => ({
  meta: { format: 'b64', type: 'syncml:auth-md5' },
  data: md5Digest(version, name, password, Buffer.from(nonce ?? '', 'base64')),
});
