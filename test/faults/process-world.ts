/** The built server as processes of its own, one or more on one data folder, killed with SIGKILL while they work. Needs dist (`npm run build`). */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/runtime/clock.js';
import { Keyring } from '../../src/sealing/keyring.js';
import { loadMasterKey } from '../../src/sealing/master-key.js';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.js';
import { httpTransport, LinkLost, type Reply, type Transport } from '../model-client/transport.js';
import { Server, startServer, type ServerOptions } from '../support/server.js';
import { storedItems } from './in-process-world.js';
import type { World } from './world.js';

const USER = 'anna';
const PASSWORD = 'correct horse';

export interface ProcessWorld extends World {
  /** Sends a message and kills the process that works on it, `ms` milliseconds later; it is there again for the next message. */
  readonly killAfter: (ms: () => number) => Transport;
  readonly servers: readonly Server[];
}

/** @param servers how many processes on the one folder take turns with the messages. */
export async function openProcessWorld(servers = 1, options: ServerOptions = {}): Promise<ProcessWorld> {
  const first = await startServer(USER, PASSWORD, options);
  const running = [first];
  while (running.length < servers) {
    const next = new Server({ ...options, root: first.root });
    await next.start();
    running.push(next);
  }
  const http = httpTransport();
  let turn = 0;
  const nextServer = (): Server => {
    const server = running[turn % running.length] ?? first;
    turn += 1;
    return server;
  };
  /** Devices follow RespURI to the process that made it; a balancer in front would not care. */
  const sendTo = (server: Server, url: string): string => {
    const target = new URL(server.url);
    target.search = new URL(url).search;
    return target.href;
  };
  const transport: Transport = (url, ...rest) => http(sendTo(nextServer(), url), ...rest);
  const killAfter =
    (ms: () => number): Transport =>
    async (url, ...rest) => {
      const server = nextServer();
      const answer: Promise<Reply | undefined> = http(sendTo(server, url), ...rest).catch((error: unknown) => {
        if (error instanceof LinkLost) return undefined;
        throw error;
      });
      await delay(ms());
      await server.kill();
      const reply = await answer;
      await server.start();
      // An answer that was out before the process died counts, as it would for a phone.
      if (!reply) throw new LinkLost('killed');
      return reply;
    };
  return {
    url: first.url,
    user: USER,
    password: PASSWORD,
    transport,
    killAfter,
    servers: running,
    items: async (name) => {
      const keyring = new Keyring(loadMasterKey({ file: join(first.root, 'master.key') }));
      const store = await openSqliteStore({ folder: first.data, keyring, clock: systemClock });
      try {
        const account = await store.read((tx) => tx.accounts.byName(USER));
        return account ? await storedItems(store, account.id, name) : [];
      } finally {
        await store.close();
      }
    },
    close: async () => {
      http.close();
      for (const server of running.slice(1)) await server.kill();
      await first.remove();
    },
  };
}
