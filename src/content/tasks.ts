/**
 * Whether a task is done stands in three places: STATUS, COMPLETED and PERCENT-COMPLETE. A phone knows one or two of them; what it ticks there is ticked in
 * the others, so that every device shows it.
 */
import { bytesOf, converted, readable, TYPES } from './conversion/convert.js';
import { SifEdits } from './conversion/sif/edits.js';
import { fieldsOf, textIn } from './conversion/sif/fields.js';
import { parseSif } from './sif-document.js';
import { takeBackConverted } from './conversion/taking-back.js';
import type { Component, Document } from './components.js';
import { applyEdits, entriesOf, linesOf, type Edit } from './entries.js';
import type { ContentLine } from './lines.js';
import { normalizeMediaType, syntaxOf } from './media-type.js';
import { sourceOf } from './rendering.js';
import { textValue } from './value.js';
import { basicOf } from './zones/wall.js';

interface Task {
  readonly document: Document;
  readonly entry: Component;
  readonly status: Said | undefined;
  readonly completed: Said | undefined;
  readonly percent: Said | undefined;
}

interface Said {
  readonly line: ContentLine;
  readonly text: string;
}

/** @returns undefined for what is not one task. */
function taskIn(bytes: Uint8Array, mediaType: string): Task | undefined {
  const document = linesOf(bytes, mediaType);
  const [entry, ...more] = document ? entriesOf(document) : [];
  if (!document || entry?.name !== 'VTODO' || more.length > 0) return undefined;
  const source = sourceOf(document, mediaType);
  const said = (...names: readonly string[]): Said | undefined => {
    const line = entry.lines.find(({ name }) => names.includes(name));
    const text = line ? textValue(source, line).trim().toUpperCase() : '';
    return line && text !== '' ? { line, text } : undefined;
  };
  return { document, entry, status: said('STATUS'), completed: said('COMPLETED'), percent: said('PERCENT-COMPLETE', 'X-PERCENT-COMPLETE') };
}

const DONE = 'COMPLETED';
const isDoneBy = {
  status: ({ status }: Task): boolean => status?.text === DONE,
  completed: ({ completed }: Task): boolean => completed !== undefined && /^[1-9]\d{3}/.test(completed.text),
  percent: ({ percent }: Task): boolean => percent?.text === '100',
} as const;

/**
 * What an edit says of it: the place that was edited counts.
 *
 * @param hasStatus the device sends a status. @returns undefined: it is as done as it was.
 */
function saysDone(was: Task, is: Task, hasStatus: boolean): boolean | undefined {
  const changed = (place: keyof typeof isDoneBy): boolean => isDoneBy[place](was) !== isDoneBy[place](is);
  if (was.status?.text !== is.status?.text && (is.status || isDoneBy.status(was)))
    return is.status ? isDoneBy.status(is) : was.completed ? isDoneBy.completed(is) : isDoneBy.percent(is);
  if (!changed('completed') && !changed('percent')) return undefined;
  const isTicked = (changed('completed') && isDoneBy.completed(is)) || (changed('percent') && isDoneBy.percent(is));
  if (isTicked) return true;
  // A phone that says that it is done has no place for the others, or has there what it was given before it was ticked.
  return hasStatus && isDoneBy.status(is);
}

/**
 * @param before the stored item. @param after the same with a device's edits. @param sent what the device sends, in whatever format, `type` of that.
 * @param now milliseconds since 1970: when a task was done that a phone only says is done.
 * @returns `after` itself where its places agree, or the device edited none of them. Never throws.
 */
export function inAgreement(
  before: Uint8Array,
  after: Uint8Array,
  mediaType: string,
  sent: { readonly bytes: Uint8Array; readonly type: string },
  now: number,
): Uint8Array {
  const syntax = syntaxOf(normalizeMediaType(mediaType));
  if (after === before || (syntax !== 'lines' && syntax !== 'sif') || !isTask(after)) return after;
  if (syntax === 'sif') return sifInAgreement(before, after, mediaType, sent, now);
  return linesInAgreement(before, after, mediaType, sent, now, false);
}

