import { versionOf } from '../dialect.js';
import { encodeMbUint32 } from './cursor.js';
import { writeWbxmlHeader } from './header.js';
import { DEVINF_SIZE, GLOBAL, UNKNOWN } from './tables.js';

/** Writes one WBXML document token by token, names without a token included. Used by conversion only: plain before fast. */
export class TokenWriter {
  readonly #root: 'SyncML' | 'DevInf';
  readonly #body: Uint8Array[] = [];
  readonly #strings: number[] = [];
  readonly #index = new Map<string, number>();
  #page = 0;
  #version = '1.2';
  /** A Start whose content bit is not decided yet. */
  #pending: { head: number[]; tagAt: number } | undefined;

  constructor(root: 'SyncML' | 'DevInf') {
    this.#root = root;
  }

  start(tag: number, name: string): void {
    this.#content();
    const token = tag === DEVINF_SIZE ? 0x9c : tag;
    if (token === UNKNOWN || token > 0xbf) {
      this.#pending = { head: [GLOBAL.literal, ...encodeMbUint32(this.#stringIndex(name))], tagAt: 0 };
      return;
    }
    const page = token >= 0x40 && token < 0x80 ? 1 : 0;
    const head = page === this.#page ? [] : [GLOBAL.switchPage, page];
    this.#page = page;
    this.#pending = { head: [...head, token & 0x3f], tagAt: head.length };
  }

  end(): void {
    if (this.#pending) {
      this.#body.push(Uint8Array.from(this.#pending.head));
      this.#pending = undefined;
    } else this.#body.push(Uint8Array.of(GLOBAL.end));
  }

  text(bytes: Uint8Array): void {
    if (bytes.includes(0)) return this.opaque(bytes);
    this.#content();
    this.#body.push(Uint8Array.of(GLOBAL.strI), bytes, Uint8Array.of(0));
  }

  /** Text of a VerDTD: the document's public identifier follows it. */
  version(text: string): void {
    this.#version = versionOf(text) ?? this.#version;
    this.text(Buffer.from(text.trim(), 'utf8'));
  }

  opaque(bytes: Uint8Array): void {
    this.#content();
    this.#body.push(Uint8Array.from([GLOBAL.opaque, ...encodeMbUint32(bytes.length)]), bytes);
  }

  finish(): Uint8Array {
    this.#content();
    const dialect = { encoding: 'wbxml', version: '1.2', wbxml: { version: 2, publicId: 'number' } } as const;
    return Uint8Array.from(Buffer.concat([writeWbxmlHeader(dialect, this.#root, this.#version, this.#strings), ...this.#body]));
  }

  /** The open Start turns out to have content. */
  #content(): void {
    if (!this.#pending) return;
    const { head, tagAt } = this.#pending;
    head[tagAt] = (head[tagAt] ?? 0) | 0x40;
    this.#body.push(Uint8Array.from(head));
    this.#pending = undefined;
  }

  #stringIndex(name: string): number {
    let index = this.#index.get(name);
    if (index === undefined) {
      index = this.#strings.length;
      this.#strings.push(...Buffer.from(name, 'utf8'), 0);
      this.#index.set(name, index);
    }
    return index;
  }
}
