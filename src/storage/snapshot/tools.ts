import { createSnapshot, restoreSnapshot, verifySnapshot, type Snapshot } from './snapshot.js';

const factsOf = ({ at, files, outside }: Snapshot) => ({
  at,
  files: files.length,
  bytes: files.reduce((sum, { size }) => sum + size, 0),
  outside,
});

/** Snapshots as the command line wants them. @param clock milliseconds since 1970. */
export const snapshotTools = (clock: () => number) => ({
  create: async (data: string, target: string, signal: AbortSignal) => factsOf(await createSnapshot(data, target, clock, signal)),
  verify: async (folder: string, signal: AbortSignal) => {
    const { snapshot, faults } = await verifySnapshot(folder, signal);
    return { ...factsOf(snapshot), faults };
  },
  restore: async (folder: string, data: string, signal: AbortSignal) => factsOf(await restoreSnapshot(folder, data, signal)),
});
