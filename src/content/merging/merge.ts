/**
 * Two versions of an item made into one, field by field. The result is our version with the other side's edits in it, so that what neither of
 * them touched stays as it stands, byte for byte.
 */
import { applyEdits, type Edit } from '../entries.js';
import { converted, readable, reread, type Readable } from '../conversion/convert.js';
import { mergedNotes, mergedText, opposite } from './notes.js';
import { isFreeText, isSingle } from './rules.js';
import type { Countries } from './phone-numbers.js';
import { areSeveral, mergedSeveral } from './several.js';
import { mergedSif } from './sif.js';
import { sheetOf, type Element, type Entry, type Field, type Sheet } from './fields.js';
import { inStanding, standingOf, type Standing } from './standing.js';
import { mergeField, type MergedField, type Pick, type Side } from './three-way.js';

export interface Version {
  readonly bytes: Uint8Array;
  /** Media type. */
  readonly type: string;
}

export interface Merged {
  /** In the format of `ours`; its own bytes where nothing of the other side is new. */
  readonly bytes: Uint8Array;
  /** Names of fields of which a value does not stand, by the side it came from. */
  readonly lost: Readonly<Record<Side, readonly string[]>>;
  /** The item as it would be had every clash been decided the other way; undefined where there was none. */
  readonly otherwise?: Uint8Array;
}

export interface MergeOptions {
  /** What stands where both sides edited one value. */
  readonly pick: Pick;
  readonly countries?: Countries | undefined;
}

/**
 * @param base what both were made from; undefined: not known, then nothing is taken for deleted.
 * @param theirs in any format of the family.
 * @returns undefined for items that have no fields (several events in one, what is not understood): they are one or the other. Never throws.
 */
export function mergeItems(base: Version | undefined, ours: Version, theirs: Version, options: MergeOptions): Merged | undefined {
  const { pick, countries } = options;
  const own = readable(ours.bytes, ours.type);
  if (own && (own.format === 'plain' || own.format === 'sifn')) return mergedNotes(own, ours.type, base, theirs, pick);
  if (own && areSeveral(own)) return mergedSeveral(own, base, theirs, ours.type, (...versions) => mergeItems(...versions, options));
  if (own?.sif) return mergedSif({ ...own, sif: own.sif }, base, theirs, (...versions) => mergeItems(...versions, options));
  const meanings = new Map<string, string>();
  const inOurs = (version: Version, country: string | undefined): Sheet | undefined => {
    const item = readable(version.bytes, version.type);
    const same = item && own && asFormat(item, own);
    return same && sheetOf(same, country, meanings);
  };
  const mine = own && sheetOf(own, countries?.ours, meanings);
  if (!own || !mine) return undefined;
  const sent = inOurs(theirs, countries?.theirs);
  const was = base && inOurs(base, countries?.ours);
  if (!sent || kindOf(sent) !== kindOf(mine) || zoneOf(sent) !== zoneOf(mine) || (was && zoneOf(was) !== zoneOf(mine))) return undefined;
  if (base && (!was || kindOf(was) !== kindOf(mine))) return undefined;
  const result = new Merge(was, mine, sent, pick).run();
  if (result.lost.ours.length + result.lost.theirs.length === 0) return result;
  return { ...result, otherwise: new Merge(was, mine, sent, opposite(pick)).run().bytes };
}

function asFormat(item: Readable, { format }: Readable): Readable | undefined {
  if (item.format === format) return item;
  const there = converted(item, format);
  return there && reread(there, format);
}

/** An event and a task are no versions of each other. */
const kindOf = ({ root, entries }: Sheet): string => `${root.name} ${entries.get('')?.component.name}`;

/** Where local times of a calendar of 1.0 are. */
const zoneOf = ({ document, root }: Sheet): string =>
  root.lines
    .filter(({ name }) => name === 'TZ' || name === 'DAYLIGHT')
    .map(({ valueStart, valueEnd }) => document.source.text.slice(valueStart, valueEnd))
    .join('\n');

