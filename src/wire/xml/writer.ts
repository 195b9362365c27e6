import { isUtf8 } from 'node:buffer';
import { create, fragment } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import type { DevInf } from '../../model/devinf.js';
import { type Dialect, versionOf } from '../dialect.js';
import { nameOf, vocabularyOf } from '../tags.js';
import { writeDevInf } from '../write/devinf.js';
import type { ElementWriter } from '../write/element-writer.js';
import { NOT_XML } from './characters.js';

/** Namespaces of MetInf and DevInf are the same in all versions; SyncML's stands on the root and is inherited by fragments. */
const NAMESPACES = [null, 'syncml:metinf', 'syncml:devinf'] as const;

const NOT_XML_ALL = new RegExp(NOT_XML.source, 'gu');

/**
 * Writes XML elements with xmlbuilder2.
 *
 * The library takes `&amp;` and `&#13;` in a text for already escaped and lets them stand, which would turn content into other content:
 * so every text is escaped here first, CR included, and nothing is left for it to guess.
 */
export class XmlWriter implements ElementWriter {
  readonly encoding = 'xml';
  readonly #dialect: Dialect;
  readonly #root: XMLBuilder;
  #node: XMLBuilder;

  /** @param root the SyncML namespace to write a document; undefined for a fragment. */
  constructor(dialect: Dialect, root?: string) {
    this.#dialect = dialect;
    this.#root =
      root === undefined
        ? fragment()
        : create({ version: '1.0', encoding: 'UTF-8', ...(dialect.xml?.namespace === false ? {} : { defaultNamespace: { ele: root } }) });
    this.#node = this.#root;
  }

  start(tag: number): void {
    this.#node = this.#element(tag);
  }

  end(): void {
    this.#node = this.#node.up();
  }

  empty(tag: number): void {
    this.#element(tag);
  }

  text(tag: number, value: string): void {
    const element = this.#element(tag);
    // A character XML does not have cannot be written at all.
    if (value !== '') element.txt(escapeForBuilder(NOT_XML.test(value) ? value.replace(NOT_XML_ALL, '\ufffd') : value));
  }

  content(tag: number, bytes: Uint8Array): void {
    const element = this.#element(tag);
    if (bytes.length === 0) return;
    const text = asBuffer(bytes).toString('utf8');
    // What ends the section cannot stand in it.
    if (this.#dialect.xml?.data === 'cdata' && !text.includes(']]>')) element.dat(text);
    else element.txt(escapeForBuilder(text));
  }

  canCarry(bytes: Uint8Array): boolean {
    return isUtf8(bytes) && !NOT_XML.test(asBuffer(bytes).toString('utf8'));
  }

  devInf(tag: number, devinf: DevInf): void {
    this.start(tag);
    writeDevInf(this, devinf, versionOf(devinf.verDtd) ?? this.#dialect.version);
    this.end();
  }

  /** The XML of everything written. */
  finish(options: { readonly pretty?: boolean } = {}): string {
    return this.#root.end({ prettyPrint: options.pretty ?? false });
  }

  #element(tag: number): XMLBuilder {
    const name = nameOf(tag) ?? '';
    const namespace = NAMESPACES[vocabularyOf(tag)];
    return namespace === null ? this.#node.ele(name) : this.#node.ele(namespace, name);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** See `XmlWriter`: `&` and CR; `<` and `>` are the library's part. */
export function escapeForBuilder(text: string): string {
  return /[&\r]/.test(text) ? text.replaceAll('&', '&amp;').replaceAll('\r', '&#13;') : text;
}
