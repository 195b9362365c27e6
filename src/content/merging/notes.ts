/** Texts people write at length, merged line by line: notes, and the notes and descriptions of other items. */
import { toBinary } from '../charset.js';
import { readable, type Readable } from '../conversion/convert.js';
import type { Format } from '../conversion/format.js';
import { noteTakenBack, noteTextIn } from '../conversion/notes.js';
import { plainText, type Property } from '../conversion/property.js';
import { write } from '../conversion/writing.js';
import { describe } from '../describe.js';
import { normalizeNewlines } from '../value.js';
import type { Element } from './fields.js';
import type { Merged, Version } from './merge.js';
import { mergeTexts } from './texts.js';
import type { Pick } from './three-way.js';

/** What the text of a note is called where fields are named. */
const FIELD = 'BODY';

/**
 * Notes that have nothing but their text: a plain one, or one of SIF.
 * @param own our version. @returns undefined where the other version is no note, or says something beside its text that ours does not.
 */
export function mergedNotes(own: Readable, ourType: string, base: Version | undefined, theirs: Version, pick: Pick): Merged | undefined {
  const other = readable(theirs.bytes, theirs.type);
  const [mine, sent] = [noteTextIn(own), other && noteTextIn(other)];
  const was = base && readable(base.bytes, base.type);
  const before = was && noteTextIn(was);
  if (!other || mine === undefined || sent === undefined || (base && before === undefined)) return undefined;
  const areText = own.format === 'plain' && other.format === 'plain';
  const written = (choice: Pick) => {
    const { text, lost } = mergeTexts(before?.trimEnd(), mine.trimEnd(), sent.trimEnd(), FIELD, choice);
    const bytes = text === mine.trimEnd() ? own.bytes : text === sent.trimEnd() && areText ? theirs.bytes : noteWith(own, text);
    return { bytes, lost, text };
  };
  const { bytes, lost, text } = written(pick);
  if (!bytes || !saysNoMore(own, ourType, other, theirs.type, text)) return undefined;
  const of = (side: 'ours' | 'theirs'): readonly string[] => (lost.has(side) ? [FIELD] : []);
  const result: Merged = { bytes, lost: { ours: of('ours'), theirs: of('theirs') } };
  const otherwise = lost.size > 0 ? written(opposite(pick)).bytes : undefined;
  return { ...result, ...(otherwise ? { otherwise } : {}) };
}

export const opposite =
  (pick: Pick): Pick =>
  (clash) => {
    const side = pick(clash);
    return side === 'both' ? side : side === 'ours' ? 'theirs' : 'ours';
  };

/** Line ends and what stands after the text are as they were. */
function noteWith(own: Readable, text: string): Uint8Array | undefined {
  if (own.format !== 'plain') return noteTakenBack(own, { bytes: Buffer.from(text, 'utf8'), format: 'plain', document: undefined });
  const before = toBinary(own.bytes).text;
  const end = before.includes('\r\n') || !before.includes('\n') ? '\r\n' : '\n';
  let last = before.length;
  while (last > 0 && ' \t\r\n'.includes(before.charAt(last - 1))) last -= 1;
  return Buffer.concat([Buffer.from(text.replaceAll('\n', end), 'utf8'), Buffer.from(before.slice(last), 'latin1')]);
}

/** With one text in both, are two notes of a kind the same? Those of other kinds are compared by their text alone. */
function saysNoMore(own: Readable, ourType: string, other: Readable, theirType: string, text: string): boolean {
  if (!own.sif || own.format !== other.format) return true;
  const [a, b] = [noteWith(own, text), noteWith(other, text)];
  const said = (bytes: Uint8Array, type: string) => Buffer.from(describe(bytes, type).canonical).toString('latin1');
  return a !== undefined && b !== undefined && said(a, ourType) === said(b, theirType);
}

/** A property of one text, which both sides have edited; undefined where one of them has none, or it is not known what it was. */
export function mergedText(
  field: string,
  format: Format,
  [was, ...others]: readonly Element[],
  [mine, ...ours]: readonly Element[],
  [sent, ...theirs]: readonly Element[],
  pick: Pick,
): { readonly element: Element; readonly lost: ReadonlySet<'ours' | 'theirs'> } | undefined {
  const property = mine?.property;
  if (!was?.property || !property || !sent?.property || others.length + ours.length + theirs.length > 0) return undefined;
  const words = (one: Property): string => normalizeNewlines(plainText(one));
  const { text, lost } = mergeTexts(words(was.property), words(property), words(sent.property), field, pick);
  if (text === words(property)) return { element: mine, lost };
  if (text === words(sent.property)) return { element: sent, lost };
  const line = write({ ...property, value: { kind: 'text', text } }, format);
  return { element: { id: '', types: '', meaning: line, text: line }, lost };
}