/** @param hasAll the item has a place for each of them. */
function linesInAgreement(
  before: Uint8Array,
  after: Uint8Array,
  mediaType: string,
  sent: { readonly bytes: Uint8Array; readonly type: string },
  now: number,
  hasAll: boolean,
): Uint8Array {
  const [was, is] = [taskIn(before, mediaType), taskIn(after, mediaType)];
  if (!was || !is) return after;
  const isSif = syntaxOf(normalizeMediaType(sent.type)) === 'sif';
  const done = saysDone(was, is, isSif || taskIn(sent.bytes, sent.type)?.status !== undefined);
  if (done === undefined) return after;
  const edits = done ? ticked(was, is, now, hasAll) : unticked(was, is);
  return edits.length === 0 ? after : applyEdits(is.document.source.text, edits);
}

const isTask = (bytes: Uint8Array): boolean => /BEGIN:VTODO|<task/i.test(Buffer.from(bytes).toString('latin1'));
const without = ({ line: { start, end } }: Said): Edit => ({ start, end, text: '' });
const instead = ({ line: { valueStart, valueEnd } }: Said, text: string): Edit => ({ start: valueStart, end: valueEnd, text });

function ticked(was: Task, is: Task, now: number, hasAll: boolean): readonly Edit[] {
  const { status, completed, percent } = is;
  const stamp = was.completed && isDoneBy.completed(was) ? was.completed.text : `${basicOf(Math.floor(now / 1000) * 1000)}Z`;
  return [
    ...(status && !isDoneBy.status(is) ? [instead(status, DONE)] : []),
    ...(percent && !isDoneBy.percent(is) ? [instead(percent, '100')] : []),
    ...fresh(is, [
      ...(status ? [] : [`STATUS:${DONE}`]),
      ...(completed ? [] : [`COMPLETED:${stamp}`]),
      ...(percent || !hasAll ? [] : ['PERCENT-COMPLETE:100']),
    ]),
  ];
}

function unticked(was: Task, is: Task): readonly Edit[] {
  const { status, completed, percent } = is;
  const begun = percent !== undefined && /^[1-9]\d?$/.test(percent.text);
  const isOld = /^\s*1/.test(versionOf(is));
  const open = begun ? (isOld ? 'ACCEPTED' : 'IN-PROCESS') : isOld ? 'NEEDS ACTION' : 'NEEDS-ACTION';
  return [
    ...(status && isDoneBy.status(is) ? [instead(status, open)] : []),
    ...(completed ? [without(completed)] : []),
    ...(percent && isDoneBy.percent(is) ? [instead(percent, '0')] : []),
    ...fresh(is, status || !was.status ? [] : [`STATUS:${open}`]),
  ];
}

/** Properties put in behind the others. */
function fresh({ document, entry }: Task, added: readonly string[]): readonly Edit[] {
  const last = document.lines.find(({ name, end }) => name === 'END' && end === entry.end)?.start ?? entry.end;
  const at = entry.children[0]?.start ?? last;
  return added.length === 0 ? [] : [{ start: at, end: at, text: added.map((line) => `${line}\r\n`).join('') }];
}

function versionOf({ document }: Task): string {
  const line = document.roots[0]?.lines.find(({ name }) => name === 'VERSION');
  return line ? document.source.text.slice(line.valueStart, line.valueEnd) : '';
}

/** Element by element, by way of the task that they make up. */
function sifInAgreement(
  before: Uint8Array,
  after: Uint8Array,
  mediaType: string,
  sent: { readonly bytes: Uint8Array; readonly type: string },
  now: number,
): Uint8Array {
  const [was, is] = [readable(before, mediaType), readable(after, mediaType)];
  if (was?.format !== 'sift' || is?.format !== 'sift') return after;
  const [one, other] = [converted(was, 'ical20'), converted(is, 'ical20')];
  if (!one || !other) return after;
  const shown = bytesOf(other);
  const agreed = linesInAgreement(bytesOf(one), shown, TYPES.ical20, sent, now, true);
  const item = agreed === shown ? undefined : readable(agreed, TYPES.ical20);
  const result = (item && takeBackConverted(is, item)) ?? after;
  return agreed !== shown && !taskIn(agreed, TYPES.ical20)?.completed ? withoutDate(result) : result;
}

/** What is not done shows no date in lines, whatever its element says. */
function withoutDate(bytes: Uint8Array): Uint8Array {
  const sif = parseSif(bytes);
  if (typeof sif === 'string' || textIn(fieldsOf(sif), 'DateCompleted') === '') return bytes;
  const edits = new SifEdits(sif);
  edits.set('DateCompleted', { text: '' });
  return edits.applied() ?? bytes;
}
