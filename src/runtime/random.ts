import { randomBytes } from 'node:crypto';

/** That many bytes nobody can guess. Passed in, so that tests can repeat themselves. */
export type Random = (bytes: number) => Uint8Array;

export const systemRandom: Random = (bytes) => new Uint8Array(randomBytes(bytes));
