/** Trees as documents of either encoding, with the liberties encoders in the field take. */
import { DEVINF, GLOBAL, METINF, SYNCML } from '../../../src/wire/wbxml/tables.js';
import { encodeMbUint32 } from '../../../src/wire/wbxml/cursor.js';
import type { Choices } from '../choices.js';
import type { Tree } from './grammar.js';

const entities = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function xmlOf(choices: Choices, tree: Tree, root = true): string {
  const prolog =
    root && choices.chance(40)
      ? choices.pick(['<?xml version="1.0" encoding="UTF-8"?>', '\ufeff', '<!DOCTYPE SyncML PUBLIC "x" "y">', '<!-- x -->'])
      : '';
  const attributes = choices.chance(6)
    ? choices.pick([' xmlns="syncml:metinf"', ' xmlns:a="b" a:c="d"', " x='&lt;'", ' xmlns="SYNCML:SYNCML1.2"'])
    : '';
  const text =
    tree.text === undefined
      ? tree.children.map((child) => xmlOf(choices, child, false)).join(choices.chance(5) ? '\r\n  ' : '')
      : textOf(choices, tree.text);
  if (text === '' && choices.chance(70)) return `${prolog}<${tree.name}${attributes}/>`;
  return `${prolog}<${tree.name}${attributes}>${text}</${tree.name}>`;
}

function textOf(choices: Choices, text: string): string {
  switch (choices.below(12)) {
    case 0:
      return text.includes(']]>') ? entities(text) : `<![CDATA[${text}]]>`;
    case 1:
      return `${entities(text)}&#${choices.pick(['13', 'x41', '0', '55296', 'x10FFFF'])};`;
    case 2:
      return `${entities(text)}<!-- ${choices.pick(['', 'x', '--'])} -->`;
    default:
      return entities(text);
  }
}

interface Names {
  readonly page: number;
  readonly table: Readonly<Record<string, number>>;
}
const PAGES: readonly Names[] = [
  { page: 0, table: SYNCML },
  { page: 1, table: METINF },
];
const DEVINF_PAGES: readonly Names[] = [{ page: 0, table: DEVINF }];

/** A WBXML document; a DevInf inside Data is sometimes one of its own in an OPAQUE, sometimes inline. */
export function wbxmlOf(choices: Choices, tree: Tree): Uint8Array {
  const strings: number[] = [];
  const body: number[] = [];
  const writer = new LooseWriter(choices, strings, tree.name === 'DevInf' ? DEVINF_PAGES : PAGES);
  writer.write(tree, body);
  const publicId = choices.pick(tree.name === 'DevInf' ? [0x1203, 0x0fd4, 1] : [0x1201, 0x0fd3, 0x0fd1, 1]);
  return Uint8Array.from([
    choices.pick([1, 2, 2, 3]),
    ...encodeMbUint32(publicId),
    choices.chance(92) ? 0x6a : choices.pick([3, 4, 0]),
    ...encodeMbUint32(strings.length),
    ...strings,
    ...body,
  ]);
}

class LooseWriter {
  readonly #choices: Choices;
  readonly #strings: number[];
  readonly #pages: readonly Names[];
  #page = 0;

  constructor(choices: Choices, strings: number[], pages: readonly Names[]) {
    this.#choices = choices;
    this.#strings = strings;
    this.#pages = pages;
  }

  write(tree: Tree, out: number[]): void {
    const choices = this.#choices;
    const found = this.#pages.find(({ table }) => tree.name in table);
    const hasContent = tree.children.length > 0 || (tree.text ?? '') !== '' || choices.chance(10);
    const flags = hasContent ? 0x40 : 0;
    const attributes = choices.chance(2) ? 0x80 : 0;
    if (found === undefined || choices.chance(1)) out.push(GLOBAL.literal | flags | attributes, ...encodeMbUint32(this.#string(tree.name)));
    else {
      if (found.page !== this.#page) out.push(GLOBAL.switchPage, found.page);
      this.#page = found.page;
      out.push(((found.table[tree.name] ?? 0) & 0x3f) | flags | attributes);
    }
    if (attributes !== 0) out.push(choices.pick([0x05, 0x85]), GLOBAL.strI, 0x78, 0, GLOBAL.end);
    if (!hasContent) return;
    if (tree.text !== undefined) this.#text(tree.text, out);
    else if (tree.name === 'Data' && tree.children[0]?.name === 'DevInf' && choices.chance(70)) {
      const nested = wbxmlOf(choices, tree.children[0]);
      out.push(GLOBAL.opaque, ...encodeMbUint32(nested.length), ...nested);
    } else for (const child of tree.children) this.write(child, out);
    out.push(GLOBAL.end);
  }

  #text(text: string, out: number[]): void {
    const bytes = Buffer.from(text, 'utf8');
    switch (this.#choices.below(10)) {
      case 0:
        out.push(GLOBAL.strT, ...encodeMbUint32(this.#string(text)));
        break;
      case 1:
      case 2:
        out.push(GLOBAL.opaque, ...encodeMbUint32(bytes.length), ...bytes);
        break;
      case 3:
        for (const character of text.slice(0, 20)) out.push(GLOBAL.entity, ...encodeMbUint32(character.codePointAt(0) ?? 0));
        break;
      default:
        out.push(GLOBAL.strI, ...bytes.filter((byte) => byte !== 0), 0);
    }
  }

  #string(text: string): number {
    const at = this.#strings.length;
    this.#strings.push(...Buffer.from(text, 'utf8'), 0);
    return at;
  }
}
