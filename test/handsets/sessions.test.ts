/** Every profile is played: a phone that says its sample's words syncs, keeps what it can, and sends it back in its own words. */
import assert from 'node:assert/strict';
import { describe as described } from '../../src/content/describe.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { HandsetFinder } from '../../src/handsets/handset.js';
import type { Resolved } from '../../src/handsets/inheritance.js';
import type { Identity } from '../../src/handsets/profile.js';
import { add, replace } from '../engine/support/messages.js';
import { Bench } from '../exchange/support/bench.js';
import { mangleAsPhone } from '../support/mangle-as-phone.js';
import { Phone } from './support/phone.js';

const CARD = 'text/x-vcard';
const library = openLibrary();
const profiles = library.families.flatMap((family) => family.profiles);
const meta = { type: CARD };
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** Fuller than any phone, in the newer format. */
const RICH = [
  'BEGIN:VCARD',
  'VERSION:3.0',
  'UID:rich-1',
  'FN:Dr. Zoë Maria Müller',
  'N:Müller;Zoë;Maria;Dr.;',
  'NICKNAME:Zo',
  'ORG:Example GmbH;Research',
  'TITLE:Head of a department with a long name',
  'TEL;TYPE=HOME,VOICE:+49301111',
  'TEL;TYPE=WORK,VOICE:+49302222',
  'TEL;TYPE=WORK,FAX:+49303333',
  'TEL;TYPE=CELL:+491704444',
  'TEL;TYPE=PAGER:5555',
  'TEL;TYPE=PREF,VOICE:+49306666',
  'EMAIL;TYPE=HOME:zoe@home.example',
  'EMAIL;TYPE=WORK:zoe@work.example',
  'ADR;TYPE=HOME:;;Am Berg 1;Köln;NRW;50667;Germany',
  'ADR;TYPE=WORK:;;Im Tal 2;Bonn;NRW;53111;Germany',
  'CATEGORIES:Friends',
  'BDAY:1970-02-03',
  'NOTE:A note that is longer than fifty characters\\, and longer than eighty characters\\, as notes are.',
  'URL:http://zoe.example/',
  'END:VCARD',
  '',
].join('\r\n');
const PLAIN =
  'BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gr=C3=BCn;Bob\r\nTEL;HOME:123\r\nEMAIL;INTERNET:bob@x.example\r\nEND:VCARD\r\n';

async function contacts(bench: Bench): Promise<{ type: string; bytes: Uint8Array; canonical: string }[]> {
  return bench.read(async (reader) => {
    const datastore = await reader.datastores.byUri('contacts');
    assert.ok(datastore);
    const all: { type: string; bytes: Uint8Array; canonical: string }[] = [];
    for (const item of await reader.items.list(datastore.id)) {
      if (item.deleted) continue;
      const bytes = (await reader.items.content(datastore.id, item.guid)) ?? assert.fail();
      all.push({ type: item.type, bytes, canonical: Buffer.from(described(bytes, item.type).canonical).toString('latin1') });
    }
    return all.sort((a, b) => (a.canonical < b.canonical ? -1 : 1));
  });
}

