/**
 * Keeps several server processes running on one port. Any of them can take any message, so one that dies costs its clients a resend and
 * nobody else anything; a new one takes its place.
 */
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { ListeningAt, StartWorker, WorkerProcess } from '../runtime/server-processes.js';
import { Finished } from './command.js';

export interface SuperviseOptions {
  readonly count: number;
  readonly start: StartWorker;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Aborted when everything is to end. */
  readonly stop: AbortSignal;
  /** Waits so many milliseconds, less when `stop` is aborted. */
  readonly pause: (ms: number, stop: AbortSignal) => Promise<void>;
  /** How long workers may take to end when they are asked to, ms; then they are killed. */
  readonly patienceMs: number;
  /** All processes take messages. */
  readonly onListening: (at: ListeningAt) => void;
}

/** Before a worker is started anew; doubles while workers of that place die young. Milliseconds. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 30_000;
/** A worker that ran this long did not die young. Milliseconds. */
const STEADY_MS = 60_000;

/** Resolves when all have ended after `stop`. @throws {Finished} when the first cannot even begin; it has said why. */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { count, stop, onListening } = options;
  const running = new Map<number, WorkerProcess>();
  const launch = (place: number): WorkerProcess => {
    const worker = options.start(place);
    options.logger.info('worker-started', { place, pid: worker.pid });
    running.set(place, worker);
    return worker;
  };
  let killing: NodeJS.Timeout | undefined;
  const stopAll = (): void => {
    for (const worker of running.values()) worker.stop();
    killing = setTimeout(() => {
      for (const [place, worker] of running) {
        options.logger.warn('worker-killed', { place, pid: worker.pid });
        worker.kill();
      }
    }, options.patienceMs);
  };
  if (stop.aborted) return;
  stop.addEventListener('abort', stopAll, { once: true });
  try {
    // What keeps the first from listening would keep all: it is said once.
    const first = launch(1);
    const at = await first.listening;
    if (at === undefined) {
      if (stop.aborted) return;
      throw new Finished((await first.ended).code ?? 1);
    }
    const places = Array.from({ length: count - 1 }, (_, n) => n + 2);
    const others = stop.aborted ? [] : places.map((place) => launch(place));
    await Promise.all(others.map((worker) => worker.listening));
    if (!stop.aborted) onListening(at);
    await Promise.all([...running].map(([place, worker]) => keep(options, running, worker, place, () => launch(place))));
  } finally {
    clearTimeout(killing);
    stop.removeEventListener('abort', stopAll);
  }
}

/** Sees to one place until everything is to end. */
async function keep(
  { logger, clock, stop, pause }: SuperviseOptions,
  running: Map<number, WorkerProcess>,
  first: WorkerProcess,
  place: number,
  again: () => WorkerProcess,
): Promise<void> {
  let delay = FIRST_DELAY_MS;
  for (let worker = first; ; worker = again()) {
    const since = clock();
    const { code, signal } = await worker.ended;
    running.delete(place);
    if (stop.aborted) return;
    if (clock() - since >= STEADY_MS) delay = FIRST_DELAY_MS;
    logger.error('worker-ended', { place, pid: worker.pid, code, signal, nextInMs: delay });
    await pause(delay, stop);
    if (stop.aborted) return;
    delay = Math.min(2 * delay, LONGEST_DELAY_MS);
  }
}
