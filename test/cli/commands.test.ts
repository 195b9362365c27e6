import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readablePassword } from '../../src/cli/readable-password.js';
import { phoneUrls } from '../../src/cli/phone-settings.js';
import { printable, size, table } from '../../src/cli/output.js';
import { systemRandom } from '../../src/runtime/random.js';
import { CommandLine } from './run.js';

const CARD = 'BEGIN:VCARD\r\nVERSION:2.1\r\nN:Doe;Jane\r\nTEL:1\r\nEND:VCARD\r\n';
const SCOPE = ['--user', 'anna', '--datastore', 'contacts'] as const;

describe('command line', () => {
  let line: CommandLine;
  beforeEach(() => (line = new CommandLine()));
  afterEach(() => line.remove());

  async function withCard(): Promise<string> {
    await line.ok('user', 'add', 'anna', '--password', 'pw');
    const file = join(line.root, 'one.vcf');
    writeFileSync(file, CARD);
    await line.ok('item', 'import', file, ...SCOPE);
    return file;
  }

  describe('help and faults', () => {
    it('explains every command', async () => {
      const commands = [
        ['serve'],
        ...['add', 'list', 'passwd', 'remove', 'lock', 'unlock'].map((name) => ['user', name]),
        ...['list', 'show', 'reset', 'forget'].map((name) => ['device', name]),
        ...['list', 'policy'].map((name) => ['datastore', name]),
        ...['list', 'set', 'unset'].map((name) => ['policy', name]),
        ...['list', 'show', 'remove', 'export', 'import'].map((name) => ['item', name]),
        ...['list', 'show'].map((name) => ['session', name]),
        ...['list', 'show', 'undo'].map((name) => ['conflict', name]),
        ...['init', 'rotate', 'export'].map((name) => ['key', name]),
        ['doctor'],
        ['convert'],
        ['config'],
      ];
      for (const command of commands) {
        const { code, out } = await line.run([...command, '--help']);
        assert.equal(code, 0, command.join(' '));
        assert.match(out, new RegExp(`^Usage: moorage ${command.join(' ')}`));
        for (const option of ['--data', '--json', '--help']) assert.ok(out.includes(option), `${command.join(' ')} ${option}`);
      }
    });

    for (const [why, args, code] of [
      ['an unknown command', ['dance'], 2],
      ['a missing argument', ['user', 'add'], 2],
      ['an unknown option', ['user', 'list', '--loud'], 2],
      ['a fault of the settings', ['user', 'list', '--set', 'port=many'], 1],
      ['no data', ['user', 'list'], 1],
      ['an entry that is no number', ['conflict', 'show', 'x', '--user', 'anna'], 1],
    ] as const)
      it(`ends with ${code} for ${why}, and says something on the error output`, async () => {
        const ran = await line.run(args);
        assert.equal(ran.code, code);
        assert.equal(ran.out, '');
        assert.notEqual(ran.err, '');
        assert.ok(!/ at .*\.ts/.test(ran.err), 'no stack');
      });
  });

  describe('users', () => {
    it('are made with a password from standard input, from the option, or made up and shown once', async () => {
      assert.equal((await line.run(['user', 'add', 'anna', '--password-stdin'], 'from input\n')).code, 0);
      await line.ok('user', 'add', 'bob', '--password', 'pw');
      const made = await line.json<{ password: string }>('user', 'add', 'carl');
      assert.match(made.password, /^[a-z]{12}\d{4}$/);
      assert.match(await line.ok('user', 'add', 'dora'), /Password: [a-z]{12}\d{4}\n/);
      const users = await line.json<{ name: string }[]>('user', 'list');
      assert.deepEqual(
        users.map((user) => user.name),
        ['anna', 'bob', 'carl', 'dora'],
      );
      assert.ok(!JSON.stringify(users).includes(made.password));
    });

    it('cannot be made twice, and the words say what to do', async () => {
      await line.ok('user', 'add', 'anna', '--password', 'pw');
      const { code, err } = await line.run(['user', 'add', 'anna', '--password', 'pw']);
      assert.equal(code, 1);
      assert.match(err, /moorage user passwd anna/);
    });

    it('are locked, unlocked, and removed only when it is meant', async () => {
      await withCard();
      await line.ok('user', 'lock', 'anna');
      assert.match(await line.ok('user', 'list'), /anna .* locked/);
      await line.ok('user', 'unlock', 'anna');
      assert.ok(!(await line.ok('user', 'list')).includes('locked'));
      const asked = await line.run(['user', 'remove', 'anna']);
      assert.deepEqual([asked.code, /1 item for good.*--yes/.test(asked.err)], [1, true]);
      await line.ok('user', 'remove', 'anna', '--yes');
      assert.match(await line.ok('user', 'list'), /There are no users/);
    });
  });

  describe('items', () => {
    it('come in, are listed, shown, and go out to standard output, a file, or a folder', async () => {
      await withCard();
      assert.match(await line.ok('item', 'list', ...SCOPE), /^GUID.*\n1 .*Jane Doe.* text\/x-vcard/);
      assert.ok((await line.ok('item', 'show', '1', ...SCOPE)).includes('N:Doe;Jane'));
      assert.equal(await line.ok('item', 'export', ...SCOPE), CARD);
      await line.ok('item', 'export', ...SCOPE, '--out', join(line.root, 'all.vcf'));
      assert.equal(readFileSync(join(line.root, 'all.vcf'), 'utf8'), CARD);
      const folder = join(line.root, 'new', 'folder');
      await line.ok('item', 'export', ...SCOPE, '--out', folder);
      assert.deepEqual(readdirSync(folder), ['1.vcf']);
      assert.equal(readFileSync(join(folder, '1.vcf'), 'utf8'), CARD);
    });

    it('come back from a folder after an edit; hidden files are left alone', async () => {
      await withCard();
      const folder = join(line.root, 'out');
      await line.ok('item', 'export', ...SCOPE, '--out', folder);
      writeFileSync(join(folder, '1.vcf'), CARD.replace('TEL:1', 'TEL:2'));
      writeFileSync(join(folder, '.hidden'), 'nothing for us');
      mkdirSync(join(folder, 'more'));
      assert.match(await line.ok('item', 'import', folder, ...SCOPE), /^0 items new, 1 changed, 0 there already/);
      assert.ok((await line.ok('item', 'export', ...SCOPE)).includes('TEL:2'));
    });

    it('that are notes go out to a folder, not joined into one file', async () => {
      await line.ok('user', 'add', 'anna', '--password', 'pw');
      for (const text of ['one', 'two']) {
        writeFileSync(join(line.root, `${text}.txt`), text);
        await line.ok('item', 'import', join(line.root, `${text}.txt`), '--user', 'anna', '--datastore', 'notes');
      }
      const { code, err } = await line.run(['item', 'export', '--user', 'anna', '--datastore', 'notes']);
      assert.deepEqual([code, /name a folder with --out/.test(err)], [1, true]);
    });

    it('that cannot be read are a fault when there is nothing else', async () => {
      await withCard();
      const junk = join(line.root, 'junk.vcf');
      writeFileSync(junk, 'no card');
      const { code, err } = await line.run(['item', 'import', junk, ...SCOPE]);
      assert.deepEqual([code, /junk\.vcf holds nothing/.test(err)], [1, true]);
      assert.equal((await line.run(['item', 'import', join(line.root, 'nowhere'), ...SCOPE])).code, 1);
    });

    it('changed by an import can be brought back through the journal', async () => {
      await withCard();
      const other = join(line.root, '1.vcf');
      writeFileSync(other, CARD.replace('Doe;Jane', 'Other;Person'));
      assert.match(await line.ok('item', 'import', other, ...SCOPE), /conflict undo/);
      const [entry] = await line.json<{ id: number; cause: string }[]>('conflict', 'list', '--user', 'anna');
      assert.equal(entry?.cause, 'import');
      assert.match(await line.ok('conflict', 'show', String(entry?.id), '--user', 'anna'), /What does not stand:\nBEGIN:VCARD[^]*Doe;Jane/);
      assert.match(await line.ok('conflict', 'undo', String(entry?.id), '--user', 'anna'), /1 entry undone: 1 item brought back/);
      assert.equal(await line.ok('item', 'export', ...SCOPE), CARD);
    });
  });

  it('makes rules for conflicts, and says what holds and where that is from', async () => {
    await line.ok('user', 'add', 'anna', '--password', 'pw');
    const policy = (...args: string[]) => line.run(['policy', ...args, '--user', 'anna']);
    assert.equal((await policy('set', 'merge')).code, 0);
    assert.equal((await policy('set', 'server-wins', '--datastore', 'notes', '--sync', 'slow')).code, 0);
    const list = await line.ok('policy', 'list', '--user', 'anna');
    assert.match(list, /notes +any +merge \(of the user\) +server-wins \(of the datastore, for this sync\) +merge \(of the user\)/);
    assert.equal((await policy('unset')).code, 0);
    const all = await line.json<{ datastore: string; rulings: object }[]>('policy', 'list', '--user', 'anna', '--datastore', 'notes');
    const config = { policy: 'client-wins', from: 'config' };
    assert.deepEqual(all, [
      {
        datastore: 'notes',
        rulings: { first: config, slow: { policy: 'server-wins', from: 'datastore', onlyFor: 'slow' }, normal: config },
      },
    ]);
    for (const wrong of [
      ['unset'],
      ['set', 'mine'],
      ['set', 'merge', '--device', 'IMEI:9'],
      ['set', 'merge', '--datastore', 'nothing'],
      ['list', '--device', 'IMEI:9'],
    ])
      assert.equal((await policy(...wrong)).code, 1, wrong.join(' '));
    assert.equal((await policy('set', 'merge', '--sync', 'never')).code, 2);
  });

  it('sets the conflict policy of a datastore', async () => {
    await line.ok('user', 'add', 'anna', '--password', 'pw');
    await line.ok('datastore', 'policy', 'contacts', 'server-wins', '--user', 'anna');
    const all = await line.json<{ uri: string; policy: string; aliases: string[] }[]>('datastore', 'list', '--user', 'anna');
    const contacts = all.find((datastore) => datastore.uri === 'contacts');
    assert.equal(contacts?.policy, 'server-wins');
    assert.ok(contacts?.aliases.includes('addressbook'));
    assert.equal((await line.run(['datastore', 'policy', 'contacts', 'mine', '--user', 'anna'])).code, 1);
  });

  it('makes a key, and prints it only when it is meant', async () => {
    const { file, id } = await line.json<{ file: string; id: string }>('key', 'init');
    assert.ok(readFileSync(file, 'utf8').includes(id));
    assert.equal((await line.run(['key', 'init'])).code, 1);
    assert.equal((await line.run(['key', 'export'])).code, 1);
    assert.ok((await line.ok('key', 'export', '--yes')).includes(id));
  });

  it('converts WBXML to XML and back', async () => {
    const wbxml = join(import.meta.dirname, '../../fixtures/captures/syncevolution/slow-5-wbxml/03-request.wbxml');
    const xml = join(line.root, 'm.xml');
    await line.ok('convert', wbxml, '--out', xml);
    assert.ok(readFileSync(xml, 'utf8').includes('<LocURI>c000100</LocURI>'));
    const hex = (await line.ok('convert', xml)).trim();
    const again = await line.run(['convert', '-'], '');
    assert.equal(again.code, 1);
    assert.match(hex, /^02a4016a00/);
    assert.match((await line.ok('convert', wbxml, '--pretty')).slice(0, 200), /\n {2}<SyncHdr/);
    const junk = join(line.root, 'junk');
    writeFileSync(junk, Buffer.from([2, 0xa4, 1, 0x6a, 0, 0x6d]));
    const { code, err } = await line.run(['convert', junk]);
    assert.deepEqual([code, / at byte /.test(err)], [1, true]);
  });

  it('shows the settings in force and all keys', async () => {
    assert.equal(
      (await line.json<{ limits: { maxMsgSize: number } }>('config', '--set', 'limits.maxMsgSize=20000')).limits.maxMsgSize,
      20_000,
    );
    assert.match(await line.ok('config', '--keys'), /limits\.maxMsgSize {2}\(MOORAGE_LIMITS_MAX_MSG_SIZE\)/);
  });

  it('lists no devices and sessions before there are any, and says what to do', async () => {
    await line.ok('user', 'add', 'anna', '--password', 'pw');
    assert.match(await line.ok('device', 'list'), /what to type into a phone/);
    assert.match(await line.ok('session', 'list'), /No sessions/);
    assert.equal((await line.run(['device', 'show', 'IMEI:1', '--user', 'anna'])).code, 1);
    assert.equal((await line.run(['session', 'show', 'abc', '--user', 'anna'])).code, 1);
  });
});

