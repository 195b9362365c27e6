/** A file's chunks as the members of its gzip. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { brotliCompressSync, gunzipSync } from 'node:zlib';
import { DatabaseSync } from '@photostructure/sqlite';
import { packBlock } from '../../../src/records/gzip-blocks.js';
import { Codec, squeeze, storedMember, unsqueeze } from '../../../src/storage/packs/codec.js';
import { CHUNK_BYTES } from '../../../src/storage/ports/copies.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';
import { settle, type Setting } from '../contract/setting.js';
import { CopyClient } from '../support/copy-client.js';
import { noise } from '../support/noise.js';

const K = CHUNK_BYTES;
const CORRUPT = { name: 'StoreError', fault: 'corrupt' };
const file = Buffer.concat([Buffer.alloc(3 * K, 'Anna Berg '), noise('members', 2 * K), Buffer.alloc(K), Buffer.from('the end')]);

describe('copies: as gzip members', () => {
  let opened: TempStore;
  let setting: Setting;
  let client: CopyClient;
  beforeEach(async () => {
    opened = await tempStore();
    setting = await settle(opened.store);
    client = await CopyClient.create(opened.store, setting.account, setting.device, 'a.db');
    await client.full(file, 1);
  });
  afterEach(() => opened.close());

  const refsOf = () => client.within((copies) => copies.chunks(client.copy, 1));
  const members = async (size = file.length) => opened.store.copies.members(setting.account, client.copy, await refsOf(), size);

  it('they are of the lengths that the rows say, and joined they are the file’s gzip', async () => {
    const refs = await refsOf();
    assert.deepEqual(
      refs.map(({ member }) => member),
      [true, true, true, false, false, true, false],
      'what does not get smaller is stored as it is',
    );
    const found = await members();
    assert.deepEqual(
      opened.store.copies.memberSizes(refs, file.length),
      found.map(({ length }) => length),
    );
    assert.ok(gunzipSync(Buffer.concat(found)).equals(file));
  });

  it('a member that was made elsewhere is stored as it came', async () => {
    const bytes = file.subarray(0, K);
    const member = packBlock(bytes, 9);
    const [ref] = await opened.store.copies.write(setting.account, { id: client.copy, location: 'local' }, 2, [
      { index: 0, bytes, member },
    ]);
    assert.ok(ref?.member);
    const [back] = await opened.store.copies.members(setting.account, client.copy, [ref], K);
    assert.deepEqual(Buffer.from(back ?? []), Buffer.from(member));
    const [read] = await opened.store.copies.read(setting.account, client.copy, [ref]);
    assert.ok(bytes.equals(read ?? new Uint8Array(0)));
  });

  it('chunks of another copy are taken as they are stored, and sealed for this one', async () => {
    const other = await client.sibling('b.db');
    const refs = await refsOf();
    const { copies } = opened.store;
    const place = { id: other.copy, location: 'local' };
    const taken = await copies.adopt(setting.account, client.copy, refs, place, 1);
    const facts = ({ index, member, hash, length }: (typeof refs)[number]) => ({ index, member, length, hash: Buffer.from(hash) });
    assert.deepEqual(taken.map(facts), refs.map(facts));
    assert.ok(Buffer.concat(await copies.read(setting.account, other.copy, taken)).equals(file));
    await assert.rejects(copies.read(setting.account, client.copy, taken), CORRUPT, 'they are not the first copy’s');
    const [first, second, ...rest] = refs;
    assert.ok(first && second);
    const swapped = [{ ...first, offset: second.offset, length: second.length }, second, ...rest];
    await assert.rejects(copies.adopt(setting.account, client.copy, swapped, place, 1), CORRUPT);
    await assert.rejects(copies.adopt(setting.account, other.copy, refs, place, 1), CORRUPT);
    assert.deepEqual(await copies.adopt(setting.account, client.copy, [], place, 1), []);
  });

  it('a row that says otherwise is corrupt', async () => {
    for (const idx of [0, 3]) {
      const thief = new DatabaseSync(join(opened.folder, 'moorage.db'));
      thief.exec(`UPDATE copy_chunk SET member = 1 - member WHERE idx = ${idx}`);
      await assert.rejects(members(), CORRUPT);
      thief.exec(`UPDATE copy_chunk SET member = 1 - member WHERE idx = ${idx}`);
      thief.close();
    }
    assert.ok(gunzipSync(Buffer.concat(await members())).equals(file));
  });

  it('chunks of older stores, in Brotli, are still read, and go out unpacked', () => {
    const chunk = file.subarray(0, K);
    const old = brotliCompressSync(chunk);
    assert.ok(chunk.equals(unsqueeze(Codec.Brotli, old)));
    assert.ok(
      gunzipSync(Buffer.concat([storedMember(unsqueeze(Codec.Brotli, old)), squeeze(chunk).body])).equals(Buffer.concat([chunk, chunk])),
    );
  });
});
