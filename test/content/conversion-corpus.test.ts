/** Every item of a collection of real ones goes into every other format of its family, and loses only what is on the list. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { converted, readable, TYPES, type Readable } from '../../src/content/conversion/convert.js';
import { familyOf, type Format } from '../../src/content/conversion/format.js';
import { LOSSES } from '../../src/content/conversion/losses.js';
import { noteTextIn } from '../../src/content/conversion/notes.js';
import { mainEntry, meaningOf, piecesOf } from '../../src/content/conversion/pieces.js';
import { takeBackConverted } from '../../src/content/conversion/taking-back.js';
import { textOf, type Converted, type Unit } from '../../src/content/conversion/units.js';
import { splitItems } from '../../src/content/split.js';

const FORMATS: readonly Format[] = ['vcard21', 'vcard30', 'vcard40', 'vcal10', 'ical20', 'vnote', 'plain', 'journal'];
const fixtures = join(import.meta.dirname, '../../fixtures/content');
const corpus = join(import.meta.dirname, '../../../shared/corpus');

const typeOf = (path: string): string =>
  /\.vnt$/.test(path) ? 'text/x-vnote' : /\.(?:ics|vcs)$/.test(path) ? 'text/x-vcalendar' : 'text/x-vcard';

function* items(folder: string): Generator<{ name: string; item: Readable }> {
  for (const one of ['vcard', 'vcalendar', 'android-vcard', 'biweekly', 'python-icalendar', 'syncmldotnet'])
    if (existsSync(join(folder, one))) yield* itemsIn(join(folder, one));
}

function* itemsIn(folder: string): Generator<{ name: string; item: Readable }> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /README|\.json$|sif/i.test(path)) continue;
    const type = typeOf(path);
    for (const [at, bytes] of splitItems(readFileSync(path), type).entries()) {
      const item = readable(bytes, type);
      if (item?.document && item.document.source.text.length < 200_000) yield { name: `${path.slice(folder.length + 1)} #${at}`, item };
    }
  }
}

const bytesOf = (one: Converted): Buffer => Buffer.from(textOf(one), 'latin1');

/** Properties that have several spellings, or names: they come back in one of them, which from then on is the same. */
const RESPELLED = /^(?:RRULE|EXRULE|DURATION|DTEND|DUE|VALARM|GEO)$/;

/** What a line says, whether it is an extension in this version or not. */
const said = (text: string, format: Format): string => meaningOf(text.replace(/^((?:[\w-]+\.)?)X-/i, '$1'), format);

/** What a unit said and did not keep, although it names no loss. */
function unlisted(item: Readable, to: Format): string[] {
  const there = converted(item, to);
  if (!there || !item.document) return [];
  const back = convertedBack(there, to, item.format);
  const againThere = convertedBack(back.result, item.format, to);
  const entry = mainEntry(item.document);
  assert.ok(entry);
  const pieces = new Map(piecesOf(item.document, entry, item.format).map((piece) => [piece.start, piece]));
  return there.units.flatMap((unit, at) => {
    const piece = unit.source && pieces.get(unit.source.start);
    if (!piece || piece.meaning === '' || unit.loss) return [];
    const returned = back.of(at);
    if (returned?.unit.loss) return [];
    const text = returned?.unit.text ?? '';
    if (text !== '' && (meaningOf(text, item.format) === piece.meaning || said(text, item.format) === said(piece.text, item.format)))
      return [];
    const stable = returned && againThere.of(returned.at)?.unit.text;
    // A text in BASE64 is a text elsewhere.
    if (/^(?:N|DESCRIPTION);[^:]*BASE64/.test(piece.text) && text !== '') return [];
    if (RESPELLED.test(piece.name) && unit.text !== '' && stable === unit.text) return [];
    return [`${piece.text.slice(0, 160)} → ${unit.text.slice(0, 160)} → ${text.slice(0, 160)}`];
  });
}

/** The way back, and what became there of each unit. */
function convertedBack(there: Converted, from: Format, to: Format) {
  const shown = readable(bytesOf(there), TYPES[from]);
  const result = shown && converted(shown, to);
  assert.ok(result, 'what we write we read');
  const starts: number[] = [];
  let offset = there.head.length;
  for (const { text } of there.units) {
    starts.push(text === '' ? -1 : offset);
    offset += text.length;
  }
  const of = (unit: number): { unit: Unit; at: number } | undefined => {
    const at = result.units.findIndex(({ source }) => source?.start === starts[unit]);
    const found = result.units[at];
    return found && { unit: found, at };
  };
  return { result, of };
}

describe('content: conversion of real items', function () {
  this.timeout(120_000);
  for (const [name, folder] of [
    ['the fixtures', fixtures],
    ['the corpus', corpus],
  ] as const) {
    if (!existsSync(folder)) {
      it(`is not run over ${name}`, function () {
        console.log(`    (no corpus of items at ${folder}: conversion is tried on the fixtures only)`);
        this.skip();
      });
      continue;
    }

    it(`${name}: nothing is lost that is not on the list, and an echo of what a device gets changes nothing`, () => {
      const wrong: string[] = [];
      const met = new Set<string>();
      let conversions = 0;
      for (const { name: which, item } of items(folder))
        for (const to of FORMATS) {
          if (to === 'plain' || familyOf(to) !== familyOf(item.format) || to === item.format) continue;
          const there = converted(item, to);
          if (!there) continue;
          conversions += 1;
          for (const { loss } of there.units) if (loss) met.add(loss);
          if (familyOf(to) === 'note') {
            const [mine, theirs] = [noteTextIn(item), noteTextIn(readable(bytesOf(there), TYPES[to]) as Readable)];
            if (mine?.trimEnd() !== theirs?.trimEnd()) wrong.push(`${which} ${item.format}→${to}: ${mine} → ${theirs}`);
          } else wrong.push(...unlisted(item, to).map((line) => `${which} ${item.format}→${to}: ${line}`));
          const echo = readable(bytesOf(there), TYPES[to]);
          assert.ok(echo);
          if (takeBackConverted(item, echo) !== item.bytes) wrong.push(`${which} ${item.format}→${to}: an echo is a change`);
        }
      assert.deepEqual(wrong, []);
      assert.ok(conversions > 20, `${conversions} conversions`);
      for (const loss of met) assert.ok(loss in LOSSES, loss);
    });
  }
});
