/** Notes merged line by line, and files of several cards card by card. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hunksOf } from '../../../src/content/merging/line-diff.js';
import { mergeItems, type Merged } from '../../../src/content/merging/merge.js';
import { mergeTexts } from '../../../src/content/merging/texts.js';
import type { Pick } from '../../../src/content/merging/three-way.js';

const theirsWin: Pick = () => 'theirs';
const oursWin: Pick = () => 'ours';
const list = (...lines: readonly string[]): string => lines.join('\n');
const BASE = list('Shopping', 'bread', 'milk', 'eggs', 'tea');

interface Case {
  readonly name: string;
  readonly base?: string | undefined;
  readonly ours: string;
  readonly theirs: string;
  readonly gives: string;
  readonly lost?: readonly string[];
  readonly pick?: Pick;
}
const CASES: readonly Case[] = [
  {
    name: 'edits of different lines',
    ours: 'Shopping bread rye milk eggs tea',
    theirs: 'Shopping bread milk eggs coffee',
    gives: 'Shopping bread rye milk eggs coffee',
  },
  {
    name: 'edits of neighbouring lines',
    ours: 'Shopping rolls milk eggs tea',
    theirs: 'Shopping bread cream eggs tea',
    gives: 'Shopping rolls cream eggs tea',
  },
  {
    name: 'both edit two lines, one of them the same',
    ours: 'Shopping rolls cream eggs tea',
    theirs: 'Shopping buns cream eggs tea',
    gives: 'Shopping buns cream eggs tea',
    lost: ['ours'],
  },
  {
    name: 'the same edit',
    ours: 'Shopping rolls milk eggs tea',
    theirs: 'Shopping rolls milk eggs tea',
    gives: 'Shopping rolls milk eggs tea',
  },
  {
    name: 'one line edited on both sides',
    ours: 'Shopping rolls milk eggs tea',
    theirs: 'Shopping buns milk eggs tea',
    gives: 'Shopping buns milk eggs tea',
    lost: ['ours'],
  },
  {
    name: 'the same, decided the other way',
    ours: 'Shopping rolls milk eggs tea',
    theirs: 'Shopping buns milk eggs tea',
    gives: 'Shopping rolls milk eggs tea',
    lost: ['theirs'],
    pick: oursWin,
  },
  {
    name: 'lines put in at one place',
    ours: 'Shopping bread milk eggs tea salt',
    theirs: 'Shopping bread milk eggs tea oil',
    gives: 'Shopping bread milk eggs tea salt oil',
  },
  {
    name: 'one line put in by both',
    ours: 'Shopping bread milk eggs tea salt',
    theirs: 'Shopping bread milk eggs tea oil salt',
    gives: 'Shopping bread milk eggs tea salt oil',
  },
  {
    name: 'the last line edited, and one put in after it',
    ours: 'Shopping bread milk eggs coffee',
    theirs: 'Shopping bread milk eggs tea oil',
    gives: 'Shopping bread milk eggs coffee oil',
  },
  {
    name: 'a line taken out, another edited',
    ours: 'Shopping milk eggs tea',
    theirs: 'Shopping bread milk duck-eggs tea',
    gives: 'Shopping milk duck-eggs tea',
  },
  {
    name: 'a line taken out and edited',
    ours: 'Shopping milk eggs tea',
    theirs: 'Shopping rye milk eggs tea',
    gives: 'Shopping rye milk eggs tea',
    lost: ['ours'],
  },
  {
    name: 'lines crossed off on both sides',
    ours: 'Shopping milk eggs tea',
    theirs: 'Shopping bread milk tea',
    gives: 'Shopping milk tea',
  },
  {
    name: 'without a base: lines of one side stay',
    base: '',
    ours: 'Shopping bread milk',
    theirs: 'Shopping milk tea',
    gives: 'Shopping bread milk tea',
  },
  {
    name: 'without a base: other lines at one place',
    base: '',
    ours: 'Shopping bread milk',
    theirs: 'Shopping rolls milk',
    gives: 'Shopping rolls milk',
    lost: ['ours'],
  },
];

describe('content: merging texts by lines', () => {
  for (const { name, base = BASE, ours, theirs, gives, lost = [], pick = theirsWin } of CASES)
    it(name, () => {
      const lines = (words: string): string => words.split(' ').join('\n');
      const result = mergeTexts(base === '' ? undefined : base, lines(ours), lines(theirs), 'BODY', pick);
      assert.deepEqual([result.text, [...result.lost]], [lines(gives), lost]);
    });

  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '', 'long line'), { minLength: 1, maxLength: 30 });

  it('differences say how to get from one text to the other, with something in common between any two', () => {
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const hunks = hunksOf(a, b);
        const result: string[] = [];
        let at = 0;
        for (const [number, hunk] of hunks.entries()) {
          if (number > 0) assert.ok(hunk.from > at);
          result.push(...a.slice(at, hunk.from), ...b.slice(hunk.at, hunk.until));
          at = hunk.to;
        }
        assert.deepEqual([...result, ...a.slice(at)], b);
      }),
      { numRuns: 2000 },
    );
  });

  it('what one side has not touched is as the other has it; what both have said is there; sides may be exchanged', () => {
    fc.assert(
      fc.property(lines, lines, lines, (was, mine, sent) => {
        const [base, ours, theirs] = [was, mine, sent].map((one) => one.join('\n')) as [string, string, string];
        assert.equal(mergeTexts(base, base, theirs, 'BODY', oursWin).text, theirs);
        assert.equal(mergeTexts(base, ours, base, 'BODY', theirsWin).text, ours);
        assert.equal(mergeTexts(base, ours, ours, 'BODY', theirsWin).text, ours);
        const { text, lost } = mergeTexts(base, ours, theirs, 'BODY', theirsWin);
        const swapped = mergeTexts(base, theirs, ours, 'BODY', oursWin);
        assert.deepEqual([...text].sort(), [...swapped.text].sort());
        assert.equal(lost.size, swapped.lost.size);
        // Nothing comes from nowhere, and without a contradiction a new line of either side is there.
        for (const line of text.split('\n')) assert.ok([...was, ...mine, ...sent, ''].includes(line));
        if (lost.size === 0)
          for (const line of [mine, sent].filter((one) => one.join('') !== '').flat())
            if (!was.includes(line)) assert.ok(text.split('\n').includes(line), JSON.stringify(line));
      }),
      { numRuns: 2000 },
    );
  });

  it('texts that have nothing in common take no long time', () => {
    const text = (name: string): string => Array.from({ length: 20_000 }, (_, at) => `${name} ${at}`).join('\n');
    const started = process.cpuUsage();
    const { text: merged, lost } = mergeTexts(text('base'), text('ours'), text('theirs'), 'BODY', theirsWin);
    assert.deepEqual([merged, [...lost]], [text('theirs'), ['ours']]);
    assert.ok(process.cpuUsage(started).user < 2_000_000);
  });

  it('what both put into an empty text stands, and what is left of one that the other side has emptied', () => {
    for (const [base, ours, theirs, both] of [
      ['', 'milk', 'eggs\nbread', 'milk\neggs\nbread'],
      ['', 'milk', 'milk', 'milk'],
      ['milk', 'milk\neggs', '', 'eggs'],
      ['milk', '', '', ''],
    ] as const) {
      const { text, lost } = mergeTexts(base, ours, theirs, 'BODY', theirsWin);
      assert.deepEqual([text, lost.size], [both, 0]);
    }
  });

  it('a text of very many lines is one, too', () => {
    const text = 'x\n'.repeat(300_000);
    const { text: both } = mergeTexts('first\nlast', `first\n${text}last`, 'first\nlast\nmore', 'BODY', theirsWin);
    assert.ok(both === `first\n${text}last\nmore`);
    const { text: ours } = mergeTexts('one', `${text}y`, 'two', 'BODY', oursWin);
    assert.ok(ours === `${text}y`);
  });
});

describe('content: merging notes', () => {
  const merge = (
    base: string | undefined,
    ours: string,
    theirs: string,
    types: readonly string[],
    pick = theirsWin,
  ): Merged | undefined => {
    const version = (text: string, at: number) => ({ bytes: Buffer.from(text), type: types[at] ?? types[0] ?? '' });
    return mergeItems(base === undefined ? undefined : version(base, 0), version(ours, 0), version(theirs, 1), { pick });
  };
  const text = (result: Merged | undefined): string => Buffer.from(result?.bytes ?? []).toString();

  it('a text keeps its line ends, and what stands after it', () => {
    const [ours, theirs] = [BASE.replace('bread', 'rye'), BASE.replace('tea', 'coffee')];
    const both = ours.replace('tea', 'coffee');
    assert.equal(text(merge(BASE, `${ours}\n\n`, theirs, ['text/plain'])), `${both}\n\n`);
    const crlf = (one: string): string => one.replaceAll('\n', '\r\n');
    assert.equal(text(merge(crlf(BASE), crlf(ours), theirs, ['text/plain'])), crlf(both));
    // The last byte of à is a space to some.
    assert.equal(text(merge(BASE, `${BASE}\nà`, theirs, ['text/plain'])), `${theirs}\nà`);
  });

  it('what loses is named, and there is the text as it would be otherwise', () => {
    const [ours, theirs] = [BASE.replace('bread', 'rye').replace('tea', 'salt'), BASE.replace('bread', 'rolls')];
    const result = merge(BASE, ours, theirs, ['text/plain']);
    assert.deepEqual(result?.lost, { ours: ['BODY'], theirs: [] });
    assert.equal(text(result), theirs.replace('tea', 'salt'));
    assert.equal(Buffer.from(result?.otherwise ?? []).toString(), ours);
  });

  const vnote = (body: string, more = ''): string =>
    `BEGIN:VNOTE\r\nVERSION:1.1\r\nBODY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${body.replaceAll('\n', '=0D=0A')}\r\n${more}END:VNOTE\r\n`;

  it('vNotes line by line, with their other fields; against a plain text too', () => {
    const ours = vnote(BASE.replace('bread', 'rye'), 'CATEGORIES:Home\r\n');
    const theirs = BASE.replace('tea', 'coffee');
    for (const [other, type] of [
      [vnote(theirs), 'text/x-vnote'],
      [theirs, 'text/plain'],
    ] as const) {
      const result = merge(vnote(BASE), ours, other, ['text/x-vnote', type]);
      assert.match(text(result), /rye=0D=0Amilk=0D=0Aeggs=0D=0Acoffee/);
      assert.match(text(result), /CATEGORIES:Home/);
      assert.deepEqual(result?.lost, { ours: [], theirs: [] });
    }
  });

  it('notes of SIF, where nothing but the text differs', () => {
    const sif = (body: string, color = 'Blue'): string =>
      `<?xml version="1.0" encoding="UTF-8"?>\r\n<note><Subject>Shopping</Subject><Body>${body}</Body><Color>${color}</Color></note>`;
    const [ours, theirs] = [BASE.replace('bread', 'rye'), BASE.replace('tea', 'coffee')];
    assert.match(text(merge(sif(BASE), sif(ours), sif(theirs), ['text/x-s4j-sifn'])), /rye\s+milk\s+eggs\s+coffee/);
    assert.equal(merge(sif(BASE), sif(ours), sif(theirs, 'Red'), ['text/x-s4j-sifn']), undefined);
  });

  it('the note of a contact and the description of an event too', () => {
    const card = (note: string): string =>
      ['BEGIN:VCARD', 'VERSION:3.0', 'N:Berg;Anna', `item1.NOTE;LANGUAGE=en:${note.replaceAll('\n', '\\n')}`, 'END:VCARD', ''].join('\r\n');
    const [ours, theirs] = [BASE.replace('bread', 'rye, wheat'), BASE.replace('tea', 'coffee')];
    const result = merge(card(BASE), card(ours), card(theirs), ['text/vcard']);
    assert.match(text(result), /^item1\.NOTE;LANGUAGE=en:Shopping\\nrye\\, wheat\\nmilk\\neggs\\ncoffee\r$/m);
    assert.deepEqual(result?.lost, { ours: [], theirs: [] });
    const clash = merge(card(BASE), card(ours), card(BASE.replace('bread', 'rolls')), ['text/vcard'], oursWin);
    assert.deepEqual([text(clash), clash?.lost], [card(ours), { ours: [], theirs: ['NOTE'] }]);
  });
});

describe('content: merging files of several cards', () => {
  const card = (name: string, ...more: readonly string[]): string =>
    ['BEGIN:VCARD', 'VERSION:3.0', `N:${name}`, `FN:${name}`, ...more, 'END:VCARD', ''].join('\r\n');
  const merge = (base: string | undefined, ours: string, theirs: string, pick = theirsWin): Merged | undefined => {
    const version = (text: string) => ({ bytes: Buffer.from(text), type: 'text/vcard' });
    return mergeItems(base === undefined ? undefined : version(base), version(ours), version(theirs), { pick });
  };
  const text = (result: Merged | undefined): string => Buffer.from(result?.bytes ?? []).toString();
  const [ann, bob, cas] = [card('Ann', 'TEL:1', 'NOTE:a'), card('Bob', 'TEL:2'), card('Cas', 'TEL:3')];

  it('edits of different cards, and of different fields of one, both stand; the order is ours', () => {
    const result = merge(ann + bob, ann.replace('TEL:1', 'TEL:11') + bob, bob.replace('TEL:2', 'TEL:22') + ann.replace('NOTE:a', 'NOTE:b'));
    assert.equal(text(result), ann.replace('TEL:1', 'TEL:11').replace('NOTE:a', 'NOTE:b') + bob.replace('TEL:2', 'TEL:22'));
    assert.deepEqual(result?.lost, { ours: [], theirs: [] });
  });

  it('cards put in and taken out', () => {
    assert.equal(text(merge(ann + bob, ann + bob + cas, ann)), ann + cas);
    assert.equal(text(merge(ann + bob, ann, ann + bob + cas)), '', 'one card is an item of its own kind');
    assert.equal(text(merge(ann + bob + cas, ann + bob, ann + bob.replace('TEL:2', 'TEL:22') + cas)), ann + bob.replace('TEL:2', 'TEL:22'));
    // What was edited is not gone because the other side took it out.
    assert.equal(text(merge(ann + bob, ann + bob.replace('TEL:2', 'TEL:22'), ann)), ann + bob.replace('TEL:2', 'TEL:22'));
    assert.equal(text(merge(undefined, ann + bob, ann + cas)), ann + bob + cas);
  });

  it('one field edited on both sides: one of them is picked, and named', () => {
    const [ours, theirs] = [ann.replace('NOTE:a', 'NOTE:b') + bob, ann.replace('NOTE:a', 'NOTE:c') + bob.replace('TEL:2', 'TEL:22')];
    const result = merge(ann + bob, ours, theirs);
    assert.equal(text(result), theirs);
    assert.deepEqual(result?.lost, { ours: ['NOTE'], theirs: [] });
    assert.equal(Buffer.from(result?.otherwise ?? []).toString(), ours.replace('TEL:2', 'TEL:22'));
  });

  it('a card that has a UID may get another name; cards that cannot be told apart are one version or the other', () => {
    const [one, two] = [card('Ann', 'UID:1', 'NOTE:a'), card('Bob', 'UID:2')];
    const result = merge(one + two, one.replace('NOTE:a', 'NOTE:b') + two, one.replaceAll('Ann', 'Anna') + two);
    assert.equal(text(result), one.replace('NOTE:a', 'NOTE:b').replaceAll('Ann', 'Anna') + two);
    assert.equal(merge(ann + ann, ann + ann, ann + bob), undefined);
  });
});
