import { Authenticator } from '../accounts/authenticate.js';
import { createUser, ensureDatastores } from '../accounts/users.js';
import { Exchange } from '../exchange/exchange.js';
import { createApp } from '../http/app.js';
import { startListening, type Listener } from '../http/server.js';
import { UserError } from '../model/errors.js';
import { errorFields } from '../runtime/logger.js';
import type { Store } from '../storage/ports/store.js';
import { flagOption, type Run } from './command.js';
import { phoneSettings } from './phone-settings.js';
import { readablePassword } from './readable-password.js';

const FIRST_USER = 'phone';

interface FirstUser {
  readonly name: string;
  readonly password: string;
}

/** Brings users up to the configuration, and makes one when there are none and that was asked for. */
async function prepareUsers(run: Run, store: Store): Promise<{ readonly users: number; readonly made?: FirstUser }> {
  const { datastores, serverId } = run.config;
  const users = await store.transact(async (tx) => {
    const all = await tx.accounts.list();
    for (const account of all) await ensureDatastores(tx, account.id, datastores);
    return all.length;
  });
  if (users > 0 || !flagOption(run, 'firstUser')) return { users };
  const made = { name: FIRST_USER, password: readablePassword(run.rooms.random) };
  await createUser(store, { ...made, serverId, keepPassword: run.config.auth.keepPasswords, datastores, now: run.rooms.clock() });
  return { users: 1, made };
}

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

/** Sweeps now and then until it is stopped; one sweep at a time. */
function keepSwept(run: Run, store: Store): () => Promise<void> {
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const sweep = async (): Promise<void> => {
    try {
      const removed = await store.sweep(run.rooms.clock(), run.config.retention, stop.signal);
      if (Object.values(removed).some((n) => n > 0)) run.logger.info('swept', removed);
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

const stopAsked = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** One text, so that who waits for its first line has the rest too. */
function greeting(run: Run, listening: Listener, users: number, made: FirstUser | undefined): string {
  const { config } = run;
  const settings = phoneSettings({ config, listening, ...(made === undefined ? {} : { user: made.name, password: made.password }) });
  const again =
    made === undefined ? '' : `The password is not shown again; "moorage user passwd ${made.name} --data ${config.data}" makes another.\n`;
  const nobody =
    users > 0 ? '' : `There are no users yet: "moorage user add NAME --data ${config.data}" makes one, also while the server runs.\n`;
  return `listening on ${listening.url}\n${settings}${again}${nobody}`;
}

/** Runs the server until it is asked to stop; then messages in hand are finished. @throws {UserError} when it cannot listen. */
export async function serve(run: Run, store: Store): Promise<void> {
  const { config, logger, rooms } = run;
  const { users, made } = await prepareUsers(run, store);
  const authenticator = new Authenticator({ config: config.auth, random: rooms.random });
  const exchange = new Exchange({
    store,
    authenticator,
    config,
    clock: rooms.clock,
    random: rooms.random,
    log: (event, fields) => logger.info(event, fields),
  });
  const patience = new AbortController();
  const startedAt = rooms.clock();
  const health = async (): Promise<Readonly<Record<string, unknown>>> => {
    await store.read(async (tx) => tx.accounts.serverSecret());
    return { uptimeSeconds: Math.round((rooms.clock() - startedAt) / 1000) };
  };
  const app = createApp({ exchange, config, logger, health, signal: patience.signal });
  const listener = await listen(run, { app, config, logger, patience });
  const stopSweeping = keepSwept(run, store);
  rooms.streams.out(greeting(run, listener, users, made));
  if (config.trace.messages)
    rooms.streams.err('Note: the messages of sessions are kept (trace.messages), for "moorage session show --messages".\n');
  logger.info('listening', { url: listener.url, data: config.data, users });

  await stopAsked(rooms.stop);
  logger.info('stopping');
  await listener.close();
  await stopSweeping();
  logger.info('stopped');
}
