/** What devices and senders name things comes out in commands and in the log: none of it may steer the terminal that shows it. */
import assert from 'node:assert/strict';
import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DevInf } from '../../src/model/devinf.js';
import { createLogger } from '../../src/runtime/logger.js';
import { add, devInf, openAlert, putDevInf, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { CommandLine } from '../cli/run.js';
import { PASSWORD, USER } from '../exchange/support/bench.js';

/** Clears the screen, sets the title, the same with the one-byte introducers, turns the line around, and makes a line of its own. */
const NASTY = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u009d0;owned\u009c\u007f\u202ednuora\u2066\r\nFake row';
// eslint-disable-next-line no-control-regex -- what must not come out
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const DEVICE = `IMEI:${NASTY}`;
const OF_ANNA = ['--user', USER] as const;
const NOTES = [...OF_ANNA, '--datastore', 'notes'] as const;

const nasty: DevInf = {
  ...devInf,
  ...{ man: NASTY, mod: NASTY, fwV: NASTY, swV: NASTY, hwV: NASTY, devTyp: NASTY },
  dataStores: [
    {
      ...{ sourceRef: NASTY, displayName: NASTY, syncCap: ['1', NASTY] },
      ...{ rx: [{ ctType: NASTY, verCt: NASTY }], tx: [{ ctType: NASTY, verCt: NASTY }] },
      rxPref: { ctType: NASTY, verCt: NASTY },
      txPref: { ctType: NASTY, verCt: NASTY },
    },
  ],
  ctCaps: [{ ctType: NASTY, properties: [{ name: NASTY, params: [], valEnum: [] }] }],
};

describe('a terminal that shows what hostile devices are called', function () {
  this.timeout(120_000);
  const line = new CommandLine();
  before(async () => {
    await line.ok('user', 'add', USER, '--password', PASSWORD);
    await line.serve(USER, { 'trace.messages': true }, async (bench) => {
      const phone = bench.client({ device: DEVICE, sessionId: `7${NASTY}`, encoding: 'wbxml', userAgent: NASTY });
      const put = { ...putDevInf(), items: [{ source: { uri: './devinf12' }, data: { kind: 'devinf', devinf: nasty } }] } as Draft;
      const first = await phone.send([put, openAlert(201, 'notes', `./${NASTY}`, NASTY)]);
      const refused = { ...add('2', 'of an odd type'), meta: { type: `text/plain${NASTY}` } } as Draft;
      await phone.send([...statusesFor(first), sync([add('1', `${NASTY} a note`), refused], { store: 'notes', from: `./${NASTY}` })]);
      // Refused, and told in the device's page.
      const wrong = bench.client({ device: DEVICE, sessionId: `8${NASTY}`, encoding: 'wbxml', userAgent: NASTY });
      await wrong.post(wrong.encode(wrong.message([], { header: { cred: { meta: { type: NASTY, format: NASTY }, data: NASTY } } })));
    });
  });
  after(() => line.remove());

  /** Both ways of answering; a person's looks at a terminal. @returns the text for people. */
  async function shown(...args: readonly string[]): Promise<string> {
    line.isTerminal = true;
    const text = await line.run(args);
    const asJson = await line.run([...args, '--json']);
    for (const { out, err } of [text, asJson]) {
      assert.doesNotMatch(out, STEERING);
      assert.doesNotMatch(err, STEERING);
    }
    if (asJson.out !== '') JSON.parse(asJson.out);
    return text.out + text.err;
  }

  it('lists and shows devices', async () => {
    const listed = await shown('device', 'list');
    assert.match(listed, /owned/);
    assert.equal(listed.trimEnd().split('\n').length, 2, 'no row of its own');
    const page = await shown('device', 'show', DEVICE, ...OF_ANNA);
    for (const what of ['Maker', 'Model', 'Firmware', 'Software', 'Hardware', 'Kind', 'Program', 'Store', 'syncs', 'takes'])
      assert.match(page, new RegExp(`${what}\\b.*owned.*Fake row`), what);
    assert.doesNotMatch(page, /^Fake/m);
    await shown('device', 'reset', DEVICE, ...OF_ANNA);
    await shown('device', 'show', `${DEVICE} there is none`, ...OF_ANNA);
  });

  it('lists and shows sessions and their messages', async () => {
    assert.match(await shown('session', 'list'), /owned/);
    const sessions = await line.json<{ id: string }[]>('session', 'list');
    assert.ok(sessions.length > 0);
    for (const { id } of sessions) {
      assert.match(await shown('session', 'show', id, ...OF_ANNA), /owned/);
      assert.match(await shown('session', 'show', id, ...OF_ANNA, '--messages'), /owned/);
      await shown('session', 'show', id, ...OF_ANNA, '--messages', '--raw');
    }
    await shown('session', 'show', NASTY, ...OF_ANNA);
  });

  it('lists, shows and exports items', async () => {
    const listed = await shown('item', 'list', ...NOTES);
    assert.match(listed, /owned/);
    assert.equal(listed.trimEnd().split('\n').length, 2);
    const [item] = await line.json<{ guid: string }[]>('item', 'list', ...NOTES);
    assert.match(await shown('item', 'show', item?.guid ?? '', ...NOTES), /a note/);
    assert.match(await shown('item', 'export', ...NOTES), /a note/);
    await shown('item', 'show', NASTY, ...NOTES);
    await shown('conflict', 'list', ...OF_ANNA);
    await shown('datastore', 'list', ...OF_ANNA);
    await shown('doctor');
  });

  it('items go into files and pipes as they are', async () => {
    line.isTerminal = false;
    assert.equal((await line.run(['item', 'export', ...NOTES])).out, `${NASTY} a note`);
  });

  it('names files to import that cannot be read', async () => {
    const folder = join(line.root, 'files');
    mkdirSync(folder);
    writeFileSync(join(folder, `x\u001b[2J\u009b31m.vcf`), 'none');
    assert.match(await shown('item', 'import', folder, ...OF_ANNA, '--datastore', 'contacts'), /holds nothing that could be read/);
  });

  it('writes the log', () => {
    const lines: string[] = [];
    createLogger('info', { write: (text) => void lines.push(text) }).info('message', { device: NASTY, told: [{ userAgent: NASTY }] });
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0] ?? '', /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/); // eslint-disable-line no-control-regex -- as above
    assert.equal((JSON.parse(lines[0] ?? '') as { device: string }).device, NASTY);
  });
});
