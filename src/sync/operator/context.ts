/** What every operator command begins with: a user, a datastore, by the names a person types. */
import { UserError } from '../../model/errors.js';
import type { AccountRecord } from '../../storage/ports/accounts.js';
import type { DatastoreRecord } from '../../storage/ports/datastores.js';
import type { AccountReader, ReadTx } from '../../storage/ports/store.js';

/** @throws {UserError} when there is no such user. */
export async function findUser(tx: ReadTx, name: string): Promise<AccountRecord> {
  const account = await tx.accounts.byName(name);
  if (account === undefined) throw new UserError(`There is no user "${name}"; "moorage user list" shows all.`);
  return account;
}

/** @throws {UserError} when the user has no such datastore; names those there are. */
export async function findDatastore(own: AccountReader, uri: string): Promise<DatastoreRecord> {
  const found = await own.datastores.byUri(uri);
  if (found !== undefined) return found;
  const all = (await own.datastores.list()).map((datastore) => datastore.uri);
  throw new UserError(`There is no datastore "${uri}"; this user has ${all.length === 0 ? 'none' : all.join(', ')}.`);
}
