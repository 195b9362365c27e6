/**
 * Nonces of challenges are computed, not stored: a request without valid credentials leaves no trace. They change every
 * minute and with every successful log-in of the device. Nonces given out after a log-in are random and stored with the device.
 */
import { createHmac } from 'node:crypto';
import type { DeviceRecord } from '../storage/ports/devices.js';
import type { Random } from '../runtime/random.js';

const BUCKET_MS = 60_000;
/** Minutes a challenge can be answered. */
export const ACCEPTED_BUCKETS = 10;
const NONCE_BYTES = 16;

/** Some clients treat the decoded nonce as a C string, so the 16 bytes are letters and digits: 96 bits of them come from `bytes`. */
const readable = (bytes: Uint8Array): Buffer => Buffer.from(Buffer.from(bytes).toString('base64url').slice(0, NONCE_BYTES));

const ofBucket = (secret: Uint8Array, deviceUri: string, authCount: number, bucket: number): Buffer =>
  readable(createHmac('sha256', secret).update(`${deviceUri}\n${authCount}\n${bucket}`).digest());

/** The nonce a challenge to this device carries now. Base64 text, as it stands in NextNonce. */
export const challengeNonce = (secret: Uint8Array, deviceUri: string, authCount: number, now: number): string =>
  ofBucket(secret, deviceUri, authCount, Math.floor(now / BUCKET_MS)).toString('base64');

/** A nonce for the next session or message. Base64 text. */
export const freshNonce = (random: Random): string => readable(random(NONCE_BYTES)).toString('base64');

/**
 * Every nonce a digest of this device may be made with, likeliest first: the one given out last, the one before (the last
 * answer may have been lost), the challenges of the last minutes, and the empty one on first contact. Base64 text.
 *
 * @param lacksNonce it has no other than the empty one at the beginning of a session.
 */
export function acceptedNonces(
  secret: Uint8Array,
  deviceUri: string,
  device: DeviceRecord | undefined,
  now: number,
  lacksNonce = false,
): readonly string[] {
  const bucket = Math.floor(now / BUCKET_MS);
  const challenges = Array.from({ length: ACCEPTED_BUCKETS }, (_, age) =>
    ofBucket(secret, deviceUri, device?.authCount ?? 0, bucket - age).toString('base64'),
  );
  const stored = [device?.nonce, device?.previousNonce].filter((nonce) => nonce !== undefined);
  return device?.nonce === undefined || lacksNonce ? [...stored, ...challenges, ''] : [...stored, ...challenges];
}
