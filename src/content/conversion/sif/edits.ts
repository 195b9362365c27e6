/** Changes of single elements of a stored SIF item: every other byte stays. */
import { applyEdits, type Edit } from '../../entries.js';
import type { SifDocument } from '../../sif-document.js';
import { binaryOf } from '../writing.js';
import { asReferences, elementText, EXTENSION, extensionsOf, fieldsOf, type Field } from './fields.js';
import { noteFields, noteTextOf } from './note.js';

export class SifEdits {
  readonly #document: SifDocument;
  readonly #edits: Edit[] = [];
  readonly #fresh: string[] = [];

  constructor(document: SifDocument) {
    this.#document = document;
  }

  set(name: string, field: Field): void {
    const elements = this.#document.root.children.filter((child) => child.name === name);
    const last = elements.at(-1);
    if (!last) this.#fresh.push(elementText(name, field));
    else this.#edits.push({ start: last.start, end: last.end, text: this.#written(elementText(name, field)) });
  }

  /** @param line binary text of a property of the pivot, with its line end. */
  add(line: string): void {
    this.#fresh.push(
      elementText(EXTENSION, { text: Buffer.from(line, 'latin1').toString('utf8').replace(/\r\n$/, '').replaceAll('\r\n', '\n') }),
    );
  }

  remove(line: string): void {
    const at = extensionsOf(this.#document).indexOf(line);
    const element = this.#document.root.children.filter(({ name }) => name === EXTENSION)[at];
    if (element) this.#edits.push({ start: element.start, end: element.end, text: '' });
  }

  applied(): Uint8Array | undefined {
    if (this.#edits.length === 0 && this.#fresh.length === 0) return undefined;
    const { root, source } = this.#document;
    const fresh = this.#fresh.map((text) => `${this.#written(text)}\r\n`).join('');
    // A root without a tag of its end has nothing between its tags either.
    const isEmpty = root.innerEnd === root.innerStart && source.text.slice(root.start, root.end).endsWith('/>');
    const at = isEmpty ? root.start : root.innerEnd;
    const edit: Edit = isEmpty
      ? { start: root.start, end: root.end, text: `<${root.name}>${fresh}</${root.name}>` }
      : { start: at, end: at, text: fresh };
    return applyEdits(source.text, fresh === '' ? this.#edits : [...this.#edits, edit]);
  }

  readonly #written = (text: string): string => binaryOf(this.#document.isUtf8 ? text : asReferences(text));
}

/** A note's text changed by a device, in the stored item. @returns undefined when it is the same. */
export function noteIntoSif(stored: SifDocument, text: string): Uint8Array | undefined {
  const fields = fieldsOf(stored);
  if (noteTextOf(fields).trimEnd() === text.trimEnd()) return undefined;
  const edits = new SifEdits(stored);
  for (const [name, field] of noteFields(text)) edits.set(name, field);
  return edits.applied();
}

export interface Held {
  /** Elements that the device says it has; undefined: it says nothing of them. */
  readonly has?: ((name: string) => boolean) | undefined;
  /** What an element says is what the device was given for what is stored. */
  readonly isHeld: (name: string, stored: Field, sent: Field) => boolean;
}

/**
 * What a device keeps of a stored SIF item when it sends one of its own: elements it does not send are ones it does not have.
 *
 * @returns undefined when nothing has to be kept.
 */
export function absentKept(stored: SifDocument, incoming: SifDocument, { has, isHeld }: Held): Uint8Array | undefined {
  if (stored.kind !== incoming.kind || stored.source.transcoded || incoming.source.transcoded) return undefined;
  const sent = new Set(incoming.root.children.map(({ name }) => name));
  const edits = new SifEdits(incoming);
  const [before, after] = [fieldsOf(stored), fieldsOf(incoming)];
  for (const [name, field] of before) {
    const now = after.get(name);
    if (sent.has(name) ? now !== undefined && isHeld(name, field, now) : has?.(name) !== true) edits.set(name, field);
  }
  if (!sent.has(EXTENSION)) for (const line of extensionsOf(stored)) edits.add(line);
  return edits.applied();
}
