import { Authenticator } from '../accounts/authenticate.js';
import { FirstTime } from '../accounts/first-time.js';
import { HttpAccountService } from '../accounts/http-service.js';
import { Exchange } from '../exchange/exchange.js';
import { HandsetFinder } from '../handsets/handset.js';
import { createApp } from '../http/app.js';
import { startListening, type Listener } from '../http/server.js';
import { UserError } from '../model/errors.js';
import { errorFields } from '../runtime/logger.js';
import type { DatabaseJobs } from '../devicedb/jobs.js';
import type { Store } from '../storage/ports/store.js';
import { retain } from '../sync/database/retention.js';
import { openHandsets } from './handsets.js';
import { greet, prepareUsers } from './before-serving.js';
import type { Run } from './command.js';
import type { Repeatable } from './repeatable.js';

async function listen(run: Run, options: Parameters<typeof startListening>[0]): Promise<Listener> {
  try {
    return await startListening(options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const { host, port } = run.config;
    if (code === 'EADDRINUSE') throw new UserError(`Port ${port} is taken. Is a server running already? Else take another with --port.`);
    if (code === 'EACCES') throw new UserError(`Port ${port} is not allowed for this user. Take one above 1023 with --port.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new UserError(`${host} is no address of this machine. Take 127.0.0.1 or 0.0.0.0 with --host.`);
    throw error;
  }
}

/** Older backups go when there are enough newer ones, and the newest is proven. */
async function keepGenerations(run: Run, store: Store, databases: DatabaseJobs, signal: AbortSignal): Promise<void> {
  const { dropped, faulty } = await retain({ store, databases }, run.config.backup, run.rooms.clock(), signal);
  if (dropped > 0) run.logger.info('backups-dropped', { dropped });
  for (const { copy, faults } of faulty) run.logger.error('backup-faulty', { copy: copy.id, faults });
}

/** Sweeps now and then until it is stopped; one sweep at a time. */
function keepSwept(run: Run, store: Store, databases: DatabaseJobs | undefined): () => Promise<void> {
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const sweep = async (): Promise<void> => {
    try {
      const removed = await store.sweep(run.rooms.clock(), run.config.retention, stop.signal);
      if (Object.values(removed).some((n) => n > 0)) run.logger.info('swept', removed);
      if (databases) await keepGenerations(run, store, databases, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) run.logger.error('sweep-failed', errorFields(error));
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = sweep();
  }, run.config.sweepIntervalMs);
  return async () => {
    clearInterval(timer);
    stop.abort();
    await running;
  };
}

/** Resolves when the process is asked to stop. */
export const stopAsked = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/**
 * Runs the server until it is asked to stop; then messages in hand are finished. As one of several processes it leaves to the supervisor what
 * is done once, and only the first sweeps. @throws {UserError} when it cannot listen.
 */
export async function serve(run: Run, store: Store, lab: Repeatable): Promise<void> {
  const { config, logger, rooms } = run;
  const { worker } = rooms;
  const { clock, random, nonceSecret, timeless, warning } = lab;
  const prepared = worker === undefined ? await prepareUsers(run, store) : undefined;
  const { url: serviceUrl, token, timeoutMs, attempts } = config.accountService;
  const log = (event: string, fields: object): void => logger.info(event, fields);
  const firstTime =
    serviceUrl === undefined || token === undefined
      ? undefined
      : new FirstTime({ service: new HttpAccountService({ url: serviceUrl, token, timeoutMs, attempts }), store, config, clock, log });
  const handsets = openHandsets(run);
  const finder = new HandsetFinder(handsets);
  const authenticator = new Authenticator({
    config: config.auth,
    random,
    asksService: firstTime !== undefined,
    lacksNonce: (device) => finder.lacksNonce(device),
    ...(nonceSecret === undefined ? {} : { nonceSecret }),
  });
  const databases = config.databases.enabled ? rooms.databaseJobs() : undefined;
  const exchange = new Exchange({
    store,
    databases,
    pictures: rooms.pictures(),
    authenticator,
    handsets: finder,
    firstTime,
    config,
    clock,
    random,
    log,
  });
  const patience = new AbortController();
  const startedAt = rooms.clock();
  const health = async (): Promise<Readonly<Record<string, unknown>>> => {
    await store.read(async (tx) => tx.accounts.serverSecret());
    return { uptimeSeconds: Math.round((rooms.clock() - startedAt) / 1000) };
  };
  const app = createApp({ exchange, config, logger, health, signal: patience.signal });
  const listener = await listen(run, { app, config, logger, patience });
  const sweeps = !timeless && (worker === undefined || worker.place === 1);
  const stopSweeping = sweeps ? keepSwept(run, store, databases) : undefined;
  if (warning !== '') rooms.streams.err(warning);
  if (prepared) greet(run, listener, prepared);
  worker?.announce({ host: listener.host, port: listener.port, url: listener.url });
  logger.info('listening', { url: listener.url, data: config.data, ...(prepared ? { users: prepared.users } : {}) });

  await stopAsked(rooms.stop);
  logger.info('stopping');
  await listener.close();
  await stopSweeping?.();
  await databases?.close();
  logger.info('stopped');
}
