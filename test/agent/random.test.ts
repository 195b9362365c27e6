/**
 * Random schemas and random changes on the device, backed up to the real server with messages lost on the way: after every completed backup the
 * digests agree, computed by this test from both files. Needs dist (`npm run build`). MOORAGE_AGENT_RUNS, MOORAGE_AGENT_SEED: longer, or again.
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../../src/agent/agent.js';
import { startServer, type Server } from '../support/server.js';
import { digestOfBytes } from './support/fake-copies.js';
import { randomDatabase, type RandomDatabase } from './support/random-database.js';
import { seeded } from './support/seeded.js';

const RUNS = Number(process.env['MOORAGE_AGENT_RUNS'] ?? 5);
const STEPS = process.env['MOORAGE_AGENT_RUNS'] === undefined ? 5 : 10;
const SETTINGS = [{}, { form: 'records' }, { method: 'differential' }, { way: 'exact' }, { encoding: 'xml' }] as const;
const SEED = Number(process.env['MOORAGE_AGENT_SEED'] ?? Date.now() % 1_000_000);

describe(`agent: random databases, seed ${SEED}`, () => {
  let server: Server;
  let folder: string;
  let proxy: LossyProxy;
  before(async function () {
    this.timeout(60_000);
    server = await startServer('anna', 'secret');
    proxy = await new LossyProxy(server.url).start();
    folder = mkdtempSync(join(tmpdir(), 'moorage-agent-random-'));
  });
  after(async () => {
    proxy.close();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  for (let run = 0; run < RUNS; run += 1) {
    it(`run ${run}`, async function () {
      this.timeout(120_000);
      const random = seeded(SEED + run * 7919);
      const name = `r${run}.db`;
      const path = join(folder, name);
      const db = new DatabaseSync(path);
      const content: RandomDatabase = randomDatabase(db, random);
      const settings = SETTINGS[run % SETTINGS.length];
      const agent = Agent.open({ state: join(folder, `state${run}`), patience: { resends: 1, firstDelay: 1, maxDelay: 2 } });
      await agent.add({ path, server: proxy.url, user: 'anna', password: 'secret', ...settings });
      try {
        for (let step = 0; step < STEPS; step += 1) {
          if (step > 0) content.change();
          proxy.lossy = random.chance(0.4) ? () => random.chance(0.15) : () => false;
          const statements = content.log.splice(0).join(';\n');
          let report = (await agent.backup())[0];
          for (let tries = 0; tries < 20 && report?.outcome === 'interrupted'; tries += 1) report = (await agent.backup())[0];
          assert.ok(report?.outcome === 'done' || report?.outcome === 'unchanged', `${JSON.stringify(report)}\n${statements}`);
          proxy.lossy = () => false;
          const out = join(folder, `out${run}.db`);
          const restored = await agent.restore({ out, file: name, server: proxy.url, user: 'anna', overwrite: true });
          const [is, was] = [readFileSync(out), readFileSync(path)];
          assert.equal(digestOfBytes(is).digest, digestOfBytes(was).digest, statements);
          if (restored.way === 'exact') assert.ok(is.equals(was), statements);
          if (process.env['MOORAGE_AGENT_RUNS'])
            console.log(
              run,
              step,
              JSON.stringify(settings),
              agent.status()[0]?.exactOnly ?? '',
              report?.outcome,
              report?.sentAs,
              JSON.stringify(report?.changes),
            );
        }
      } finally {
        agent.close();
        db.close();
      }
    });
  }
});

/** Between agent and server: loses requests or answers when it is told to. */
class LossyProxy {
  lossy: () => boolean = () => false;
  url = '';
  readonly #target: URL;
  readonly #server: HttpServer;

  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((from, to) => {
      const parts: Buffer[] = [];
      from.on('error', () => undefined);
      from.on('data', (part: Buffer) => parts.push(part));
      from.on('end', () => {
        if (this.lossy()) {
          from.socket.destroy();
          return;
        }
        const there = new URL(from.url ?? '', this.#target);
        const sent = request(there, { method: 'POST', headers: { ...from.headers, host: this.#target.host } }, (answer) => {
          const got: Buffer[] = [];
          answer.on('data', (part: Buffer) => got.push(part));
          answer.on('end', () => {
            if (this.lossy()) from.socket.destroy();
            else to.writeHead(answer.statusCode ?? 500, { 'content-type': answer.headers['content-type'] ?? '' }).end(Buffer.concat(got));
          });
        });
        sent.on('error', () => from.socket.destroy());
        sent.end(Buffer.concat(parts));
      });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#target.pathname}`;
    return this;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
