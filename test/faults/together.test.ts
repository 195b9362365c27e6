/** `moorage serve --processes 2`: one command, one port, and workers that are killed while devices sync. Needs dist (`npm run build`). */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENT } from '../model-client/device.js';
import { startServer, type Server } from '../support/server.js';
import { faultEverywhere } from './faults.js';
import { play } from './player.js';
import { openProcessWorld } from './process-world.js';
import { scriptOf } from './scripts.js';

/** In all: a place whose workers die young is left empty for longer each time. */
const KILLS = 6;

const TOGETHER = { serveOptions: ['--processes', '2'] };

interface Line {
  readonly event: string;
  readonly worker?: number;
  readonly place?: number;
  readonly pid?: number;
}

const linesOf = (server: Server): readonly Line[] =>
  server.log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

/** Process of the worker that has this place now. */
const workerPid = (server: Server, place: number): number =>
  linesOf(server)
    .filter((line) => line.event === 'worker-started' && line.place === place)
    .at(-1)?.pid ?? NaN;

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function until(what: string, is: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !is(); await sleep(10)) if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
}

describe('several server processes of one command', function () {
  this.timeout(240_000);

  it('share the port, say who writes a line of the log, and end together', async () => {
    const server = await startServer('anna', 'secret words', TOGETHER);
    try {
      const pids = [1, 2].map((place) => workerPid(server, place));
      assert.ok(pids.every(isThere));
      assert.equal(server.log.match(/^listening on /gm)?.length, 1);
      // What a worker writes of itself comes by its own way, and may come after what the supervisor says of it.
      const listening = (): Line[] => linesOf(server).filter((line) => line.event === 'listening' && line.worker !== undefined);
      await until('a line of each worker', () => listening().length === 2);
      assert.deepEqual(new Set(listening().map((line) => line.worker)), new Set([1, 2]));
      assert.equal((await fetch(new URL('/healthz', server.url))).status, 200);
      assert.equal(await server.stop(), 0);
      assert.ok(!pids.some(isThere));
    } finally {
      await server.remove();
    }
  });

  it('end with their supervisor when that is killed', async () => {
    const server = await startServer('anna', 'secret words', TOGETHER);
    try {
      const pids = [1, 2].map((place) => workerPid(server, place));
      await server.kill();
      await until('the workers to end', () => !pids.some(isThere));
    } finally {
      await server.remove();
    }
  });

  it('end when the port is taken, and only the first has tried', async () => {
    const server = await startServer('anna', 'secret words');
    try {
      const { port } = new URL(server.url);
      const attempt = server.command('serve', '--processes', '2', '--port', port);
      await assert.rejects(attempt, (error: Error) => {
        // The error repeats what was printed; only the first worker was started, and it said why it ended.
        assert.match(error.message, /Port \d+ is taken/);
        assert.match(error.message, /"worker-started","place":1/);
        assert.doesNotMatch(error.message, /"place":2/);
        return true;
      });
    } finally {
      await server.remove();
    }
  });

  for (const name of ['two-way', 'large objects']) {
    it(`${name}: workers are killed in the middle of messages, and others take their places`, async () => {
      const script = scriptOf(name);
      const calmWorld = await openProcessWorld();
      const calm = await play(script, calmWorld).finally(() => calmWorld.close());
      const world = await openProcessWorld(1, TOGETHER);
      let kills = 0;
      const [server] = world.servers;
      assert.ok(server);
      const killing: typeof world.transport = async (...message) => {
        if (kills === KILLS) return world.transport(...message);
        const place = 1 + (kills % 2);
        const victim = workerPid(server, place);
        const answer = world.transport(...message);
        answer.catch(() => undefined);
        await sleep((kills * 3) % 13);
        process.kill(victim, 'SIGKILL');
        kills += 1;
        try {
          return await answer;
        } finally {
          // The next kill has to find both at work.
          await until('a new worker to listen', () => {
            const pid = workerPid(server, place);
            return (
              pid !== victim &&
              linesOf(server).filter((line) => line.event === 'listening' && line.worker === place).length > deathsOf(server, place)
            );
          });
        }
      };
      try {
        const outcome = await play(script, world, { transport: faultEverywhere(world.transport, killing), loss: PATIENT });
        assert.deepEqual(outcome, calm);
        assert.equal(kills, KILLS);
      } finally {
        await world.close();
      }
    });
  }
});

const deathsOf = (server: Server, place: number): number =>
  linesOf(server).filter((line) => line.event === 'worker-ended' && line.place === place).length;
