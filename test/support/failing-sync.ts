/** Makes syncing files fail in this process, as a dying disk does. */
import { open, type FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

type Sync = 'sync' | 'datasync';

export interface FailingSync {
  /** Calls since. */
  readonly calls: () => number;
  restore(): void;
}

/** @param which calls fail, counted from 1; all by default. The handle is not looked at: `datasync` is the log's, `sync` that of blobs and folders. */
export async function failSync(method: Sync, which: (call: number) => boolean = () => true): Promise<FailingSync> {
  const probe = await open(fileURLToPath(import.meta.url), 'r');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its handle below
  const real = prototype[method];
  let calls = 0;
  prototype[method] = function (this: FileHandle): Promise<void> {
    calls += 1;
    if (!which(calls)) return real.call(this);
    return Promise.reject(Object.assign(new Error(`EIO: i/o error, ${method}`), { code: 'EIO' }));
  };
  return {
    calls: () => calls,
    restore: () => {
      prototype[method] = real;
    },
  };
}
