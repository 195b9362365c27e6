import type { DevInf } from '../../model/devinf.js';
import { type Dialect, versionOf } from '../dialect.js';
import { writeDevInf } from '../write/devinf.js';
import type { ElementWriter } from '../write/element-writer.js';
import { writeWbxmlHeader } from './header.js';
import { DEVINF_SIZE, GLOBAL } from './tables.js';

const CONTENT = 0x40;
const IDENTITY = 0x3f;
/** Bytes of a writer's memory in the beginning. */
const SMALL = 512;
/** More than so many bytes are not copied. */
const LARGE = 65_536;

/**
 * Writes WBXML into a buffer that grows. Pages are switched right in front of a tag of the other page, and `finish` comes back to page 0,
 * so that what two writers made can stand one behind the other.
 */
export class WbxmlWriter implements ElementWriter {
  readonly encoding = 'wbxml';
  readonly #dialect: Dialect;
  #buffer: Buffer;
  #at = 0;
  #page = 0;

  constructor(dialect: Dialect, capacity = SMALL) {
    this.#dialect = dialect;
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  start(tag: number): void {
    this.#tag(tag, CONTENT);
  }

  end(): void {
    this.#room(1);
    this.#buffer[this.#at++] = GLOBAL.end;
  }

  empty(tag: number): void {
    this.#tag(tag, 0);
  }

  text(tag: number, value: string): void {
    if (value === '') return this.empty(tag);
    // A string with NUL would end early as STR_I.
    if (value.includes('\0')) return this.content(tag, Buffer.from(value, 'utf8'));
    this.#tag(tag, CONTENT);
    // No character takes more than 3 bytes a UTF-16 unit.
    this.#room(value.length * 3 + 3);
    this.#buffer[this.#at++] = GLOBAL.strI;
    this.#utf8(value);
    this.#buffer[this.#at++] = 0;
    this.#buffer[this.#at++] = GLOBAL.end;
  }

  content(tag: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return this.empty(tag);
    this.#tag(tag, CONTENT);
    this.#room(bytes.length + 7);
    this.#buffer[this.#at++] = GLOBAL.opaque;
    this.#mbUint32(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
    this.#buffer[this.#at++] = GLOBAL.end;
  }

  canCarry(): boolean {
    return true;
  }

  /** A whole document of its own in an OPAQUE. [DevInf 1.2, "WBXML"] */
  devInf(tag: number, devinf: DevInf): void {
    this.content(tag, devInfDocument(devinf, this.#dialect));
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Comes back to page 0 and gives what was written: a copy of it or, where that is much, the memory itself. */
  finish(): Uint8Array {
    this.#switchTo(0);
    if (this.#at > LARGE) {
      const written = this.#buffer.subarray(0, this.#at);
      this.#buffer = Buffer.allocUnsafe(SMALL);
      this.#at = 0;
      return written;
    }
    return Uint8Array.prototype.slice.call(this.#buffer, 0, this.#at);
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.#at = 0;
    this.#page = 0;
  }

  #tag(tag: number, content: number): void {
    // Size of DevInf 1.0 and 1.1 shares its token with MaxSize.
    const known = tag === DEVINF_SIZE ? 0x9c : tag;
    this.#switchTo(known >= 0x40 && known < 0x80 ? 1 : 0);
    this.#room(1);
    this.#buffer[this.#at++] = (known & IDENTITY) | content;
  }

  #switchTo(page: number): void {
    if (page === this.#page) return;
    this.#room(2);
    this.#buffer[this.#at++] = GLOBAL.switchPage;
    this.#buffer[this.#at++] = page;
    this.#page = page;
  }

  #utf8(value: string): void {
    const buffer = this.#buffer;
    if (value.length < 32) {
      // Short ASCII, which is most of it: cheaper than a native call.
      let at = this.#at;
      let index = 0;
      for (; index < value.length; index += 1) {
        const code = value.charCodeAt(index);
        if (code >= 0x80) break;
        buffer[at++] = code;
      }
      if (index === value.length) {
        this.#at = at;
        return;
      }
    }
    this.#at += buffer.write(value, this.#at, 'utf8');
  }

  #mbUint32(value: number): void {
    for (let shift = 28; shift > 0; shift -= 7) {
      if (value >= 2 ** shift) this.#buffer[this.#at++] = (Math.floor(value / 2 ** shift) & 0x7f) | 0x80;
    }
    this.#buffer[this.#at++] = value & 0x7f;
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}

/** Device information as a document of its own. Its own VerDTD says which version it is written in. */
export function devInfDocument(devinf: DevInf, dialect: Dialect): Uint8Array {
  const version = versionOf(devinf.verDtd) ?? dialect.version;
  const writer = new WbxmlWriter(dialect, 4096);
  writer.raw(writeWbxmlHeader(dialect, 'DevInf', version));
  writeDevInf(writer, devinf, version);
  return writer.finish();
}
