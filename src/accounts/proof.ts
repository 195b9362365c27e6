/** Does a proof hold? Checking takes as long whatever the answer. */
import type { SyncmlVersion } from '../model/message.js';
import type { Credential } from '../storage/ports/accounts.js';
import type { Presented } from './credentials.js';
import { macDigest, md5Digest, md5Digest10, passwordVerifier, sameBytes } from './digest.js';

export type Proof = Extract<Presented, { kind: 'basic' | 'md5' | 'mac' }>;

/** How a proof holds: the nonce a digest was made with, and whether by the formula of SyncML 1.0. */
export interface Proven {
  readonly nonce: string | undefined;
  readonly formula10: boolean;
}

/** @returns undefined when the proof does not hold. Takes as long whatever the answer. */
export function verify(
  proof: Proof,
  name: string,
  credential: Credential,
  nonces: () => readonly string[],
  body: Uint8Array,
): Proven | undefined {
  if (proof.kind === 'basic') {
    const equal = sameBytes(Buffer.from(passwordVerifier(name, proof.password)), Buffer.from(credential.verifier));
    return equal ? { nonce: undefined, formula10: false } : undefined;
  }
  let used: Proven | undefined;
  for (const nonce of nonces()) {
    const raw = Buffer.from(nonce, 'base64');
    const expected = proof.kind === 'md5' ? md5Digest(credential.verifier, raw) : macDigest(credential.verifier, raw, body);
    if (sameBytes(expected, proof.digest)) used ??= { nonce, formula10: false };
    // The formula of SyncML 1.0, which some newer clients use as well.
    if (
      proof.kind === 'md5' &&
      sameBytes(md5Digest10(name, credential.password ?? '', raw), proof.digest) &&
      credential.password !== undefined
    ) {
      used ??= { nonce, formula10: true };
    }
  }
  return used;
}

export function wrongProof(proof: Proof, version: SyncmlVersion, known: boolean, keepPasswords: boolean): string {
  if (proof.kind === 'basic') return 'wrong user name or password (upper and lower case count)';
  if (proof.kind === 'md5' && version === '1.0' && !keepPasswords)
    return 'md5 of SyncML 1.0 cannot be checked without the password, which is not kept here; it was asked for basic';
  if (proof.name === undefined && !known) return 'it logs in with md5 and sends no user name; it was asked for basic';
  return 'wrong password (upper and lower case count), or a nonce from before: normal once after the device was reset';
}
