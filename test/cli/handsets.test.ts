/** What an operator sees of a phone's profile, and does about it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HandsetFinder } from '../../src/handsets/handset.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { add } from '../engine/support/messages.js';
import { PASSWORD, USER } from '../exchange/support/bench.js';
import { Phone } from '../handsets/support/phone.js';
import { CommandLine } from './run.js';

const OF_ANNA = ['--user', USER] as const;

describe('command line: handset profiles', () => {
  let line: CommandLine;
  let uri = '';
  beforeEach(async () => {
    line = new CommandLine();
    await line.ok('user', 'add', USER, '--password', PASSWORD);
    await line.serve(USER, {}, async (bench) => {
      bench.handsets = new HandsetFinder({ library: openLibrary() });
      bench.exchange = bench.another();
      const properties = [
        { name: 'N', maxSize: 256 },
        { name: 'PHOTO', maxSize: 256 },
      ];
      const phone = new Phone(
        bench,
        { man: 'NOKIA', mod: 'N80', userAgent: 'Nokia SyncML HTTP Client' },
        {
          devInf: {
            verDtd: '1.1',
            utc: true,
            ctCaps: [
              { ctType: 'text/x-vcard', properties: properties.map(({ name, maxSize }) => ({ name, dataType: 'chr', size: maxSize })) },
            ],
          },
        },
      );
      uri = phone.id;
      await phone.sync(201, []);
    });
  });
  afterEach(() => line.remove());

  it('"device show" says what was claimed, what is believed, and why', async () => {
    const text = await line.ok('device', 'show', uri, ...OF_ANNA);
    assert.match(text, /Profile: +nokia-s60-3rd: .*it fits best/);
    assert.match(text, /inherits: +nokia, nokia-s60\n/);
    assert.match(
      text,
      /Not believed as it told\n.*\nsizes of properties +2 of them, all 256 bytes +not known +fields\.sizesWrong +nokia-s60-3rd\n/,
    );
    assert.match(text, /What fits into it\n +dates: from 1980-01-01\n/);
    assert.match(text, /Known of such phones\n[^]*messages\.usePercent +70 +nokia\n/);
    assert.match(text, /What it told of itself\nMaker: +NOKIA/);
    const json = await line.json<{ handset: { profile: string; corrections: unknown[]; traits: object } }>(
      'device',
      'show',
      uri,
      ...OF_ANNA,
    );
    assert.equal(json.handset.profile, 'nokia-s60-3rd');
    assert.equal(json.handset.corrections.length, 1);
  });

  it('"device show" says what a phone that lists nothing was seen to write', async () => {
    let other = '';
    await line.serve(USER, {}, async (bench) => {
      const phone = new Phone(bench, { man: 'Somebody', mod: 'Something' });
      other = phone.id;
      const card = 'BEGIN:VCARD\r\nVERSION:2.1\r\nN:Berg;Anna\r\nNICKNAME:Ann\r\nEND:VCARD\r\n';
      await phone.sync(201, [add('1', card, { meta: { type: 'text/x-vcard' } })]);
    });
    assert.match(
      await line.ok('device', 'show', other, ...OF_ANNA),
      /It lists no fields, but was seen to write these;.*\n +contacts: +N NICKNAME\n/,
    );
    assert.doesNotMatch(await line.ok('device', 'show', uri, ...OF_ANNA), /lists no fields/);
  });

  it('"device show" says how many items are not for the phone', async () => {
    await line.serve(USER, {}, async (bench) => {
      const meta = { type: 'text/vcard' };
      const two = 'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna\r\nEND:VCARD\r\n'.repeat(2);
      await new Phone(bench, { man: 'Desk' }, { types: [['text/vcard', '4.0']] }).sync(201, [add('1', two, { meta })]);
      const phone = new Phone(bench, { man: 'Somebody', mod: 'Something' });
      await phone.sync(201, []);
      uri = phone.id;
    });
    assert.match(
      await line.ok('device', 'show', uri, ...OF_ANNA),
      /not sent: +1 item in no format that it names; tried again with each sync\n/,
    );
  });

  it('"device profile" gives it another one, and takes that back', async () => {
    assert.match(await line.ok('device', 'profile', uri, 'unknown', ...OF_ANNA), /Profile: +unknown: .*an operator chose it/);
    assert.match(await line.ok('device', 'show', uri, ...OF_ANNA), /What it told of itself is believed/);
    assert.match(await line.ok('device', 'profile', uri, 'auto', ...OF_ANNA), /Profile: +nokia-s60-3rd: .*it fits best/);
    const wrong = await line.run(['device', 'profile', uri, 'nokia-x', ...OF_ANNA]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /no handset profile "nokia-x"; "moorage handset list" shows all/);
  });

  it('"handset show" says what to type into such a phone, with the names of this server', async () => {
    const text = await line.ok('handset', 'show', 'nokia-s60-2nd', '--set', 'publicUrl=https://sync.example.org/ds');
    assert.match(text, /Settings to type in: Menu/);
    assert.match(text, /Host address \(Server address\) +https:\/\/sync\.example\.org\/ds\n/);
    assert.match(text, /Contacts → Remote database +contacts\n/);
    assert.doesNotMatch(text, /\{\w+\}/);
  });

  it('"handset list" finds the profile of a model, and says what to do when there is none', async () => {
    const text = await line.ok('handset', 'list', 'W850');
    assert.match(text, /^sony-ericsson-w8 /m);
    assert.doesNotMatch(text, /^nokia/m);
    assert.match(await line.ok('handset', 'list', 'fairphone'), /"moorage handset show unknown"/);
    assert.match((await line.run(['handset', 'show', 'p910i'])).err, /Perhaps you mean uiq\./);
  });

  it('"handset show" tells settings in general of a phone whose menu nobody knows, and what it inherits', async () => {
    assert.match(await line.ok('handset', 'show', 'lg'), /Its menu is not known to us[^]*Contacts +contacts\n/);
    assert.match(
      await line.ok('handset', 'show', 'nokia-7210c'),
      /What fits into it\n[^]*dates: from 1980-01-01\n[^]*Good to know\n[^]*256 characters for every property/,
    );
  });

  it('"handset list" and "handset show" know the profiles of a folder, and name its faults', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'moorage-handsets-'));
    try {
      writeFileSync(
        join(folder, 'mine.json'),
        JSON.stringify({
          family: 'Mine',
          profiles: [
            { id: 'my-n80', name: 'My N80', inherits: 'nokia-s60-3rd', match: { deviceId: uri }, traits: { messages: { maxSize: 3000 } } },
          ],
        }),
      );
      assert.match(await line.ok('handset', 'list', '--handsets', folder), /my-n80 +My N80 +Mine/);
      assert.match(
        await line.ok('handset', 'show', 'my-n80', '--handsets', folder),
        /messages\.maxSize +3000 +my-n80 +the largest message/,
      );
      assert.match(await line.ok('device', 'show', uri, ...OF_ANNA, '--set', `handsets.folder=${folder}`), /Profile: +my-n80: My N80/);
      writeFileSync(
        join(folder, 'mine.json'),
        '{"family":"Mine","profiles":[{"id":"x","name":"X","traits":{"messages":{"maxSize":"big"}}}]}',
      );
      const wrong = await line.run(['handset', 'list', '--handsets', folder]);
      assert.equal(wrong.code, 1);
      assert.match(wrong.err, /cannot be used:\n +mine\.json: x traits\.messages\.maxSize: /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
