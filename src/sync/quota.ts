import type { SyncWork } from './work.js';

/**
 * The quota is looked up once a message; what the message adds is counted on top, where `take` says so. It holds for what there is, and once more
 * for what has arrived and does not count yet: a refresh may bring as much as it will replace. `size` in bytes.
 */
export async function overQuota(work: SyncWork, size: number, take: boolean): Promise<boolean> {
  work.used ??= Math.max(await work.account.usedBytes(), await work.account.arrivedBytes());
  if (work.used + size > work.options.limits.quotaBytes) return true;
  if (take) work.used += size;
  return false;
}
