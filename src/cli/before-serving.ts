/** What is done once before a data folder is served, however many processes serve it, and what a person is told then. */
import { createUser, ensureDatastores } from '../accounts/users.js';
import type { ListeningAt } from '../runtime/server-processes.js';
import type { Store } from '../storage/ports/store.js';
import { flagOption, type Run } from './command.js';
import { phoneSettings } from './phone-settings.js';
import { readablePassword } from './readable-password.js';

const FIRST_USER = 'phone';

interface FirstUser {
  readonly name: string;
  readonly password: string;
}

export interface Users {
  readonly users: number;
  /** The one made just now. */
  readonly made?: FirstUser;
}

/** Brings users up to the configuration, and makes one when there are none and that was asked for. */
export async function prepareUsers(run: Run, store: Store): Promise<Users> {
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

/** Tells a person that the server listens, and what to type into a phone. */
export function greet(run: Run, listening: ListeningAt, users: Users): void {
  const { streams } = run.rooms;
  streams.out(greeting(run, listening, users));
  if (run.config.trace.messages)
    streams.err('Note: the messages of sessions are kept (trace.messages), for "moorage session show --messages".\n');
}

/** One text, so that who waits for its first line has the rest too. */
function greeting(run: Run, listening: ListeningAt, { users, made }: Users): string {
  const { config } = run;
  const settings = phoneSettings({ config, listening, ...(made === undefined ? {} : { user: made.name, password: made.password }) });
  const again =
    made === undefined ? '' : `The password is not shown again; "moorage user passwd ${made.name} --data ${config.data}" makes another.\n`;
  const nobody =
    users > 0 ? '' : `There are no users yet: "moorage user add NAME --data ${config.data}" makes one, also while the server runs.\n`;
  return `listening on ${listening.url}\n${settings}${again}${nobody}`;
}
