import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { guid, luid, type SessionToken } from '../../../src/model/ids.js';
import { bytes, item, settle, within } from '../contract/setting.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';

const SECRET = 'Katharina Mustermann';
const secret = (where: string): Uint8Array => bytes(`${SECRET} in ${where} ${SECRET}`);

/**
 * Every file below `folder`, by its path. Read by another process: to open and close a database's file within this one would drop the locks
 * that its store holds.
 */
function filesOf(folder: string): Map<string, Buffer> {
  const read = (path: string): Buffer => execFileSync('cat', [path], { maxBuffer: 1e9 });
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(paths.map((entry) => join(entry.parentPath, entry.name)).map((path) => [path, read(path)]));
}

/** Forms in which text could lie there. */
const formsOf = (text: string): readonly Buffer[] => [
  Buffer.from(text, 'utf8'),
  Buffer.from(text, 'utf16le'),
  Buffer.from(Buffer.from(text).toString('hex')),
  Buffer.from(JSON.stringify([...Buffer.from(text)]).slice(1, -1)),
];

describe('SQLite store at rest', () => {
  let opened: TempStore;
  beforeEach(async () => {
    opened = await tempStore();
  });
  afterEach(() => opened.close());

  it('has no content, credential, DevInf or answer in the clear in any of its files', async () => {
    const { store, folder } = opened;
    const setting = await settle(store);
    const { pair } = setting;
    const big = Buffer.concat(Array.from({ length: 3000 }, (_, n) => secret(`blob line ${n}`)));
    const name = await store.blobs.put(setting.account, big);
    const blob = { kind: 'blob' as const, name, size: big.length };
    await within(store, setting, async (account, tx) => {
      const secretText = Buffer.from(secret('text')).toString();
      await tx.accounts.setCredential(setting.account, { verifier: secretText, serverVerifier: secretText, serverId: secretText });
      const device = await account.devices.byId(setting.device);
      assert.ok(device);
      await account.devices.save({
        ...device,
        userAgent: secretText,
        devInf: secretText,
        nonce: secretText,
        previousNonce: secretText,
        clientNonce: secretText,
        lastRefusal: { at: 1, reason: secretText },
      });
      const { guid: made } = await account.items.create(setting.datastore, item(`${secretText} 1`, { canonicalKey: 'k' }), { now: 1 });
      await account.items.replace(setting.datastore, made, item(`${secretText} 2`, { canonicalKey: 'k' }), { now: 2 });
      await account.items.create(setting.datastore, { ...item('', { canonicalKey: 'k' }), content: blob }, { now: 1 });
      await account.staged.put(pair.id, luid('1'), item(secretText, { canonicalKey: 'k' }));
      await account.staged.put(pair.id, luid('2'), { ...item('', { canonicalKey: 'k' }), content: blob });
      await account.chunks.append('1', secret('chunk'));
      const journal = {
        at: 1,
        datastore: setting.datastore,
        guid: guid('1'),
        cause: 'update-update',
        decision: 'client',
        revision: 1,
        type: 't',
      };
      await account.conflicts.add(journal, { lost: secret('lost'), kept: secret('kept') });
      await tx.sessions.save(
        {
          token: 'token' as SessionToken,
          account: setting.account,
          device: setting.device,
          deviceUri: 'IMEI:1',
          sessionId: '1',
          origin: secretText,
          lastMsgId: 1,
          startedAt: 1,
          updatedAt: 1,
          ended: false,
          state: secretText,
          trace: secretText,
        },
        { msgId: 1, digest: secretText, bodyDigest: secretText, contentType: secretText, bytes: secret('response'), at: 1 },
      );
      const side = (where: string) => ({ headers: { 'User-Agent': secretText }, body: secret(where) });
      const kept = { at: 1, path: secretText, request: side('request'), httpStatus: 200, response: side('answer') };
      await account.messages.keep('token' as SessionToken, [kept], { messages: 9, bytes: 100_000 });
    });
    const lookThrough = (): number => {
      const files = filesOf(folder);
      for (const [path, content] of files) {
        for (const form of formsOf(SECRET)) assert.equal(content.indexOf(form), -1, `in ${path}`);
      }
      return files.size;
    };
    assert.equal(lookThrough(), 4, 'database, log, index of the log, one blob');
    await store.sweep(2, {
      endedSessionAge: 0,
      openSessionAge: 0,
      openSyncAge: 0,
      versionAge: 0,
      conflictAge: 0,
      refusalAge: 0,
      orphanBlobAge: 0,
      draftAge: 0,
    });
    lookThrough();
    // That the looking finds something: the device's URI is clear, and stands in the database.
    assert.ok([...filesOf(folder).values()].some((content) => content.includes('IMEI:1')));
  });

  it('opens no sealed value in another row', async () => {
    const { store } = opened;
    const setting = await settle(store);
    const { DatabaseSync } = await import('@photostructure/sqlite');
    await within(store, setting, async ({ items, conflicts }) => {
      for (const content of ['one', 'two']) await items.create(setting.datastore, item(content), { now: 1 });
      const journal = {
        at: 1,
        datastore: setting.datastore,
        guid: guid('1'),
        cause: 'archive',
        decision: 'server',
        revision: 1,
        type: 't',
      };
      await conflicts.add(journal, { lost: bytes('lost'), kept: bytes('kept') });
    });
    const thief = new DatabaseSync(join(opened.folder, 'moorage.db'));
    thief.exec(`UPDATE item_version SET content = (SELECT content FROM item_version WHERE guid = 2) WHERE guid = 1;
      UPDATE conflict SET lost = kept`);
    thief.close();
    await assert.rejects(
      store.read((tx) => tx.account(setting.account).items.content(setting.datastore, guid('1'))),
      { fault: 'corrupt' },
    );
    await assert.rejects(
      store.read((tx) => tx.account(setting.account).conflicts.content(1)),
      { fault: 'corrupt' },
    );
  });

  it('leaves nothing of the data key of an account that was removed', async () => {
    const { store, folder } = opened;
    const settings = [];
    for (let n = 0; n < 60; n += 1) settings.push(await settle(store, `user ${n}`));
    const { DatabaseSync } = await import('@photostructure/sqlite');
    const reader = new DatabaseSync(join(folder, 'moorage.db'), { readOnly: true });
    const wrapped = reader.prepare('SELECT account, wrapped FROM account_key').all() as { account: number; wrapped: Uint8Array }[];
    reader.close();
    assert.equal(wrapped.length, 60);
    const found = () => {
      const files = [...filesOf(folder).values()];
      return wrapped.filter((row) => files.some((content) => content.includes(Buffer.from(row.wrapped)))).map((row) => row.account);
    };
    assert.equal(found().length, 60);
    const removed = settings.filter((_, n) => n % 2 === 0).map((setting) => setting.account);
    for (const account of removed) await store.transact((tx) => tx.accounts.remove(account));
    assert.deepEqual(
      found(),
      settings.map((setting) => setting.account).filter((account) => !removed.includes(account)),
    );
  });

  it('gives its files to their owner only', async () => {
    const { statSync } = await import('node:fs');
    const setting = await settle(opened.store);
    await opened.store.blobs.put(setting.account, Buffer.alloc(70_000));
    for (const path of filesOf(opened.folder).keys()) assert.equal(statSync(path).mode & 0o077, 0, path);
  });
});