describe('what the command line prints', () => {
  it('lines up columns', () => {
    assert.equal(table(['a', 'long'], [['wide', 'x']], 'none'), 'A     LONG\nwide  x\n');
    assert.equal(table(['a'], [], 'none'), 'none\n');
  });

  it('says sizes in steps of 1000', () => {
    assert.deepEqual([0, 999, 1000, 150_000, 1_073_741_824].map(size), ['0 B', '999 B', '1.0 kB', '150 kB', '1.1 GB']);
  });

  it('keeps what devices send from steering the terminal', () => {
    assert.equal(printable('a\u001b[2Jb\nc\u009bd'), 'a [2Jb c d');
  });

  it('makes passwords that a number pad can type', () => {
    const all = Array.from({ length: 200 }, () => readablePassword(systemRandom));
    for (const password of all) assert.match(password, /^(?:[bdfghjklmnprstvz][aeio]){6}[2-9]{4}$/);
    assert.equal(new Set(all).size, 200);
  });

  it('gives phones an address they can reach', () => {
    const listening = { host: '127.0.0.1', port: 8080, url: 'http://127.0.0.1:8080/sync' };
    assert.deepEqual(phoneUrls({ publicUrl: 'https://s.example/sync' }, listening), ['https://s.example/sync']);
    assert.deepEqual(phoneUrls({}, listening), ['http://127.0.0.1:8080/sync']);
    for (const url of phoneUrls({}, { ...listening, host: '0.0.0.0' })) assert.match(url, /^http:\/\/[\d.]+:8080\/sync$/);
  });
});
