/** An item laid out in the fields that two versions of it are compared by. */
import { entryKind } from '../calendar.js';
import type { Component, Document } from '../components.js';
import type { ContentLine } from '../lines.js';
import { typesOf } from '../params.js';
import { splitEscaped, unfoldedValue, type ValueSource } from '../value.js';
import { seriesOf } from '../conversion/calendars.js';
import type { Readable } from '../conversion/convert.js';
import { dialectOf, type Format } from '../conversion/format.js';
import { meaningOf } from '../conversion/pieces.js';
import { plainText, readProperty, type Property } from '../conversion/property.js';
import type { Span } from '../conversion/units.js';
import { dialled } from './phone-numbers.js';
import { fieldOf, isFreeText, isList, isSingle } from './rules.js';

/** One value of a field: one property, those that share a group with it, or an alarm. */
export interface Element {
  /** Equal for values that are about the same: one number, one address, one attendee. */
  readonly id: string;
  /** Equal for values that say the same. */
  readonly meaning: string;
  /** Its types, sorted. */
  readonly types: string;
  /** As it stands, binary, each line with its end. */
  readonly text: string;
  /** Group its lines share. */
  readonly group?: string;
  /** Of texts people write at length, apart from how they are written. */
  readonly property?: Property;
}

/** What it says is read when it is asked for: two versions have most fields in common, byte for byte. */
export interface Field {
  readonly name: string;
  /** None where its lines say nothing that counts. */
  readonly elements: readonly Element[];
  /** Where the lines stand that its elements are in. */
  readonly spans: readonly Span[];
  /** All its lines, as they stand. */
  readonly raw: string;
}

export interface Entry {
  readonly component: Component;
  readonly fields: ReadonlyMap<string, Field>;
}

export interface Sheet {
  readonly document: Document;
  readonly format: Format;
  readonly root: Component;
  /** The item itself under '', the changed instances of a series by what they stand instead of. */
  readonly entries: ReadonlyMap<string, Entry>;
}

/**
 * @param meanings of lines that were read before, by their text: versions of an item have most of them in common.
 * @returns undefined for an item that is not one card, one note, or one entry with its changed instances.
 */
export function sheetOf(
  { document, format }: Readable,
  country: string | undefined,
  meanings = new Map<string, string>(),
): Sheet | undefined {
  const [root, ...more] = document?.roots ?? [];
  if (!document || !root || more.length > 0) return undefined;
  const { text, transcoded } = document.source;
  const source: ValueSource = { text, transcoded, dialect: dialectOf(format) };
  const read = (component: Component): Entry => ({ component, fields: new Reader(source, format, country, meanings).fields(component) });
  // A card inside of a card belongs to a line beside it.
  if (root.name !== 'VCALENDAR')
    return root.children.length > 0 ? undefined : { document, format, root, entries: new Map([['', read(root)]]) };
  const series = seriesOf(root.children.filter(({ name }) => entryKind(name) !== undefined));
  if (!series) return undefined;
  const entries = new Map([['', read(series.main)]]);
  for (const one of series.detached) {
    const line = one.lines.find(({ name }) => name === 'RECURRENCE-ID');
    entries.set(line ? unfoldedValue(source, line).trim() : '', read(one));
  }
  return entries.size === series.detached.length + 1 ? { document, format, root, entries } : undefined;
}

/** Lines that are one value together, or a component. */
type Part = readonly ContentLine[] | Component;
const isComponent = (part: Part): part is Component => 'children' in part;

interface Said {
  readonly elements: readonly Element[];
  readonly spans: readonly Span[];
}

class LazyField implements Field {
  readonly name: string;
  readonly parts: Part[] = [];
  raw = '';
  readonly #read: (field: LazyField) => Said;
  #said: Said | undefined;

  constructor(name: string, read: (field: LazyField) => Said) {
    this.name = name;
    this.#read = read;
  }