/** Times of writing: of two, the later one. */
const STAMPS: ReadonlySet<string> = new Set(['REV', 'LAST-MODIFIED']);

class Merge {
  readonly #base: Sheet | undefined;
  readonly #ours: Sheet;
  readonly #theirs: Sheet;
  readonly #pick: Pick;
  readonly #edits: Edit[] = [];
  readonly #lost: Record<Side, Set<string>> = { ours: new Set(), theirs: new Set() };
  /** Text of theirs that goes into ours. */
  #taken = '';
  /** The number of the last group of theirs that got a name of ours. */
  #groups = 0;

  constructor(base: Sheet | undefined, ours: Sheet, theirs: Sheet, pick: Pick) {
    this.#base = base;
    this.#ours = ours;
    this.#theirs = theirs;
    this.#pick = pick;
  }

  run(): Merged {
    const { entries, document } = this.#ours;
    for (const key of new Set([...entries.keys(), ...this.#theirs.entries.keys()]))
      this.#entry(this.#base?.entries.get(key), entries.get(key), this.#theirs.entries.get(key));
    if (this.#edits.length > 0) this.#addZones();
    return {
      bytes: this.#edits.length === 0 ? document.source.bytes : applyEdits(document.source.text, this.#edits),
      lost: { ours: [...this.#lost.ours].sort(), theirs: [...this.#lost.theirs].sort() },
    };
  }

  #entry(was: Entry | undefined, mine: Entry | undefined, sent: Entry | undefined): void {
    if (mine && sent) {
      const before = this.#edits.length;
      const standing =
        this.#base &&
        was &&
        standingOf({ sheet: this.#base, entry: was }, { sheet: this.#ours, entry: mine }, { sheet: this.#theirs, entry: sent }, this.#pick);
      for (const name of new Set([...mine.fields.keys(), ...sent.fields.keys()])) this.#field(name, was, mine, sent, standing);
      if (this.#edits.length > before) this.#stamps(mine, sent);
    } else if (mine && was && saysTheSame(was, mine)) this.#edits.push({ start: mine.component.start, end: mine.component.end, text: '' });
    else if (sent && !(was && saysTheSame(was, sent))) this.#addEntry(sent);
  }

  #field(name: string, was: Entry | undefined, mine: Entry, sent: Entry, standing: Standing | undefined): void {
    const ours = mine.fields.get(name);
    // What is the same byte for byte need not be read.
    if (!standing && ours?.raw === sent.fields.get(name)?.raw) return;
    const base = this.#base && (was?.fields.get(name)?.elements ?? []);
    const theirs = sent.fields.get(name)?.elements ?? [];
    const sides = inStanding(standing, name, [base, ours?.elements ?? [], theirs]);
    const { elements, lost } = name === 'DTSTART' && standing ? standing.field : this.#merged(name, ...sides);
    for (const side of lost) this.#lost[side].add(name);
    const kept = ours?.elements ?? [];
    if (elements.length === kept.length && elements.every((one, at) => one.meaning === kept[at]?.meaning)) return;
    this.#put(mine, ours, elements);
  }

  #merged(name: string, base: readonly Element[] | undefined, ours: readonly Element[], theirs: readonly Element[]): MergedField {
    const text = base && isFreeText(name) && isSingle(name) && mergedText(name, this.#ours.format, base, ours, theirs, this.#pick);
    return text ? { elements: [text.element], lost: text.lost } : mergeField(name, base, ours, theirs, this.#pick);
  }

  /** Puts the field's values where ours stand, or at the end of the entry. */
  #put(mine: Entry, field: Field | undefined, elements: readonly Element[]): void {
    const own = new Set(field?.elements ?? []);
    const text = elements.map((one) => (own.has(one) ? one.text : this.#take(mine, one))).join('');
    const [first, ...rest] = field?.spans ?? [];
    if (first) {
      this.#edits.push({ ...first, text });
      for (const span of rest) this.#edits.push({ ...span, text: '' });
    } else this.#edits.push({ ...this.#endOf(mine, /^BEGIN:/i.test(text)), text });
  }

  #endOf({ component }: Entry, isComponent: boolean): { start: number; end: number } {
    const last = this.#ours.document.lines.find(({ name, end }) => name === 'END' && end === component.end)?.start ?? component.end;
    const at = isComponent ? last : (component.children[0]?.start ?? last);
    return { start: at, end: at };
  }

  /** One of theirs, under a group name that is free here. */
  #take(mine: Entry, { text, group }: Element): string {
    this.#taken += text;
    if (group === undefined) return text;
    const used = new Set(mine.component.lines.map((line) => line.group?.toLowerCase()));
    do this.#groups += 1;
    while (used.has(`item${this.#groups}`));
    const count = this.#groups;
    const own = text.slice(0, group.length);
    return text.replace(/^([^\s.;:]+)\./gm, (all, name: string) => (name.toLowerCase() === own.toLowerCase() ? `item${count}.` : all));
  }

  #stamps(mine: Entry, sent: Entry): void {
    const valueOf = ({ document }: Sheet, entry: Entry, name: string) => {
      const line = entry.component.lines.find((one) => one.name === name);
      return line && { line, value: document.source.text.slice(line.valueStart, line.valueEnd).trim() };
    };
    for (const name of STAMPS) {
      const own = valueOf(this.#ours, mine, name);
      const other = valueOf(this.#theirs, sent, name);
      if (own && other && other.value.replace(/[-:]/g, '') > own.value.replace(/[-:]/g, ''))
        this.#edits.push({ start: own.line.valueStart, end: own.line.valueEnd, text: other.value });
    }
  }

  /** A changed instance of a series, under the name the series has here. */
  #addEntry({ component }: Entry): void {
    const { source } = this.#theirs.document;
    const own = this.#ours.entries.get('')?.component;
    const uid = (of: Sheet, name: string): string => {
      const line = of.entries.get(name)?.component.lines.find((one) => one.name === 'UID');
      return line ? of.document.source.text.slice(line.start, line.end) : '';
    };
    const ours = uid(this.#ours, '');
    let text = source.text.slice(component.start, component.end);
    const theirs = component.lines.find((one) => one.name === 'UID');
    if (theirs && ours !== '')
      text = source.text.slice(component.start, theirs.start) + ours + source.text.slice(theirs.end, component.end);
    this.#taken += text;
    const at = own?.end ?? this.#ours.root.end;
    this.#edits.push({ start: at, end: at, text });
  }

  /** Zones that times taken over refer to, where ours has none of the name. */
  #addZones(): void {
    const zonesIn = ({ document, root }: Sheet): ReadonlyMap<string, string> =>
      new Map(
        root.children
          .filter(({ name }) => name === 'VTIMEZONE')
          .map(({ lines, start, end }) => {
            const line = lines.find(({ name }) => name === 'TZID');
            const name = line ? document.source.text.slice(line.valueStart, line.valueEnd).trim() : '';
            return [name, document.source.text.slice(start, end)] as const;
          }),
      );
    const known = zonesIn(this.#ours);
    const at = this.#ours.root.children[0]?.start ?? this.#ours.root.end;
    for (const [name, text] of zonesIn(this.#theirs))
      if (name !== '' && !known.has(name) && this.#taken.includes(`TZID=${name}`)) this.#edits.push({ start: at, end: at, text });
  }
}

function saysTheSame(a: Entry, b: Entry): boolean {
  const telling = ({ fields }: Entry): readonly Field[] => [...fields.values()].filter(({ elements }) => elements.length > 0);
  const ours = telling(a);
  return (
    ours.length === telling(b).length &&
    ours.every(({ name, elements }) => {
      const theirs = b.fields.get(name)?.elements ?? [];
      const other = new Set(theirs.map(({ meaning }) => meaning));
      return theirs.length === elements.length && elements.every(({ meaning }) => other.has(meaning));
    })
  );
}
