import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/model/errors.js';
import { createKeyFile, exportMasterKey, loadMasterKey, masterKeyId, retireOldKeys, rotateKeyFile } from '../../src/sealing/master-key.js';

describe('master key', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'moorage-key-'));
    file = join(folder, 'keys', 'master.key');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const key = Buffer.alloc(32, 1);
  for (const { form, text } of [
    { form: 'base64', text: key.toString('base64') },
    { form: 'base64url without padding', text: key.toString('base64url') },
    { form: 'hex', text: key.toString('hex') },
    { form: 'a line of a key file', text: `${masterKeyId(key)} ${key.toString('base64')}\n` },
  ]) {
    it(`is read from text as ${form}`, () => {
      const ring = loadMasterKey({ text });
      assert.equal(ring.keys.length, 1);
      assert.deepEqual(Buffer.from(ring.keys[0].key), key);
    });
  }

  for (const { why, text } of [
    { why: 'too short', text: Buffer.alloc(31).toString('base64') },
    { why: 'too long', text: Buffer.alloc(33).toString('hex') },
    { why: 'words', text: 'correct horse battery staple' },
    { why: 'a key id without its key', text: 'deadbeef' },
    { why: 'another key’s id', text: `deadbeef ${key.toString('base64')}` },
  ]) {
    it(`is refused: ${why}`, () => {
      assert.throws(() => loadMasterKey({ text }), UserError);
    });
  }

  it('is never shown in a fault', () => {
    const damaged = `${key.toString('base64')}x`;
    assert.throws(
      () => loadMasterKey({ text: damaged }),
      (error: Error) => !error.message.includes(damaged.slice(0, 12)),
    );
  });

  it('is made in a file for its owner only, once', () => {
    const made = createKeyFile(file);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'keys')).mode & 0o777, 0o700);
    assert.deepEqual(loadMasterKey({ file }), made);
    const before = readFileSync(file);
    assert.throws(() => createKeyFile(file), UserError);
    assert.deepEqual(readFileSync(file), before);
    assert.deepEqual(readdirSync(join(folder, 'keys')), ['master.key'], 'no drafts are left');
  });

  it('is not made by loading, and text goes before the file', () => {
    assert.throws(() => loadMasterKey({ file }), UserError);
    assert.throws(() => loadMasterKey({}), UserError);
    assert.throws(() => statSync(file));
    createKeyFile(file);
    assert.deepEqual(Buffer.from(loadMasterKey({ file, text: key.toString('hex') }).keys[0].key), key);
    assert.equal(loadMasterKey({ file, text: ' ' }).keys.length, 1);
  });

  it('rotates: the newest first, the old ones kept until they are retired', () => {
    const [first] = createKeyFile(file).keys;
    const rotated = rotateKeyFile(file);
    assert.equal(rotated.keys.length, 2);
    assert.notEqual(rotated.keys[0].id, first.id);
    assert.deepEqual(rotated.keys[1], first);
    assert.deepEqual(
      loadMasterKey({ file }).keys.map(({ id }) => id),
      rotated.keys.map(({ id }) => id),
    );
    assert.deepEqual(loadMasterKey({ text: exportMasterKey(rotated) }).keys.length, 2);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(
      retireOldKeys(file).keys.map(({ id }) => id),
      [rotated.keys[0].id],
    );
  });

  it('is refused when a line of its file is damaged', () => {
    createKeyFile(file);
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replace(/[A-Z](?=[^\n]*=\n)/, (letter) => letter.toLowerCase()),
    );
    assert.throws(() => loadMasterKey({ file }), /damaged/);
  });
});
