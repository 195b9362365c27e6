import { setTimeout as sleep } from 'node:timers/promises';
import { greet, prepareUsers } from './before-serving.js';
import type { Run } from './command.js';
import { supervise } from './supervise.js';

/** Beyond the time that a worker gives messages in hand, ms. */
const LAST_PATIENCE_MS = 5000;

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  // Rejects when it is cut short, which is what the signal is for.
  await sleep(ms, undefined, { signal }).catch(() => undefined);
};

/** Runs several server processes on one port until it is asked to stop. @throws {Finished} when they cannot listen. */
export async function serveTogether(run: Run): Promise<void> {
  const { config, logger, rooms } = run;
  const prepared = await run.withStore('create', (store) => prepareUsers(run, store));
  await supervise({
    count: config.processes,
    start: rooms.startWorker,
    logger,
    clock: rooms.clock,
    stop: rooms.stop,
    pause,
    patienceMs: config.http.shutdownTimeoutMs + LAST_PATIENCE_MS,
    onListening: (at) => {
      greet(run, at, prepared);
      logger.info('listening', { url: at.url, data: config.data, users: prepared.users, processes: config.processes });
    },
  });
  logger.info('stopped');
}
