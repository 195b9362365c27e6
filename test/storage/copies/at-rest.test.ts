import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { Keyring } from '../../../src/sealing/keyring.js';
import { masterKeyId, type MasterKeyEntry } from '../../../src/sealing/master-key.js';
import { CHUNK_BYTES, HOME_LOCATION } from '../../../src/storage/ports/copies.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';
import { settle, within } from '../contract/setting.js';
import { CopyClient } from '../support/copy-client.js';

const SECRET = 'Katharina Mustermann';
const FILE = `${SECRET}.db`;

/** Every byte below the folder. Read by another process: see test/storage/sqlite/at-rest.test.ts. */
const filesOf = (folder: string): Map<string, Buffer> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, execFileSync('cat', [path], { maxBuffer: 1e9 })]),
  );

describe('copies at rest', () => {
  let opened: TempStore;
  beforeEach(async () => {
    opened = await tempStore();
  });
  afterEach(() => opened.close());

  it('R59, R64: nothing of a file is in the clear: its name, its content, compressed or not, its hashes, what is known of it', async () => {
    const { store, folder } = opened;
    const { account, device } = await settle(store);
    const client = await CopyClient.create(store, account, device, FILE);
    const file = Buffer.from(Array.from({ length: 4000 }, (_, n) => `row ${n}: ${SECRET}`).join('\n'));
    await client.full(file, 1);
    file.write('changed', 0);
    await client.change(file, 2);
    await within(store, { account, device } as Parameters<typeof within>[1], async ({ copies }) => {
      const draft = await copies.openDraft(client.copy, 2, 'changes', 1);
      await copies.saveDraft(client.copy, { ...draft, state: SECRET }, []);
      await copies.commit(client.copy, { ...client.facts(3), facts: SECRET, media: SECRET, job: SECRET }, 'copy');
      const next = await copies.openDraft(client.copy, 3, 'changes', 1);
      await copies.saveDraft(client.copy, { ...next, state: SECRET }, []);
      await copies.keepUpdate(client.copy, { generation: 3, name: `${SECRET}/1`, media: SECRET }, Buffer.from(SECRET));
      await copies.create(device, `${SECRET} 2`, { media: SECRET, way: 'file', method: 'copy', location: HOME_LOCATION }, 1);
    });

    const chunk = file.subarray(0, CHUNK_BYTES);
    const squeezed = brotliCompressSync(chunk, { params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 14 } });
    const forms: Readonly<Record<string, Buffer>> = {
      text: Buffer.from(SECRET),
      'UTF-16': Buffer.from(SECRET, 'utf16le'),
      hexadecimal: Buffer.from(Buffer.from(SECRET).toString('hex')),
      'first name': Buffer.from('Katharina'),
      brotli: squeezed.subarray(20, 60),
      gzip: gzipSync(chunk, { level: 1 }).subarray(20, 60),
      'hash of a chunk': createHash('sha256').update(chunk).digest(),
      'hash of the file': createHash('sha256').update(file).digest(),
      'hash of the name': createHash('sha256').update(FILE).digest(),
    };
    const lookThrough = (): void => {
      const files = filesOf(folder);
      assert.ok([...files.keys()].filter((path) => path.includes('/packs/')).length >= 3, 'the marker and two packs');
      for (const [path, bytes] of files)
        for (const [form, looked] of Object.entries(forms)) {
          assert.equal(bytes.indexOf(looked), -1, `${form} in ${path}`);
          assert.ok(!path.includes(looked.toString('latin1')), `${form} as the name of ${path}`);
        }
    };
    lookThrough();
    await within(store, { account, device } as Parameters<typeof within>[1], ({ copies }) => copies.remove(client.copy));
    lookThrough();
    // That the looking finds what is there.
    assert.ok([...filesOf(folder).values()].some((bytes) => bytes.includes('IMEI:1')));
  });

  it('R64: a new master key opens what the old one wrapped, and no pack is rewritten', async () => {
    const newKey = (): MasterKeyEntry => {
      const key = randomBytes(32);
      return { id: masterKeyId(key), key };
    };
    const [old, fresh] = [newKey(), newKey()];
    const first = await tempStore({ keyring: new Keyring({ keys: [old] }) });
    const { account, device } = await settle(first.store);
    const client = await CopyClient.create(first.store, account, device, FILE);
    const file = Buffer.from('some content '.repeat(5000));
    await client.full(file, 1);
    const packs = () =>
      [...filesOf(first.folder)].filter(([path]) => path.includes('/packs/')).map(([path, bytes]) => `${path} ${bytes.toString('hex')}`);
    const before = packs();
    const again = (...keys: [MasterKeyEntry, ...MasterKeyEntry[]]) => tempStore({ folder: first.folder, keyring: new Keyring({ keys }) });
    const rotating = await again(fresh, old);
    assert.equal(await rotating.store.rewrapKeys(), 2, 'the account’s key and the server’s secret');
    await rotating.close();
    const last = await again(fresh);
    assert.deepEqual(packs(), before);
    assert.deepEqual(await client.on(last.store).file(1), file);
    await last.close();
    await first.close();
  });
});
