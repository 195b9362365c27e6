import assert from 'node:assert/strict';
import { createUser, ensureDatastores, listUsers, removeUser, setPassword } from '../../src/accounts/users.js';
import { passwordVerifier } from '../../src/accounts/digest.js';
import { UserError } from '../../src/model/errors.js';
import { loadConfig } from '../../src/runtime/config.js';
import { tempStore, type TempStore } from '../support/temp-store.js';

describe('users', () => {
  const { datastores } = loadConfig({ environment: { HOME: '/tmp' } }).config;
  let temp: TempStore;
  beforeEach(async () => (temp = await tempStore()));
  afterEach(() => temp.close());
  const add = (name: string, password = 'pw') => createUser(temp.store, { name, password, serverId: 'moorage', datastores, now: 5 });

  it('begin with the datastores of the configuration and their digests', async () => {
    const account = await add('anna', 'secret');
    await temp.store.read(async (tx) => {
      const uris = (await tx.account(account.id).datastores.list()).map((datastore) => datastore.uri);
      assert.deepEqual(uris.sort(), ['calendar', 'caltasks', 'contacts', 'notes', 'tasks']);
      assert.deepEqual(await tx.accounts.credential(account.id), {
        verifier: passwordVerifier('anna', 'secret'),
        serverVerifier: passwordVerifier('moorage', 'secret'),
        serverId: 'moorage',
        password: 'secret',
      });
    });
  });

  it('leave no password behind where the operator forbids it', async () => {
    const account = await createUser(temp.store, {
      name: 'anna',
      password: 'pw',
      serverId: 'moorage',
      keepPassword: false,
      datastores,
      now: 5,
    });
    await setPassword(temp.store, 'anna', 'pw2', 'moorage', false);
    const credential = await temp.store.read((tx) => tx.accounts.credential(account.id));
    assert.equal(credential?.verifier, passwordVerifier('anna', 'pw2'));
    assert.equal(credential.password, undefined);
  });

  it('get datastores that are configured later, and keep the ones they have', async () => {
    const account = await add('anna');
    const more = [...datastores, { uri: 'work', kind: 'contacts' as const, policy: 'server-wins' as const, aliases: [] }];
    for (let n = 0; n < 2; n += 1) await temp.store.transact((tx) => ensureDatastores(tx, account.id, more));
    const uris = await temp.store.read(async (tx) => (await tx.account(account.id).datastores.list()).map((datastore) => datastore.uri));
    assert.equal(uris.length, 6);
    assert.ok(uris.includes('work'));
  });

  for (const { name, why } of [
    { name: '', why: 'empty' },
    { name: ' anna', why: 'a blank at its end' },
    { name: 'a:b', why: 'a colon' },
    { name: 'a\nb', why: 'a control character' },
    { name: 'ü'.repeat(33), why: 'more than 64 bytes' },
  ]) {
    it(`cannot have a name with ${why}`, () => assert.rejects(add(name), UserError));
  }

  it('cannot have names that differ only in case', async () => {
    await add('Anna');
    await assert.rejects(add('anna'), /already a user "Anna"/);
  });

  it('can change the password and go, and are told apart from strangers', async () => {
    const account = await add('anna');
    await setPassword(temp.store, 'anna', 'new', 'moorage');
    const credential = await temp.store.read((tx) => tx.accounts.credential(account.id));
    assert.equal(credential?.verifier, passwordVerifier('anna', 'new'));
    await assert.rejects(setPassword(temp.store, 'ANNA', 'new', 'moorage'), /did you mean "anna"/);
    await removeUser(temp.store, 'anna');
    assert.deepEqual(await listUsers(temp.store), []);
    await assert.rejects(removeUser(temp.store, 'anna'), UserError);
  });
});
