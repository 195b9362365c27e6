/** The supervisor of several server processes, with workers that live and die as the test says. */
import assert from 'node:assert/strict';
import { Finished } from '../../src/cli/command.js';
import { supervise } from '../../src/cli/supervise.js';
import type { Logger } from '../../src/runtime/logger.js';
import type { ListeningAt, WorkerProcess } from '../../src/runtime/server-processes.js';

const AT: ListeningAt = { host: '127.0.0.1', port: 4711, url: 'http://127.0.0.1:4711/sync' };
const SECOND = 1000;

type End = Awaited<WorkerProcess['ended']>;

interface Fake {
  readonly place: number;
  readonly told: string[];
  die(end?: Partial<End>): void;
}

interface Setting {
  /** What a worker does as soon as it is there. */
  readonly onStart?: (fake: Fake, listen: () => void) => void;
  readonly onStop?: (fake: Fake) => void;
}

class Scene {
  readonly started: Fake[] = [];
  readonly logged: { event: string; fields: object }[] = [];
  readonly pauses: number[] = [];
  readonly stop = new AbortController();
  readonly done: Promise<unknown>;
  now = 0;
  listening = 0;

  constructor({ onStart = (_, listen) => listen(), onStop = (fake) => fake.die({ code: 0, signal: null }) }: Setting = {}) {
    const log = (event: string, fields: object = {}): void => void this.logged.push({ event, fields });
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const start = (place: number): WorkerProcess => {
      let listen: (at: ListeningAt | undefined) => void = () => undefined;
      let end: (end: End) => void = () => undefined;
      const listening = new Promise<ListeningAt | undefined>((resolve) => (listen = resolve));
      const ended = new Promise<End>((resolve) => (end = resolve));
      const fake: Fake = {
        place,
        told: [],
        die: (how = {}) => {
          end({ code: null, signal: 'SIGKILL', ...how });
          listen(undefined);
        },
      };
      this.started.push(fake);
      onStart(fake, () => listen(AT));
      const stop = (): void => {
        fake.told.push('stop');
        onStop(fake);
      };
      const kill = (): void => {
        fake.told.push('kill');
        fake.die();
      };
      return { pid: 1000 + this.started.length, listening, ended, stop, kill };
    };
    this.done = supervise({
      count: 3,
      start,
      logger,
      clock: () => this.now,
      stop: this.stop.signal,
      pause: async (ms) => void this.pauses.push(ms),
      patienceMs: 20,
      onListening: () => (this.listening += 1),
    }).catch((error: unknown) => error);
  }

  /** Lets everything run that has nothing to wait for. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  places(): readonly number[] {
    return this.started.map(({ place }) => place);
  }
}

describe('supervisor of server processes', () => {
  it('starts the first, then the others, and says once that they listen', async () => {
    const scene = new Scene();
    await scene.settle();
    assert.deepEqual(scene.places(), [1, 2, 3]);
    assert.equal(scene.listening, 1);
    scene.stop.abort();
    assert.equal(await scene.done, undefined);
  });

  it('puts a new one in the place of one that died', async () => {
    const scene = new Scene();
    await scene.settle();
    scene.started[0]?.die({ signal: 'SIGKILL' });
    await scene.settle();
    assert.deepEqual(scene.places(), [1, 2, 3, 1]);
    assert.equal(scene.logged.filter(({ event }) => event === 'worker-ended').length, 1);
    scene.stop.abort();
    await scene.done;
  });

  it('waits longer each time one dies young, and no longer when it had run for a while', async () => {
    const scene = new Scene();
    await scene.settle();
    for (let death = 0; death < 12; death += 1) {
      scene.started.at(-1)?.die();
      await scene.settle();
    }
    assert.deepEqual(scene.pauses.slice(0, 4), [100, 200, 400, 800]);
    assert.equal(scene.pauses.at(-1), 30 * SECOND);
    scene.now += 60 * SECOND;
    scene.started.at(-1)?.die();
    await scene.settle();
    assert.equal(scene.pauses.at(-1), 100);
    scene.stop.abort();
    await scene.done;
  });

  it('asks all to stop, waits for them and starts none again', async () => {
    const scene = new Scene();
    await scene.settle();
    scene.stop.abort();
    assert.equal(await scene.done, undefined);
    assert.deepEqual(
      scene.started.map(({ told }) => told),
      [['stop'], ['stop'], ['stop']],
    );
  });

  it('kills one that does not stop in time', async () => {
    const scene = new Scene({ onStop: (fake) => fake.place !== 2 && fake.die({ code: 0, signal: null }) });
    await scene.settle();
    scene.stop.abort();
    assert.equal(await scene.done, undefined);
    assert.deepEqual(scene.started[1]?.told, ['stop', 'kill']);
    assert.deepEqual(scene.started[0]?.told, ['stop']);
  });

  it('ends with the exit code of the first when that cannot listen, and starts no other', async () => {
    const scene = new Scene({ onStart: (fake) => fake.die({ code: 3, signal: null }) });
    const error = await scene.done;
    assert.ok(error instanceof Finished);
    assert.equal(error.exitCode, 3);
    assert.deepEqual(scene.places(), [1]);
    assert.equal(scene.listening, 0);
  });

  it('stops while the first is still starting', async () => {
    const scene = new Scene({ onStart: () => undefined });
    await scene.settle();
    scene.stop.abort();
    assert.equal(await scene.done, undefined);
    assert.deepEqual(scene.places(), [1]);
  });
});
