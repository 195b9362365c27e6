/** The mark of a series' clock is for the server: a device is shown none. */
import { ZONE_MARK } from './legacy.js';

const LINE = new RegExp(`^${ZONE_MARK}[:;][^\\r\\n]*(?:\\r?\\n|$)`, 'm');

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export const isMarked = (bytes: Uint8Array, mediaType: string): boolean => /calendar/.test(mediaType) && LINE.test(textOf(bytes));

/** @returns `bytes` itself where it has no mark. */
export const unmarked = (bytes: Uint8Array, mediaType: string): Uint8Array =>
  isMarked(bytes, mediaType) ? Buffer.from(textOf(bytes).replace(new RegExp(LINE, 'gm'), ''), 'latin1') : bytes;
