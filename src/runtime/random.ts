import { createHmac, randomBytes } from 'node:crypto';

/** That many bytes nobody can guess. Passed in, so that tests can repeat themselves. */
export type Random = (bytes: number) => Uint8Array;

export const systemRandom: Random = (bytes) => new Uint8Array(randomBytes(bytes));

/** Bytes that look random and are the same for the same seed and order of asking: for traces that repeat, never for keys. */
export function seededRandom(seed: string): Random {
  let asked = 0;
  return (bytes) => {
    asked += 1;
    const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, at) => createHmac('sha256', seed).update(`${asked} ${at}`).digest());
    return new Uint8Array(Buffer.concat(blocks).subarray(0, bytes));
  };
}
