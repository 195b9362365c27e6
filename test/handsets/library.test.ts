/** Profiles are checked as they are read, inherited by family and model, and the most specific one fits. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Handsets, openLibrary } from '../../src/handsets/folder.js';
import { HandsetFinder } from '../../src/handsets/handset.js';
import { Library } from '../../src/handsets/library.js';
import { parseProfiles, ProfileFault, type Profile } from '../../src/handsets/profile.js';

const unknown: Profile = { id: 'unknown', name: 'any' };
const library = (...profiles: Profile[]): Library =>
  new Library([{ name: 'test', file: { family: 'Test', profiles: [...profiles, unknown] } }]);
const faultsOf = (work: () => unknown): readonly string[] => {
  try {
    work();
  } catch (error) {
    if (error instanceof ProfileFault) return error.faults;
    throw error;
  }
  assert.fail('it was taken');
};

describe('handset profiles', () => {
  it('takes the profile whose patterns say more', () => {
    const all = library(
      { id: 'maker', name: 'm', match: { man: 'nokia*' } },
      { id: 'series', name: 's', match: { man: 'nokia*', mod: 'N##*' } },
      { id: 'model', name: 'n', match: { man: 'nokia*', mod: 'N900' } },
      { id: 'agent', name: 'a', match: { userAgent: '*SyncML HTTP Client*' } },
    );
    for (const [said, id] of [
      [{ man: 'NOKIA Corporation' }, 'maker'],
      [{ man: ' Nokia ', mod: 'N80' }, 'series'],
      [{ man: 'Nokia', mod: 'N900' }, 'model'],
      [{ man: 'Nokia', mod: 'NX80' }, 'maker'],
      [{ man: 'Nokia', userAgent: 'Nokia SyncML HTTP Client' }, 'agent'],
      [{ man: 'Nokia', mod: 'N80', userAgent: 'Nokia SyncML HTTP Client' }, 'series'],
      [{ mod: 'N900' }, 'unknown'],
      [{}, 'unknown'],
    ] as const)
      assert.equal(all.match(said).id, id, JSON.stringify(said));
  });

  it('knows phones by their programs no wider than their facts reach: a W890i is no W800', () => {
    const ours = openLibrary();
    const byAgent = (userAgent: string, mod?: string): string =>
      ours.match({ userAgent, ...(mod === undefined ? {} : { man: 'Sony Ericsson', mod }) }).id;
    assert.deepEqual(
      ['W800i/R1AA', 'W810i/R4', 'W830c/R1', 'W850i/R1CB'].map((one) => byAgent(`SonyEricsson${one}`)),
      Array.from({ length: 4 }, () => 'sony-ericsson-w8'),
    );
    assert.equal(byAgent('SonyEricssonW890i/R1', 'W890i'), 'sony-ericsson-w890');
    assert.equal(byAgent('SonyEricssonW880i/R8', 'W880i'), 'sony-ericsson-kwc');
    assert.equal(byAgent('SonyEricssonW910i/R1', 'W910i'), 'sony-ericsson-kwc');
  });

  it('takes a model before its family, however long the pattern of the family is', () => {
    const all = library(
      { id: 'family', name: 'f', match: { man: 'A long name of a maker', userAgent: 'a long name of a program' } },
      { id: 'model', name: 'm', inherits: 'family', match: { mod: 'X' } },
    );
    assert.equal(all.match({ man: 'A long name of a maker', userAgent: 'a long name of a program', mod: 'X' }).id, 'model');
  });

  it('inherits field by field: lists are joined, tables merged, values replaced, and some taken away', () => {
    const { traits, saidBy, chain } =
      library(
        {
          id: 'a',
          name: 'a',
          traits: { fields: { leaveOut: ['TEL;CAR'], writeAs: { TEL: 'TEL;VOICE' }, whenEmpty: 'send' }, messages: { maxSize: 5000 } },
        },
        { id: 'b', name: 'b', inherits: 'a', traits: { time: { outgoing: 'local' } }, without: ['messages.maxSize'] },
        {
          id: 'c',
          name: 'c',
          inherits: ['b', 'a'],
          traits: { fields: { leaveOut: ['TEL;CAR', 'FN'], writeAs: { NOTE: 'X-NOTE' }, whenEmpty: 'dash' } },
        },
      ).byId('c') ?? assert.fail();
    assert.deepEqual(traits, {
      fields: { leaveOut: ['TEL;CAR', 'FN'], writeAs: { TEL: 'TEL;VOICE', NOTE: 'X-NOTE' }, whenEmpty: 'dash' },
      messages: {},
      time: { outgoing: 'local' },
    });
    assert.deepEqual(chain, ['a', 'b', 'c']);
    assert.equal(saidBy.get('time.outgoing'), 'b');
    assert.equal(saidBy.get('fields.whenEmpty'), 'c');
    assert.equal(saidBy.get('messages.maxSize'), undefined);
  });

  it('names every fault, with its profile and field', () => {
    const text = JSON.stringify({
      family: 'F',
      profiles: [
        { id: 'x', name: 'X', match: {}, traits: { calendar: { days: 'noon' }, time: { outgoing: 'local' }, colour: 1 } },
        { id: 'Y', name: 'Y', traits: { fields: { leaveOut: ['tel'] } } },
      ],
    });
    const faults = faultsOf(() => parseProfiles(text, 'mine.json'));
    assert.equal(faults.length, 5, faults.join('\n'));
    assert.match(faults.join('\n'), /mine\.json: x match: names nothing to match/);
    assert.match(faults.join('\n'), /mine\.json: x traits\.calendar\.days: .*to-2359/);
    assert.match(faults.join('\n'), /mine\.json: x traits: .*colour/);
    assert.match(faults.join('\n'), /mine\.json: Y id: small letters/);
    assert.match(faults.join('\n'), /mine\.json: Y traits\.fields\.leaveOut\.0: a property such as TEL;HOME;VOICE/);
    assert.match(faultsOf(() => parseProfiles('{', 'mine.json')).join(), /mine\.json: is no JSON/);
  });

  it('refuses parents that are missing, circles, and two of a name', () => {
    assert.deepEqual(
      faultsOf(() => library({ id: 'a', name: 'a', inherits: 'b' }, { id: 'c', name: 'c', inherits: 'c' }, { id: 'c', name: 'c' })),
      ['test: has two profiles c', 'a: inherits b, which there is not'],
    );
    assert.deepEqual(
      faultsOf(() => library({ id: 'a', name: 'a', inherits: 'b' }, { id: 'b', name: 'b', inherits: 'a' })),
      ['a: inherits itself by a → b → a', 'b: inherits itself by b → a → b'],
    );
  });

  it('every profile of this release is the one of its samples, and is reached by one', () => {
    const own = openLibrary();
    for (const profile of own.families.flatMap(({ profiles }) => profiles)) {
      const samples = profile.profile.samples ?? [];
      assert.ok(samples.length > 0, `${profile.id} has no sample`);
      for (const sample of samples) assert.equal(own.match(sample).id, profile.id, JSON.stringify(sample));
    }
  });
});

describe('handset profiles in a folder', () => {
  let folder: string;
  let now = 0;
  const notes: string[] = [];
  const put = (text: string): void => {
    writeFileSync(join(folder, 'mine.json'), text);
    // Files written within the resolution of the clock of a file system look the same.
    utimesSync(join(folder, 'mine.json'), now, now);
  };
  const profile = (traits: object): string =>
    JSON.stringify({ family: 'Mine', profiles: [{ id: 'my-phone', name: 'My phone', match: { deviceId: 'IMEI:1' }, traits }] });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'moorage-handsets-'));
    now = 1000;
    notes.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('stand beside those of the release, are read again when they change, and hold until better ones come', () => {
    put(profile({ messages: { maxSize: 3000 } }));
    const handsets = new Handsets({ folder, clock: () => now, note: (event) => notes.push(event) });
    const finder = new HandsetFinder(handsets);
    const maxSize = (): number | undefined => finder.of({ uri: 'IMEI:1' }).profile.traits.messages?.maxSize;
    assert.equal(maxSize(), 3000);
    assert.ok(handsets.library.byId('nokia-s60'));
    now += 6000;
    put(profile({ messages: { maxSize: 2000 } }));
    assert.equal(maxSize(), 2000);
    now += 6000;
    put('{');
    assert.equal(maxSize(), 2000);
    assert.deepEqual(notes, ['handset-profiles-read', 'handset-profiles-faulty']);
    rmSync(join(folder, 'mine.json'));
    now += 6000;
    assert.equal(maxSize(), undefined);
  });

  it('take the place of a profile of the release of the same name', () => {
    put(
      JSON.stringify({
        family: 'Mine',
        profiles: [{ id: 'lg', name: 'LG', match: { man: 'LG*' }, traits: { time: { outgoing: 'local' } } }],
      }),
    );
    const handsets = new Handsets({ folder, clock: () => now, note: () => undefined });
    assert.equal(handsets.library.match({ man: 'LG' }).traits.time?.outgoing, 'local');
  });

  it('that cannot be used stop the start', () => {
    put('{"family":"Mine","profiles":[{"id":"a","name":"a","inherits":"b"}]}');
    assert.throws(() => new Handsets({ folder, clock: () => now, note: () => undefined }), /a: inherits b, which there is not/);
    assert.throws(() => new Handsets({ folder: join(folder, 'none'), clock: () => now, note: () => undefined }), /cannot be read/);
  });
});
