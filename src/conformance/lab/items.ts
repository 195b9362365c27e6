/** Items for the datastore under test: each has a name that is made once, so that an item met twice is an item doubled. */
export interface ItemOptions {
  /** Which edit of the item; another number, another content. */
  readonly edit?: number;
  /** Bytes of filler, for items that have to be large. */
  readonly filler?: number;
}

export interface ItemKind {
  /** Media type as sent in Meta. */
  readonly type: string;
  readonly verCt: string;
  make(name: string, options?: ItemOptions): string;
  /** Name and edit of an item, also when the server wrote it anew; undefined for one of another origin. */
  read(text: string): { readonly name: string; readonly edit: number } | undefined;
}

const lines = (...all: readonly string[]): string =>
  all
    .filter((line) => line !== '')
    .map((line) => `${line}\r\n`)
    .join('');
/** Text without characters that any encoding has to escape, and without long runs of one letter. */
const fillerOf = (name: string, length: number): string => {
  let text = '';
  for (let n = 0; text.length < length; n += 1) text += `${name} ${n} `;
  return text.slice(0, length).replace(/ $/, '.');
};
const unfolded = (text: string): string => text.replace(/=\r?\n/g, '').replace(/\r?\n[ \t]/g, '');
/** Value of a property, without its line folds; undefined where the item has none, or is no text of lines `NAME:value`. */
export const propertyOf = (text: string, name: string): string | undefined =>
  value(text, new RegExp(`^${name}(?:;[^:\\r\\n]*)?:(.*)$`, 'im'));
/** How often a property stands in an item. */
export const countOf = (text: string, name: string): number =>
  [...unfolded(text).matchAll(new RegExp(`^${name}(?:;[^:\\r\\n]*)?:`, 'gim'))].length;
const value = (text: string, pattern: RegExp): string | undefined => pattern.exec(unfolded(text))?.[1]?.trim();

function named(name: string | undefined, edit: string | undefined): { name: string; edit: number } | undefined {
  return name === undefined ? undefined : { name, edit: Number(edit ?? 1) };
}

const vCard = (type: string, version: string): ItemKind => ({
  type,
  verCt: version,
  make: (name, { edit = 1, filler = 0 } = {}) =>
    lines(
      'BEGIN:VCARD',
      `VERSION:${version}`,
      `N:${name};Lab`,
      `FN:${name}`,
      `${version === '2.1' ? 'TEL;CELL' : 'TEL;TYPE=CELL'}:+1555${edit}`,
      filler > 0 ? `NOTE:${fillerOf(name, filler)}` : '',
      'END:VCARD',
    ),
  read: (text) => named(value(text, /^N[^:\r\n]*:([^;\r\n]*)/m), value(text, /^TEL[^:\r\n]*:\+1555(\d+)/m)),
});

/** Days apart, so that no two events look alike to a server that compares dates. */
const dayOf = (name: string): string => {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 336;
  return `2026${String(1 + Math.floor(sum / 28)).padStart(2, '0')}${String(1 + (sum % 28)).padStart(2, '0')}`;
};

const calendar = (type: string, version: string): ItemKind => ({
  type,
  verCt: version,
  make: (name, { edit = 1, filler = 0 } = {}) =>
    lines(
      'BEGIN:VCALENDAR',
      `VERSION:${version}`,
      version === '2.0' ? 'PRODID:-//Moorage//Conformance//EN' : '',
      'BEGIN:VEVENT',
      version === '2.0' ? `UID:${name}@lab.example` : '',
      `SUMMARY:${name}`,
      `LOCATION:room ${edit}`,
      `DTSTART:${dayOf(name)}T100000Z`,
      `DTEND:${dayOf(name)}T110000Z`,
      filler > 0 ? `DESCRIPTION:${fillerOf(name, filler)}` : '',
      'END:VEVENT',
      'END:VCALENDAR',
    ),
  read: (text) => named(value(text, /^SUMMARY[^:\r\n]*:(.*)$/m), value(text, /^LOCATION[^:\r\n]*:room (\d+)/m)),
});

const PLAIN: ItemKind = {
  type: 'text/plain',
  verCt: '1.0',
  make: (name, { edit = 1, filler = 0 } = {}) => `${name}, edit ${edit}${filler > 0 ? ` ${fillerOf(name, filler)}` : ''}`,
  read: (text) => named(/^([\w-]+), edit/.exec(text)?.[1], /, edit (\d+)/.exec(text)?.[1]),
};

const KINDS: readonly ItemKind[] = [
  vCard('text/x-vcard', '2.1'),
  vCard('text/vcard', '3.0'),
  calendar('text/x-vcalendar', '1.0'),
  calendar('text/calendar', '2.0'),
  PLAIN,
];

/** The first kind among these media types that the suite can write. */
export function kindFor(types: readonly string[]): ItemKind | undefined {
  for (const type of types) {
    const found = KINDS.find((kind) => kind.type === type.toLowerCase());
    if (found) return found;
  }
  return undefined;
}