async function play(bench: Bench, profile: Resolved, sample: Identity): Promise<void> {
  const { traits } = profile;
  // Another device has brought a contact that is too much for a phone.
  const desktop = new Phone(bench, { man: 'Patrick Ohly', mod: 'SyncEvolution' }, { types: [['text/vcard', '3.0']] });
  await desktop.sync(201, [add('d1', RICH, { meta: { type: 'text/vcard' } })]);

  const phone = new Phone(bench, sample, { maxMsgSize: 10_000 });
  const own = phone.newLuid();
  const first = await phone.sync(201, [add(own, textOf(mangleAsPhone(Buffer.from(PLAIN), CARD, traits)), { meta })]);
  assert.equal(first.received.length, 1, 'the phone gets the contact');
  phone.items.set(own, mangleAsPhone(Buffer.from(PLAIN), CARD, traits));
  assert.equal(phone.items.size, 2);
  const device = await bench.read((reader) => reader.devices.byUri(phone.id));
  assert.equal(bench.handsets?.of(device ?? assert.fail()).profile.id, profile.id);
  const before = await contacts(bench);
  assert.equal(before.length, 2);

  // It sends all of it back in its own words, as phones do after their clock was set.
  const echoes = [...phone.items].map(([luid, bytes]) =>
    replace(luid, textOf(mangleAsPhone(bytes, CARD, traits, { turn: 3, sloppy: true })), { meta }),
  );
  const second = await phone.sync(200, echoes);
  assert.deepEqual(second.received, [], 'nothing goes back');
  assert.deepEqual((await contacts(bench)).map(withoutOwn), before.map(withoutOwn), 'nothing has changed');

  // The desktop sees nothing of it but the phone's contact.
  const third = await desktop.sync(200, []);
  assert.deepEqual(
    third.received.map(({ kind }) => kind),
    ['Add'],
  );

  // A real edit on the phone changes that field, on the desktop too, and nothing else.
  const [luid, held] = [...phone.items].find(([id]) => id !== own) ?? assert.fail();
  const edited = textOf(held).replace('1704444', '1709999');
  assert.notEqual(edited, textOf(held), 'the phone has the mobile number');
  await phone.sync(200, [replace(luid, textOf(mangleAsPhone(Buffer.from(edited), CARD, traits, { turn: 2 })), { meta })]);
  const fourth = await desktop.sync(200, []);
  assert.deepEqual(
    fourth.received.map(({ kind }) => kind),
    ['Replace'],
  );
  const [shown] = [...desktop.items].filter(([, bytes]) => textOf(bytes).includes('1709999'));
  assert.ok(shown, 'the edit reaches the desktop');
  assert.equal(canonicalOf(shown[1]), canonicalOf(Buffer.from(RICH.replace('1704444', '1709999'))));
}

const canonicalOf = (bytes: Uint8Array): string =>
  Buffer.from(described(bytes, 'text/vcard').canonical).toString('latin1').replaceAll('\x1d', '\n');
const withoutOwn = ({ canonical }: { canonical: string }): string =>
  canonical
    .split('\x1d')
    .filter((one) => !one.includes('X-PHONE-FIELD'))
    .join('\n');

describe('a phone of every profile', () => {
  for (const profile of profiles)
    for (const sample of profile.profile.samples ?? [])
      it(`${profile.id}: ${Object.values(sample).join(', ')}`, async () => {
        const bench = await Bench.open();
        try {
          bench.handsets = new HandsetFinder({ library });
          bench.exchange = bench.another();
          await play(bench, profile, sample);
        } finally {
          await bench.close();
        }
      });

  it('a number that was removed elsewhere is emptied on a phone that would keep it, and does not come back', async () => {
    const bench = await Bench.open();
    try {
      bench.handsets = new HandsetFinder({ library });
      bench.exchange = bench.another();
      const card = (...lines: readonly string[]): string =>
        ['BEGIN:VCARD', 'VERSION:2.1', 'N:Berg;Anna', ...lines, 'END:VCARD', ''].join('\r\n');
      const desktop = new Phone(bench, { man: 'Patrick Ohly', mod: 'SyncEvolution' });
      await desktop.sync(201, [add('d', card('TEL;HOME:1', 'TEL;WORK:2'), { meta })]);
      const phone = new Phone(bench, { man: 'Nokia', mod: 'Nokia 6230', userAgent: 'Nokia6230/2.0' });
      await phone.sync(201, []);
      await desktop.sync(200, [replace('d', card('TEL;HOME:1'), { meta })]);
      await phone.sync(200, []);
      const [luid = '', held = Buffer.alloc(0)] = [...phone.items][0] ?? [];
      assert.match(textOf(held), /\r\nTEL;HOME:1\r\nTEL;WORK:\r\n/);
      await phone.sync(200, [replace(luid, textOf(mangleAsPhone(held, CARD, library.byId('nokia-s40')?.traits ?? {})), { meta })]);
      assert.deepEqual(await bench.texts('contacts'), [card('TEL;HOME:1')]);
    } finally {
      await bench.close();
    }
  });

  it('is described by a sample, or there would be no test of it', () => {
    assert.deepEqual(
      profiles.filter(({ profile }) => (profile.samples ?? []).length === 0).map(({ id }) => id),
      [],
    );
  });
});
