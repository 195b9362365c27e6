import type { SyncWork } from './work.js';

/** The quota is looked up once a message; what the message adds is counted on top, where `take` says so. `size` in bytes. */
export async function overQuota(work: SyncWork, size: number, take: boolean): Promise<boolean> {
  work.used ??= await work.account.usedBytes();
  if (work.used + size > work.options.limits.quotaBytes) return true;
  if (take) work.used += size;
  return false;
}
