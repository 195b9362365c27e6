/**
 * The digests of SyncML log-ins. MD5 is what the protocol prescribes; what is stored is sealed at rest.
 * [SyncML Representation Protocol 1.1/1.2, "Authentication"; DM Security 1.2, "Integrity checking"]
 */
import { createHash, timingSafeEqual } from 'node:crypto';

const COLON = Buffer.from(':');

function md5(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Base64 of MD5("name:password"): all that md5 log-ins of 1.1 and later, basic log-ins and HMACs have to be checked against. */
export const passwordVerifier = (name: string, password: string): string => md5(name, COLON, password).toString('base64');

/** syncml:auth-md5 of SyncML 1.1 and 1.2: MD5(verifier ":" nonce), 16 bytes. `nonce` is raw, after Base64. */
export const md5Digest = (verifier: string, nonce: Uint8Array): Buffer => md5(verifier, COLON, nonce);

/** syncml:auth-md5 of SyncML 1.0: MD5(name ":" password ":" nonce), 16 bytes. It needs the password itself, which the server does not keep. */
export const md5Digest10 = (name: string, password: string, nonce: Uint8Array): Buffer => md5(name, COLON, password, COLON, nonce);

/** syncml:auth-basic: Base64 of "name:password". */
export const basicCredentials = (name: string, password: string): string => Buffer.from(`${name}:${password}`).toString('base64');

/** The `mac` of x-syncml-hmac: MD5(verifier ":" nonce ":" Base64(MD5(body))), 16 bytes. */
export const macDigest = (verifier: string, nonce: Uint8Array, body: Uint8Array): Buffer =>
  macDigestOfHash(verifier, nonce, md5(body).toString('base64'));

/** The same from Base64 of the body's MD5. */
export const macDigestOfHash = (verifier: string, nonce: Uint8Array, hash: string): Buffer => md5(verifier, COLON, nonce, COLON, hash);

/** Base64 of the body's MD5, for {@link macDigestOfHash}. */
export const bodyHash = (body: Uint8Array): string => md5(body).toString('base64');

/** Equal, in a time that does not depend on where they differ. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
