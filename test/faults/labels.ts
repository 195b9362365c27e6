/**
 * Test items as labels: `ann` is an item of key ann, `ann#2` the same item after an edit, `ann#2*30000` with that many bytes of filler.
 * A label can be read back from whatever text a server or device keeps for the item, also when it was rewritten on the way.
 */
import { createHash } from 'node:crypto';
import type { StoreName } from '../model-client/profile.js';

interface Label {
  readonly key: string;
  readonly edit: number;
  readonly filler: number;
}

const LABEL = /^([a-z0-9-]+)(?:#(\d+))?(?:\*(\d+))?$/;

export function parseLabel(label: string): Label {
  const match = LABEL.exec(label);
  if (!match) throw new Error(`no label: ${label}`);
  return { key: match[1] ?? '', edit: Number(match[2] ?? 1), filler: Number(match[3] ?? 0) };
}

/** Of which item a label speaks. What was damaged on its way may be no label any more: then it is an item of its own. */
export const keyOf = (label: string): string => (isLabel(label) ? parseLabel(label).key : label);
export const isLabel = (text: string): boolean => LABEL.test(text);

const formatLabel = ({ key, edit, filler }: Label): string => `${key}${edit === 1 ? '' : `#${edit}`}${filler === 0 ? '' : `*${filler}`}`;

/**
 * The fields of an item that an edit changes, each for itself: two devices that change one each both have their way. A note is one text.
 * Values in the order of the label's parts; '' for a field that is not there.
 */
export function fieldsOf(store: StoreName, label: string): readonly string[] {
  if (store === 'notes' || !isLabel(label)) return [label];
  const { edit, filler } = parseLabel(label);
  return [String(edit), filler === 0 ? '' : String(filler)];
}

/** Text of `length` characters that no two keys share, without characters any format has to escape. */
function fillerFor(key: string, length: number): string {
  let text = '';
  for (let block = 0; text.length < length; block += 1) text += createHash('sha256').update(`${key}/${block}`).digest('hex');
  return text.slice(0, length);
}

/** The day of an event follows from its key, so that two events never look alike. */
const dayOf = (key: string): string => String(1 + (createHash('sha256').update(key).digest().readUInt16BE(0) % 28)).padStart(2, '0');

/** A telephone number that no two keys are likely to share. */
const numberOf = (key: string): string => String(createHash('sha256').update(key).digest().readUInt32BE(0) % 10_000_000).padStart(7, '0');

/** The item's text as a device writes it: vCard 2.1, vCalendar 1.0 or plain text. */
export function textOf(store: StoreName, text: string): string {
  const label = parseLabel(text);
  const { key, edit } = label;
  const filler = fillerFor(key, label.filler);
  const lines = (...all: readonly string[]): string =>
    all
      .filter((line) => line !== '')
      .map((line) => `${line}\r\n`)
      .join('');
  switch (store) {
    case 'contacts':
      return lines(
        'BEGIN:VCARD',
        'VERSION:2.1',
        `N:${key};Test`,
        `FN:${key}`,
        // What tells a contact from another of its name does not change with an edit.
        `TEL;CELL:+1555${numberOf(key)}`,
        `TITLE:rank ${edit}`,
        // Empty where there is none: a device that lists no properties says so of a field it takes away.
        `NOTE:${filler}`,
        'END:VCARD',
      );
    case 'calendar':
      return lines(
        'BEGIN:VCALENDAR',
        'VERSION:1.0',
        'BEGIN:VEVENT',
        `SUMMARY:${key}`,
        `LOCATION:room ${edit}`,
        `DTSTART:202601${dayOf(key)}T100000Z`,
        `DTEND:202601${dayOf(key)}T110000Z`,
        `DESCRIPTION:${filler}`,
        'END:VEVENT',
        'END:VCALENDAR',
      );
    case 'notes':
      return `${key} ${edit}${filler === '' ? '' : ` ${filler}`}`;
  }
}

/** Reads the label back. Folded lines, other versions of the format and added properties do not matter. */
export function labelOf(store: StoreName, bytes: Uint8Array): string {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n[ \t]/g, '')
    .replace(/=\r?\n/g, '');
  const value = (pattern: RegExp): string => pattern.exec(text)?.[1]?.trim() ?? '';
  const [key, edit, filler] =
    store === 'contacts'
      ? [value(/^FN[^:\r\n]*:(.*)$/m), value(/^TITLE[^:\r\n]*:rank (\d+)/m), value(/^NOTE[^:\r\n]*:(.*)$/m)]
      : store === 'calendar'
        ? [value(/^SUMMARY[^:\r\n]*:(.*)$/m), value(/^LOCATION[^:\r\n]*:room (\d+)/m), value(/^DESCRIPTION[^:\r\n]*:(.*)$/m)]
        : [value(/^(\S+)/), value(/^\S+ (\d+)/), value(/^\S+ \d+ ([0-9a-f]+)/)];
  if (filler !== fillerFor(key, filler.length)) return `${key} with a damaged filler of ${filler.length}`;
  return formatLabel({ key, edit: Number(edit), filler: filler.length });
}
