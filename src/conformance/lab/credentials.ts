/** Credentials of a client. [SyncML Representation Protocol 1.2.2, "Security"; SyncML Sync Protocol 1.1, "Authentication"] */
import { createHash } from 'node:crypto';
import type { Cred, SyncmlVersion } from '../../model/message.js';

export type AuthMethod = 'basic' | 'md5';

const md5 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const basicCred = (user: string, password: string): Cred => ({
  meta: { format: 'b64', type: 'syncml:auth-basic' },
  data: Buffer.from(`${user}:${password}`, 'utf8').toString('base64'),
});

/** @param nonce the bytes themselves. @returns Base64 of the digest. */
export function md5Digest(version: SyncmlVersion, user: string, password: string, nonce: Uint8Array): string {
  if (version === '1.0') return md5(`${user}:${password}:`, nonce).toString('base64');
  return md5(md5(`${user}:${password}`).toString('base64'), ':', nonce).toString('base64');
}

export const md5Cred = (version: SyncmlVersion, user: string, password: string, nonce: Uint8Array): Cred => ({
  meta: { format: 'b64', type: 'syncml:auth-md5' },
  data: md5Digest(version, user, password, nonce),
});

/** Value of the header `x-syncml-hmac`. [OMA DM Security 1.2, "HMAC computation"] */
export function hmacHeader(user: string, password: string, nonce: Uint8Array, body: Uint8Array): string {
  const secret = md5(`${user}:${password}`).toString('base64');
  const mac = md5(secret, ':', nonce, ':', md5(body).toString('base64')).toString('base64');
  return `algorithm=MD5, username="${user}", mac=${mac}`;
}
