/** The datastore a restore is asked of, with its query. [docs/device-backup-protocol.md, "Restore"] */
import type { RestoreOptions } from '../types.js';
import { datastoreOf } from '../job/send.js';

/** `20260105T080000Z` */
export const queryTime = (at: Date): string => `${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

export function restoreTarget({ file, at, generation, from }: Pick<RestoreOptions, 'file' | 'at' | 'generation' | 'from'>): string {
  const words = [
    ...(from === undefined ? [] : [`from=${encodeURIComponent(from)}`]),
    ...(at === undefined ? [] : [`at=${queryTime(at)}`]),
    ...(generation === undefined ? [] : [`gen=${generation}`]),
    'coding=gzip',
  ];
  return `${datastoreOf(file)}?${words.join('&')}`;
}
