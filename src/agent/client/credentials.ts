/** Log-in digests of SyncML 1.2. [Representation Protocol 1.2.2, "Authentication"] */
import { createHash } from 'node:crypto';
import type { Cred } from '../../model/message.js';

const md5 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('base64');
};

/** Base64 of MD5( Base64(MD5(name ":" password)) ":" nonce ). @param nonce Base64 as in NextNonce; undefined at first contact. */
export const md5Digest = (name: string, password: string, nonce: string | undefined): string =>
  md5(md5(`${name}:${password}`), ':', Buffer.from(nonce ?? '', 'base64'));

export const basicCred = (name: string, password: string): Cred => ({
  meta: { format: 'b64', type: 'syncml:auth-basic' },
  data: Buffer.from(`${name}:${password}`, 'utf8').toString('base64'),
});

export const md5Cred = (name: string, password: string, nonce: string | undefined): Cred => ({
  meta: { format: 'b64', type: 'syncml:auth-md5' },
  data: md5Digest(name, password, nonce),
});
