/** Who there is: making, changing and removing the server's own accounts. */
import { UserError } from '../model/errors.js';
import type { AccountId } from '../model/ids.js';
import type { DatastoreConfig } from '../runtime/config.js';
import type { AccountRecord, Credential } from '../storage/ports/accounts.js';
import type { Store, WriteTx } from '../storage/ports/store.js';
import { passwordVerifier } from './digest.js';

const MAX_NAME_BYTES = 64;
const MAX_PASSWORD_BYTES = 128;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Names that differ only in this are the same to a person with a number pad. */
export const foldName = (name: string): string => name.trim().toLowerCase();

export interface NewUser {
  readonly name: string;
  readonly password: string;
  /** Name the server logs in to clients with. */
  readonly serverId: string;
  /** See `auth.keepPasswords`. */
  readonly keepPassword?: boolean;
  /** May use the service. Default: true. */
  readonly entitled?: boolean;
  readonly datastores: readonly DatastoreConfig[];
  readonly now: number;
}

export interface UserSummary {
  readonly account: AccountRecord;
  readonly devices: number;
  readonly items: number;
  readonly usedBytes: number;
  /** Latest access of any device, milliseconds since 1970. */
  readonly lastAccessAt?: number;
}

export const makeCredential = (name: string, password: string, serverId: string, keepPassword = true): Credential => ({
  verifier: passwordVerifier(name, password),
  serverVerifier: passwordVerifier(serverId, password),
  serverId,
  ...(keepPassword ? { password } : {}),
});

function checkName(name: string): void {
  if (name === '' || name !== name.trim()) throw new UserError('A user name needs at least one character and no blanks at its ends.');
  if (name.includes(':')) throw new UserError(`The user name "${name}" cannot have a colon: log-ins are sent as name:password.`);
  if (CONTROL.test(name)) throw new UserError('A user name cannot have control characters.');
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new UserError(`A user name can have at most ${MAX_NAME_BYTES} bytes.`);
}

function checkPassword(password: string): void {
  if (password === '') throw new UserError('The password is empty. Give one with --password-stdin.');
  if (CONTROL.test(password)) throw new UserError('A password cannot have control characters: no phone could type them.');
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) throw new UserError(`A password can have at most ${MAX_PASSWORD_BYTES} bytes.`);
}

/** The account of that name. @throws {UserError} when there is none; it names the ones that look alike. */
export async function requireUser(
  tx: Pick<WriteTx, 'accounts'> | { accounts: Pick<WriteTx['accounts'], 'byName' | 'list'> },
  name: string,
): Promise<AccountRecord> {
  const account = await tx.accounts.byName(name);
  if (account !== undefined) return account;
  const alike = (await tx.accounts.list()).find((other) => foldName(other.name) === foldName(name));
  throw new UserError(
    `There is no user "${name}"${alike === undefined ? '; "moorage user list" shows all' : `; did you mean "${alike.name}"?`}.`,
  );
}

/** Makes the datastores of the configuration that the account does not have yet; those it has stay as they are. */
export async function ensureDatastores(tx: WriteTx, account: AccountId, datastores: readonly DatastoreConfig[]): Promise<void> {
  const own = tx.account(account).datastores;
  for (const { uri, kind, policy } of datastores) if ((await own.byUri(uri)) === undefined) await own.create(uri, kind, policy);
}

/** @throws {UserError} when the name or password cannot be used, or the name is taken (also in another spelling). */
export async function createUser(store: Store, user: NewUser): Promise<AccountRecord> {
  checkName(user.name);
  checkPassword(user.password);
  const credential = makeCredential(user.name, user.password, user.serverId, user.keepPassword);
  return store.transact(async (tx) => {
    const taken = (await tx.accounts.list()).find((other) => foldName(other.name) === foldName(user.name));
    if (taken !== undefined)
      throw new UserError(`There is already a user "${taken.name}"; "moorage user passwd ${taken.name}" changes the password.`);
    const account = await tx.accounts.create(user.name, credential, user.now);
    await ensureDatastores(tx, account.id, user.datastores);
    if (user.entitled === false) await tx.accounts.setEntitled(account.id, false);
    return account;
  });
}

/** @throws {UserError} when there is no such user or the password cannot be used. */
export async function setPassword(store: Store, name: string, password: string, serverId: string, keepPassword = true): Promise<void> {
  checkPassword(password);
  await store.transact(async (tx) => {
    const account = await requireUser(tx, name);
    await tx.accounts.setCredential(account.id, makeCredential(account.name, password, serverId, keepPassword));
  });
}

/** Removes the user with everything stored; the data key goes with it, so copies cannot be read either. @throws {UserError} */
export async function removeUser(store: Store, name: string): Promise<void> {
  await store.transact(async (tx) => tx.accounts.remove((await requireUser(tx, name)).id));
}

/** Log-ins are refused from now on; nothing is removed. @throws {UserError} */
export async function lockUser(store: Store, name: string, now: number): Promise<void> {
  await store.transact(async (tx) => tx.accounts.setLocked((await requireUser(tx, name)).id, now));
}

/** @throws {UserError} */
export async function unlockUser(store: Store, name: string): Promise<void> {
  await store.transact(async (tx) => tx.accounts.setLocked((await requireUser(tx, name)).id, undefined));
}

/** Whether the user may use the service; nothing is removed. @throws {UserError} */
export async function setEntitled(store: Store, name: string, entitled: boolean): Promise<void> {
  await store.transact(async (tx) => tx.accounts.setEntitled((await requireUser(tx, name)).id, entitled));
}

/** Where the user's copies go from now on; undefined: where the configuration says. What is stored stays where it is. @throws {UserError} */
export async function setLocation(store: Store, name: string, location: string | undefined): Promise<void> {
  await store.transact(async (tx) => tx.accounts.setLocation((await requireUser(tx, name)).id, location));
}

/** Where the user's devices are, an IANA name; undefined: where the configuration says. @throws {UserError} */
export async function setTimeZone(store: Store, name: string, timeZone: string | undefined): Promise<void> {
  await store.transact(async (tx) => tx.accounts.setTimeZone((await requireUser(tx, name)).id, timeZone));
}

/** @returns undefined where nothing was said of it. @throws {UserError} */
export async function timeZoneOf(store: Store, name: string): Promise<string | undefined> {
  return store.read(async (tx) => (await requireUser(tx, name)).timeZone);
}

/** Where the user's numbers without the prefix of a country are, ISO 3166; undefined: where the configuration says. @throws {UserError} */
export async function setCountry(store: Store, name: string, country: string | undefined): Promise<void> {
  await store.transact(async (tx) => tx.accounts.setCountry((await requireUser(tx, name)).id, country));
}

/** @returns undefined where nothing was said of it. @throws {UserError} */
export async function countryOf(store: Store, name: string): Promise<string | undefined> {
  return store.read(async (tx) => (await requireUser(tx, name)).country);
}

export async function listUsers(store: Store): Promise<readonly UserSummary[]> {
  return store.read(async (tx) => {
    const users: UserSummary[] = [];
    for (const account of await tx.accounts.list()) {
      const own = tx.account(account.id);
      const devices = await own.devices.list();
      let items = 0;
      for (const datastore of await own.datastores.list()) items += await own.items.count(datastore.id);
      const lastAccessAt = Math.max(0, ...devices.map((device) => device.lastAccessAt));
      users.push({
        account,
        devices: devices.length,
        items,
        usedBytes: await own.usedBytes(),
        ...(lastAccessAt === 0 ? {} : { lastAccessAt }),
      });
    }
    return users;
  });
}