  get elements(): readonly Element[] {
    return (this.#said ??= this.#read(this)).elements;
  }

  get spans(): readonly Span[] {
    return (this.#said ??= this.#read(this)).spans;
  }
}

class Reader {
  readonly #source: ValueSource;
  readonly #format: Format;
  readonly #country: string | undefined;
  readonly #meanings: Map<string, string>;

  constructor(source: ValueSource, format: Format, country: string | undefined, meanings: Map<string, string>) {
    this.#source = source;
    this.#format = format;
    this.#country = country;
    this.#meanings = meanings;
  }

  fields(entry: Component): ReadonlyMap<string, Field> {
    const fields = new Map<string, LazyField>();
    const add = (name: string, part: Part, text: string): void => {
      const found = fields.get(name) ?? new LazyField(name, (field) => this.#said(field));
      fields.set(name, found);
      found.parts.push(part);
      found.raw += text;
    };
    for (const lines of togetherOf(entry.lines)) {
      const main = mainOf(lines);
      if (main && main.name !== 'VERSION') add(fieldOf(main.name), lines, this.#text(lines));
    }
    for (const child of entry.children) add(child.name, child, this.#text([child]));
    return fields;
  }

  #said({ name, parts }: LazyField): Said {
    const elements: Element[] = [];
    const spans: Span[] = [];
    for (const part of parts) {
      // What says nothing that counts is a program's own, and stays where it is.
      const telling = this.#elements(part).filter(({ meaning }) => meaning !== '');
      if (telling.length === 0) continue;
      for (const one of telling) elements.push(one);
      for (const { start, end } of isComponent(part) ? [part] : part) spans.push({ start, end });
    }
    return { spans, elements: isSingle(name) && elements.length > 0 ? [this.#joined(elements)] : elements };
  }

  #elements(part: Part): readonly Element[] {
    if (isComponent(part)) {
      const text = this.#text([part]);
      const meaning = this.#meaning(text);
      return [{ id: meaning, meaning, types: '', text }];
    }
    const main = mainOf(part);
    if (!main) return [];
    return isList(main.name) && part.length === 1 ? this.#members(main) : [this.#element(main, part)];
  }

  /** Each with its line end. */
  #text(spans: readonly Span[]): string {
    return spans.map(({ start, end }) => ended(this.#source.text.slice(start, end))).join('');
  }

  #element(main: ContentLine, lines: readonly ContentLine[]): Element {
    const text = this.#text(lines);
    const idOf = (): string => this.#idOf(main);
    let id: string | undefined;
    return {
      // Values that say the same need no other proof that they are about the same.
      get id() {
        return (id ??= idOf());
      },
      meaning: this.#meaning(text),
      types: [...typesOf(main)]
        .filter((type) => type !== 'PREF')
        .sort()
        .join(','),
      text,
      ...(main.group === undefined ? {} : { group: main.group }),
      ...(isFreeText(main.name) && lines.length === 1 ? { property: readProperty(this.#source, main) } : {}),
    };
  }

  /** The values of a list, each as a line of its own. */
  #members(line: ContentLine): readonly Element[] {
    const head = this.#source.text.slice(line.start, line.valueStart);
    return splitEscaped(unfoldedValue(this.#source, line), ',;', this.#source.dialect)
      .filter((member) => member.trim() !== '')
      .map((member) => {
        const text = `${head}${member.trim()}\r\n`;
        const meaning = this.#meaning(text);
        return { id: meaning, meaning, types: '', text };
      });
  }

  #joined(elements: readonly Element[]): Element {
    const text = elements.map((one) => one.text).join('');
    const [only] = elements;
    if (only && elements.length === 1) {
      const { meaning, property, group } = only;
      return { id: '', meaning, types: '', text, ...(group === undefined ? {} : { group }), ...(property ? { property } : {}) };
    }
    return { id: '', meaning: this.#meaning(text), types: '', text };
  }

  #meaning(text: string): string {
    const known = this.#meanings.get(text);
    if (known !== undefined) return known;
    const meaning = meaningOf(text, this.#format);
    this.#meanings.set(text, meaning);
    return meaning;
  }

  #idOf(line: ContentLine): string {
    const text = plainText(readProperty(this.#source, line));
    switch (line.name) {
      case 'TEL':
        return dialled(text, this.#country);
      case 'ATTENDEE':
        return text.replace(/^mailto:/i, '').toLowerCase();
      default:
        return text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ');
    }
  }
}

const mainOf = (lines: readonly ContentLine[]): ContentLine | undefined =>
  lines.find(({ name }) => name !== '' && name !== 'X-ABLABEL') ?? lines[0];

/** Lines that go together: those of a group, and what stands behind a line and is no property. */
function togetherOf(lines: readonly ContentLine[]): readonly (readonly ContentLine[])[] {
  const all: ContentLine[][] = [];
  const groups = new Map<string, ContentLine[]>();
  let last: ContentLine[] | undefined;
  for (const line of lines) {
    if (line.name === '' && last) {
      last.push(line);
      continue;
    }
    const group = line.group === undefined ? undefined : groups.get(line.group);
    if (group) group.push(line);
    else {
      last = [line];
      all.push(last);
      if (line.group !== undefined) groups.set(line.group, last);
    }
  }
  return all;
}

const ended = (text: string): string => (/[\r\n]$/.test(text) ? text : `${text}\r\n`);
