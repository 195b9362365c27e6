import assert from 'node:assert/strict';
import iconv from 'iconv-lite';
import { setCountry } from '../../../src/accounts/users.js';
import { UserError } from '../../../src/model/errors.js';
import { mediaTypeOf } from '../../../src/sync/operator/content.js';
import { listConflicts, undoConflict } from '../../../src/sync/operator/conflicts.js';
import { importFiles, type ImportFile } from '../../../src/sync/operator/import.js';
import { exportItems, listItems, removeItem, showItem, type ExportedFile } from '../../../src/sync/operator/items.js';
import { bytes, card, createCard, openFixture, text, type Fixture } from './fixture.js';

describe('items for an operator', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const file = (name: string, content: string): ImportFile => ({ name, bytes: bytes(content) });
  const bring = (files: readonly ImportFile[], datastore = 'contacts', onlyNew = false) =>
    importFiles(fixture.temp.store, 'anna', datastore, files, { now: fixture.now, onlyNew });
  const list = (datastore = 'contacts') => listItems(fixture.temp.store, 'anna', datastore);
  async function takeOut(datastore = 'contacts'): Promise<ExportedFile[]> {
    const files: ExportedFile[] = [];
    for await (const each of exportItems(fixture.temp.store, 'anna', datastore)) files.push(each);
    return files;
  }

  it('go out as they came in, byte for byte, named by GUID', async () => {
    const odd = 'BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;\nX-ODD: kept \nEND:VCARD\n';
    await createCard(fixture, odd);
    const [exported] = await takeOut();
    assert.equal(exported?.name, '1.vcf');
    assert.equal(text(exported?.bytes), odd);
  });

  it('are listed with what a person would call them', async () => {
    await createCard(fixture, card('Doe'));
    const [item] = await list();
    assert.match(item?.label ?? '', /Doe/);
    assert.equal(item?.revision, 1);
    assert.equal(item?.changedBy, undefined);
  });

  it('are listed all, over many pages, in GUID order', async () => {
    const many = Array.from({ length: 450 }, (_, n) => card(`Name${n}`, String(n)));
    await bring([file('all.vcf', many.join(''))]);
    const items = await list();
    assert.equal(items.length, 450);
    assert.deepEqual(
      items.map((item) => item.guid),
      Array.from({ length: 450 }, (_, n) => (n + 1).toString(36)),
    );
    assert.equal((await takeOut()).length, 450);
  });

  it('come in out of files of one and of many, and equal ones are there already', async () => {
    const files = [file('two.vcf', card('Doe') + card('Roe')), file('one.vcf', card('Poe')), file('again.vcf', card('Doe'))];
    assert.deepEqual(await bring(files), { created: 3, replaced: 0, skipped: 1, unreadable: [], journalled: 0 });
    assert.deepEqual(await bring(files), { created: 0, replaced: 0, skipped: 4, unreadable: [], journalled: 0 });
    assert.equal((await list()).length, 3);
  });

  it('come in as text of the charset that the whole file, or the country, lets see', async () => {
    const one = (name: string): string => `BEGIN:VCARD\r\nVERSION:2.1\r\nN:${name}\r\nEND:VCARD\r\n`;
    const names = ['王;伟', '李;明', '陈;建国', '岳;珈'];
    await bring([{ name: 'all.vcf', bytes: iconv.encode(names.map(one).join(''), 'gbk') }]);
    assert.deepEqual((await list()).map(({ label }) => label).sort(), ['伟 王', '建国 陈', '明 李', '珈 岳'].sort());
    await setCountry(fixture.temp.store, 'anna', 'RU');
    await bring([
      { name: 'one.vcf', bytes: iconv.encode(one(';Юля'), 'windows-1251') },
      { name: 'two.vcf', bytes: iconv.encode(one('Müller;Zoé'), 'windows-1252') },
    ]);
    assert.deepEqual(
      (await list()).slice(4).map(({ label }) => label),
      ['Юля', 'Zoé Müller'],
    );
  });

  it('can be taken out, edited and brought back', async () => {
    await bring([file('two.vcf', card('Doe', '1') + card('Roe', '2'))]);
    const files = await takeOut();
    fixture.now += 1000;
    const edited = files.map(({ name, bytes: raw }) => file(name, (text(raw) ?? '').replace('TEL:1', 'TEL:911')));
    assert.deepEqual(await bring(edited), { created: 0, replaced: 1, skipped: 1, unreadable: [], journalled: 0 });
    const shown = await showItem(fixture.temp.store, 'anna', 'contacts', '1');
    assert.match(text(shown.content) ?? '', /TEL:911/);
    assert.equal(shown.revision, 2);
    assert.match(text((await showItem(fixture.temp.store, 'anna', 'contacts', '1', 1)).content) ?? '', /TEL:1\r/);
  });

  it('that get quite different content by file name can be brought back', async () => {
    await bring([file('x.vcf', card('Doe'))]);
    assert.equal((await bring([file('1.vcf', card('Somebody else'))])).journalled, 1);
    const [entry] = await listConflicts(fixture.temp.store, 'anna', { limit: 10 });
    await undoConflict(fixture.temp.store, 'anna', entry?.id ?? 0, fixture.now);
    assert.match(text((await showItem(fixture.temp.store, 'anna', 'contacts', '1')).content) ?? '', /Doe/);
  });

  it('are not changed by file name when only new ones are wanted', async () => {
    await bring([file('x.vcf', card('Doe'))]);
    assert.deepEqual(await bring([file('1.vcf', card('Roe'))], 'contacts', true), {
      created: 1,
      replaced: 0,
      skipped: 0,
      unreadable: [],
      journalled: 0,
    });
  });

  it('do not come in where they do not belong, and then nothing does', async () => {
    await assert.rejects(
      bring([file('a.vcf', card('Doe')), file('b.ics', 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n')]),
      /b\.ics is text\/calendar/,
    );
    assert.equal((await list()).length, 0);
    await assert.rejects(bring([file('a.vcf', card('Doe'))], 'notes'), UserError);
  });

  it('that cannot be read are named, and the others come in', async () => {
    const report = await bring([file('empty.vcf', ''), file('junk.vcf', 'hello'), file('good.vcf', card('Doe'))]);
    assert.deepEqual(report.unreadable, ['empty.vcf', 'junk.vcf']);
    assert.equal(report.created, 1);
  });

  it('bigger than what is kept in a row come in and go out whole', async () => {
    const note = 'x'.repeat(fixture.temp.store.blobs.inlineLimit + 1);
    assert.equal((await bring([file('big.txt', note)], 'notes')).created, 1);
    const [exported] = await takeOut('notes');
    assert.equal(text(exported?.bytes), note);
    assert.equal(exported?.name, '1.txt');
  });

  it('can be removed, and the removal is a change like any other', async () => {
    await createCard(fixture, card('Doe'));
    await removeItem(fixture.temp.store, 'anna', 'contacts', '1', fixture.now);
    assert.equal((await list()).length, 0);
    assert.equal((await showItem(fixture.temp.store, 'anna', 'contacts', '1')).deleted, true);
    await assert.rejects(removeItem(fixture.temp.store, 'anna', 'contacts', '1', fixture.now), UserError);
  });

  it('of unknown users, datastores and GUIDs are refused in words', async () => {
    await assert.rejects(listItems(fixture.temp.store, 'nobody', 'contacts'), /no user "nobody"/);
    await assert.rejects(listItems(fixture.temp.store, 'anna', 'nothing'), /calendar, caltasks, contacts/);
    await assert.rejects(showItem(fixture.temp.store, 'anna', 'contacts', 'zz'), /no item zz/);
    await createCard(fixture, card('Doe'));
    await assert.rejects(showItem(fixture.temp.store, 'anna', 'contacts', '1', 9), /Revision 9/);
  });

  for (const [name, content, type] of [
    ['a.vcf', card('Doe'), 'text/x-vcard'],
    ['a.VCF', 'BEGIN:VCARD\nVERSION:3.0\nEND:VCARD', 'text/vcard'],
    ['a.ics', 'BEGIN:VCALENDAR\nVERSION:2.0\n', 'text/calendar'],
    ['a.vcs', 'BEGIN:VCALENDAR\nVERSION:1.0\n', 'text/x-vcalendar'],
    ['a.txt', 'VERSION:2.1', 'text/plain'],
    ['a.vnt', 'BEGIN:VNOTE', 'text/x-vnote'],
    ['a.jpg', '', 'application/octet-stream'],
  ] as const)
    it(`takes ${name} with ${JSON.stringify(content.slice(0, 40))} for ${type}`, () =>
      assert.equal(mediaTypeOf(name, bytes(content)), type));
});
