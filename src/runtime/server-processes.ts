/** Several processes of this program on one listening port: node's cluster, in the words of a supervisor and of its workers. */
import cluster from 'node:cluster';

export interface ListeningAt {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/** A worker as its supervisor sees it. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves when it takes messages; with undefined when it ended before. */
  readonly listening: Promise<ListeningAt | undefined>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Asks it to finish what it has in hand and end. */
  stop(): void;
  kill(): void;
}

export type StartWorker = (place: number) => WorkerProcess;

/** What a worker knows of itself. */
export interface WorkerRole {
  /** Its place among its fellows, from 1; one that is started anew takes the place of the one that died. */
  readonly place: number;
  /** Tells the supervisor that it takes messages. */
  announce(at: ListeningAt): void;
  /** To be called last: the way to the supervisor would keep the process. */
  leave(): void;
}

/** In the environment of a worker. Not a setting: those begin with the program's name. */
const PLACE = 'SERVER_WORKER_PLACE';

// Workers take connections from the socket themselves: one that the supervisor was handing to a worker as it died would wait for ever.
cluster.schedulingPolicy = cluster.SCHED_NONE;

/**
 * Starts this program once more, with the same command line; all that ask for the same port get it, 0 included, as long as one of them has it.
 * A worker whose supervisor dies ends at once. [Node, "Cluster"]
 */
export const startWorker: StartWorker = (place) => {
  const worker = cluster.fork({ [PLACE]: String(place) });
  const { process: child } = worker;
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    // It could not be started at all.
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const announced = new Promise<ListeningAt>((resolve) => {
    worker.on('message', (at: ListeningAt) => resolve(at));
  });
  return {
    pid: child.pid,
    listening: Promise.race([announced, ended.then(() => undefined)]),
    ended,
    stop: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
  };
};

/** Undefined in a process that nobody supervises. */
export function workerRole(environment: Readonly<Record<string, string | undefined>>): WorkerRole | undefined {
  const place = environment[PLACE];
  if (!cluster.isWorker || place === undefined) return undefined;
  return {
    place: Number(place),
    announce: (at) => void process.send?.(at),
    // Not process.disconnect: that counts as the supervisor's death and loses the exit code.
    leave: () => void cluster.worker?.disconnect(),
  };
}
