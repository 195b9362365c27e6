/** A device with an agent, a file and a server, for one test. */
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type AddOptions, type AgentOptions, type JobReport } from '../../../src/agent/agent.js';
import { FakeServer, type FakeOptions } from './fake-server.js';

/** No test waits for a link. */
export const IMPATIENT = { resends: 3, firstDelay: 1, maxDelay: 4 };

export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'moorage-agent-'));
  readonly server: FakeServer;
  #agents: Agent[] = [];

  constructor(options: FakeOptions = {}) {
    this.server = new FakeServer(options);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Another state folder is another device. */
  agent(state = 'state', options: Partial<AgentOptions> = {}): Agent {
    const agent = Agent.open({ state: this.path(state), patience: IMPATIENT, ...options });
    this.#agents.push(agent);
    return agent;
  }

  add(agent: Agent, path: string, options: Partial<AddOptions> = {}): Promise<string> {
    return agent.add({ path, server: this.server.url, user: 'anna', password: 'secret', ...options });
  }

  database(name: string, sql: string): InstanceType<typeof DatabaseSync> {
    const db = new DatabaseSync(this.path(name));
    db.exec(sql);
    return db;
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) agent.close();
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function openBench(options: FakeOptions = {}): Promise<Bench> {
  const bench = new Bench(options);
  await bench.server.start();
  return bench;
}

/** The report of the one file there is. @throws when it did not end as wanted. */
export function only(reports: readonly JobReport[], outcome: JobReport['outcome'] = 'done'): JobReport {
  const [report] = reports;
  if (reports.length !== 1 || report?.outcome !== outcome) throw new Error(JSON.stringify(reports, undefined, 1));
  return report;
}

export { CONTACTS, fill } from './rows.js';
