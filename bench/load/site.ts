/** The servers under load: several processes on one store, with their accounts made, and the generator beside them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Server, type ServerOptions } from '../../test/support/server.js';
import { processTree } from '../proc.js';
import { GeneratorProcess } from './generator-process.js';
import type { LoadOptions } from './options.js';
import { addUsers, userOf } from './users.js';

const DEVICES_PER_ACCOUNT = 2;

export interface Site extends AsyncDisposable {
  readonly folder: string;
  /** The servers' processes, those they started included. */
  readonly pids: () => readonly number[];
  readonly generator: GeneratorProcess;
}

/** Starts everything and lets every device sync once. */
export async function openSite(options: LoadOptions, serverOptions: Pick<ServerOptions, 'env'> = {}): Promise<Site> {
  const settings: ServerOptions = {
    nodeOptions: options.node,
    env: { MOORAGE_LOG_LEVEL: 'info', ...serverOptions.env },
    ...(options.oneCommand ? { serveOptions: ['--processes', String(options.processes)] } : {}),
  };
  const first = new Server(settings);
  const servers = [first];
  const generator = new GeneratorProcess();
  const close = async (): Promise<void> => {
    await generator.stop();
    for (const server of servers.slice(1)) await server.stop();
    await first.stop();
    await first.remove();
  };
  try {
    mkdirSync(first.data, { recursive: true });
    const { user, password } = userOf(0);
    await first.addUser(user, password);
    const accounts = Math.ceil(options.devices / DEVICES_PER_ACCOUNT);
    await addUsers(first.data, join(first.root, 'master.key'), accounts, 1);
    await first.start();
    while (!options.oneCommand && servers.length < options.processes) {
      const next = new Server({ ...settings, root: first.root });
      servers.push(next);
      await next.start();
    }
    const ports = servers.map((server) => Number(new URL(server.url).port));
    const { devices, cards, seed } = options;
    await generator.do({ kind: 'setup', setup: { ports, devices, devicesPerAccount: DEVICES_PER_ACCOUNT, cards, seed } });
    await generator.do({ kind: 'prime' });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    folder: first.data,
    pids: () => processTree(servers.flatMap((server) => server.pid ?? [])),
    generator,
    [Symbol.asyncDispose]: close,
  };
}
