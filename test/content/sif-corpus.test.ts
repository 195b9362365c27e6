/** Every real contact, event, task and note goes into SIF, every real SIF item into the other formats, and loses only what is on the list. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, converted, readable, reread, type Readable } from '../../src/content/conversion/convert.js';
import type { Format } from '../../src/content/conversion/format.js';
import { LOSSES } from '../../src/content/conversion/losses.js';
import { mainEntry, piecesOf } from '../../src/content/conversion/pieces.js';
import { takeBackConverted } from '../../src/content/conversion/taking-back.js';
import { fieldsOf, isFilled } from '../../src/content/conversion/sif/fields.js';
import { splitItems } from '../../src/content/split.js';

const fixtures = join(import.meta.dirname, '../../fixtures/content');
const corpus = join(import.meta.dirname, '../../../shared/corpus');
const SIF = ['sifc', 'sife', 'sift', 'sifn'] as const;
const LINES = ['vcard21', 'vcard30', 'vcard40', 'vcal10', 'ical20', 'plain', 'vnote'] as const;

function* files(folder: string): Generator<{ path: string; isSif: boolean }> {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /README|\.json$|\/messages\/|\/devinf\//i.test(path)) continue;
    const isSif = /sif[^/]*\.(?:xml|sifc)$|bb722/i.test(entry.name);
    if (isSif || /\.(?:vcf|vcs|ics|vnt|txt)$/.test(path)) yield { path, isSif };
  }
}

function* items(folder: string): Generator<{ name: string; item: Readable }> {
  for (const { path, isSif } of files(folder)) {
    const type = isSif
      ? 'text/x-s4j-sifc'
      : /\.vnt$/.test(path)
        ? 'text/x-vnote'
        : /\.(?:ics|vcs)$/.test(path)
          ? 'text/x-vcalendar'
          : 'text/x-vcard';
    for (const [at, bytes] of splitItems(readFileSync(path), type).entries()) {
      const item = bytes.length < 200_000 ? readable(bytes, type) : undefined;
      if (item && (item.sif || item.document)) yield { name: `${path.slice(folder.length + 1)} #${at}`, item };
    }
  }
}

/** Properties that come back in one of several spellings, or under another name. */
const RESPELLED =
  /^(?:RRULE|DURATION|DTEND|DUE|VALARM|EXDATE|RDATE|CATEGORIES|X-MICROSOFT-CDO-BUSYSTATUS|X-GENDER|STATUS|PRIORITY|CLASS|BDAY|X-ANNIVERSARY)$/;
/** What says nothing, or says what everything says of itself. */
const USUAL =
  /^(?:PRIORITY:[05]|CLASS:PUBLIC|TRANSP:(?:OPAQUE|0)|STATUS:NEEDS-ACTION|PERCENT-COMPLETE:0|X-MICROSOFT-CDO-BUSYSTATUS:BUSY|FN:)/i;

/** Lines of a pivot item that name no loss and do not come back. */
function unlisted(item: Readable, to: (typeof SIF)[number]): string[] {
  const there = converted(item, to);
  if (!there || !item.document) return [];
  const back = reread(there, to);
  const again = back && converted(back, item.format);
  const returned = again && reread(again, item.format);
  assert.ok(returned?.document, 'what we write we read');
  const [entry, theirs] = [mainEntry(item.document), mainEntry(returned.document)];
  assert.ok(entry && theirs);
  const lost = new Set(there.units.flatMap(({ source, loss }) => (loss && source ? [source.start] : [])));
  const kept = piecesOf(returned.document, theirs, item.format);
  const meanings = new Set(kept.map(({ meaning }) => meaning));
  const names = new Set(kept.map(({ name }) => name));
  return piecesOf(item.document, entry, item.format).flatMap(({ name, meaning, text, start }) => {
    if (meaning === '' || lost.has(start) || meanings.has(meaning) || USUAL.test(text)) return [];
    const isFree = /^X-MICROSOFT-CDO-BUSYSTATUS:FREE/.test(text);
    const now = name === 'DURATION' ? (entry.name === 'VTODO' ? 'DUE' : 'DTEND') : isFree ? 'TRANSP' : name;
    return RESPELLED.test(name) && names.has(now) ? [] : [text];
  });
}

describe('content: SIF and real items', function () {
  this.timeout(120_000);
  for (const [name, folder] of [
    ['the fixtures', fixtures],
    ['the corpus', corpus],
  ] as const) {
    if (!existsSync(folder)) {
      it(`is not run over ${name}`, function () {
        console.log(`    (no corpus of items at ${folder})`);
        this.skip();
      });
      continue;
    }

    it(`${name}: what is lost on the way is on the list, and an echo changes nothing`, () => {
      const wrong: string[] = [];
      let [into, outOf] = [0, 0];
      for (const { name: which, item } of items(folder))
        for (const to of item.sif ? LINES : SIF) {
          const there = converted(item, to);
          if (!there) continue;
          if (item.sif) outOf += 1;
          else into += 1;
          for (const { loss } of there.units) assert.ok(loss === undefined || loss in LOSSES, loss);
          const echo = reread(there, to);
          assert.ok(echo, which);
          if (takeBackConverted(item, echo) !== item.bytes) wrong.push(`${which} ${item.format}→${to}: an echo is a change`);
          if (/^(?:vcard30|ical20)$/.test(item.format))
            wrong.push(...unlisted(item, to as (typeof SIF)[number]).map((line) => `${which} →${to}: ${line}`));
          if (item.sif && (to === 'vcard30' || to === 'ical20'))
            wrong.push(...elementsLost(item, to).map((one) => `${which} →${to}: ${one}`));
        }
      assert.deepEqual(wrong, []);
      assert.ok(into > 20 && outOf >= 2, `${into} into SIF, ${outOf} out of it`);
    });
  }
});

/** Elements that say something, name no loss, and are not what they were after the way there and back. */
function elementsLost(item: Readable, to: Format): string[] {
  const there = converted(item, to);
  const shown = there && reread(there, to);
  const back = shown && converted(shown, item.format);
  const again = back && readable(bytesOf(back), 'text/x-s4j-sifc');
  assert.ok(item.sif && again?.sif, 'there and back');
  const lost = new Set(there?.units.flatMap(({ source, loss }) => (loss && source ? [source.start] : [])));
  const fields = fieldsOf(again.sif);
  // An element that is written twice counts where it stands last.
  const last = new Map(item.sif.root.children.map((element) => [element.name, element]));
  return [...last.values()].flatMap((element) => {
    const field = fieldsOf({ ...item.sif!, root: { ...item.sif!.root, children: [element] } }).get(element.name);
    if (!isFilled(field) || lost.has(element.start) || OF_PROGRAM.test(element.name)) return [];
    const mine = plain(field?.text ?? '');
    if (mine === '' || mine === plain(fields.get(element.name)?.text ?? '')) return [];
    return [`${element.name}: ${mine} → ${fields.get(element.name)?.text ?? ''}`];
  });
}

/** Spelling of numbers, dates and lists. */
const plain = (text: string): string =>
  text
    .replace(/T000000Z?$/, '')
    .replace(/[-\s]/g, '')
    .replace(/^0$/, '');

/** Elements that tell of the writing, of folders, or that others decide. */
const OF_PROGRAM =
  /^(?:SIFVersion|Folder|Email\dAddressType|ReminderOptions|NoAging|MeetingStatus|ReminderMinutesBeforeStart|Subject|Photo|Importance|Timezone|Attendees|Exceptions|Gender|PatternStartDate|Occurrences)$/;
