import { isUtf8 } from 'node:buffer';
import { WireError } from '../../model/errors.js';
import type { LeniencyName } from '../../model/leniency.js';
import { ContentModelWatch } from '../content-model.js';
import type { WireLimits } from '../dialect.js';
import { nameOf, tagOf } from '../tags.js';
import { Token, type TokenReader } from '../tokens.js';
import { Cursor } from './cursor.js';
import { readWbxmlHeader, tableText, type WbxmlHeader } from './header.js';
import { CHARSET, DEVINF, GLOBAL, METINF, UNKNOWN } from './tables.js';

const NO_ATTRIBUTES = Object.freeze({});

/** Names that mean something to JavaScript: fast-xml-parser refuses them. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/**
 * Two bytes can stand for a whole string table. All references of a document together may stand for this many times its bytes: ten times what the
 * thriftiest encoder saves.
 */
const TABLE_FACTOR = 16;
/** Small documents may stand for this much whatever their size, in bytes. */
const TABLE_FLOOR = 2048;

/**
 * Tokens of one WBXML document. [WBXML 1.3, "Binary XML Content Structure"]
 *
 * The code page is one state for the whole document, not a stack. Page 0 belongs to the document's type, page 1 is MetInf, and so is page 2
 * (the specification's own example uses it). Ends before the root and bytes after it are ignored.
 */
export class WbxmlReader implements TokenReader {
  readonly encoding = 'wbxml';
  readonly header: WbxmlHeader;
  tag: number = UNKNOWN;
  offset = 0;
  skipped = 0;
  readonly deviations = new Set<LeniencyName>();
  /** Elements seen so far. */
  elements: number;
  readonly #watch = new ContentModelWatch(this.deviations);
  readonly #cursor: Cursor;
  readonly #buffer: Buffer;
  readonly #limits: WireLimits;
  readonly #devInf: boolean;
  #depth: number;
  readonly #rootDepth: number;
  #page = 0;
  #started = false;
  /** The last Start was an element without content: its End is due. */
  #emptyElement = false;
  /** Depth of a DevInf written inline by LITERAL tags; its tokens are of the other vocabulary then. */
  #inlineDevInf = 0;
  #name: string | undefined;
  // The last Text or Opaque: a range of the body, or a character of its own (ENTITY).
  #from = 0;
  #to = 0;
  #character = '';
  #opaque = false;
  /** Bytes that references to the string table stood for so far. */
  #tableBytes = 0;
  readonly #latin1: boolean;

  /**
   * @param root what the document is: decides what page 0 means. 'auto' takes it from the public identifier, else from the first tag.
   * @param nested depth and elements at the place this document was found at: limits count for the whole body.
   */
  constructor(
    bytes: Uint8Array,
    limits: WireLimits,
    root: 'SyncML' | 'DevInf' | 'auto',
    nested: { readonly depth: number; readonly elements: number } = { depth: 0, elements: 0 },
  ) {
    this.header = readWbxmlHeader(bytes);
    this.#cursor = new Cursor(bytes, this.header.bodyAt);
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
    this.#depth = this.#rootDepth = nested.depth;
    this.elements = nested.elements;
    this.#latin1 = this.header.charset === CHARSET.latin1;
    const { publicId, root: named } = this.header;
    if (publicId !== 'unknown' && (named === undefined || (root !== 'auto' && named !== root))) this.deviations.add('wbxml-public-id');
    this.#devInf = root === 'DevInf' || (root === 'auto' && (this.header.root ?? this.#guessRoot()) === 'DevInf');
  }

  /** Open elements, those around a nested document included. */
  get depth(): number {
    return this.#depth;
  }

  #guessRoot(): 'SyncML' | 'DevInf' {
    return (this.#cursor.bytes[this.header.bodyAt] ?? 0) === ((DEVINF.DevInf & 0x3f) | 0x40) ? 'DevInf' : 'SyncML';
  }

  next(): Token {
    if (this.#emptyElement) {
      this.#emptyElement = false;
      return this.#end();
    }
    const cursor = this.#cursor;
    for (;;) {
      if (this.#started && this.#depth === this.#rootDepth) {
        if (cursor.at < cursor.bytes.length) this.deviations.add('wbxml-stray-bytes');
        return Token.Eof;
      }
      const at = cursor.at;
      this.offset = at;
      const byte = cursor.u8();
      switch (byte) {
        case GLOBAL.switchPage:
          this.#page = cursor.u8();
          continue;
        case GLOBAL.end:
          // Before the root there is nothing to end: an old encoder's slip.
          if (this.#depth === this.#rootDepth) {
            this.deviations.add('wbxml-stray-bytes');
            continue;
          }
          return this.#end();
        case GLOBAL.entity:
          this.#character = this.#entity(at);
          this.#from = this.#to = 0;
          break;
        case GLOBAL.strI:
          this.#from = cursor.at;
          this.#to = cursor.skipString();
          this.#character = '';
          break;
        case GLOBAL.strT:
          this.#tableRange(at);
          this.#character = '';
          break;
        case GLOBAL.opaque: {
          const length = cursor.mbUint32();
          this.#from = cursor.at;
          cursor.skip(length);
          this.#to = cursor.at;
          this.#character = '';
          if (this.#outside()) continue;
          this.#opaque = true;
          return Token.Opaque;
        }
        case GLOBAL.pi:
          this.#skipAttributes();
          continue;
        case GLOBAL.literal:
        case GLOBAL.literalA:
        case GLOBAL.literalC:
        case GLOBAL.literalAC:
          return this.#start(byte, this.#literal(at));
        case 0x40:
        case 0x41:
        case 0x42:
          cursor.skipString();
          continue;
        case 0x80:
        case 0x81:
        case 0x82:
          cursor.mbUint32();
          continue;
        case 0xc0:
        case 0xc1:
        case 0xc2:
          continue;
        default:
          this.#name = undefined;
          return this.#start(byte, this.#token(byte & 0x3f));
      }
      if (this.#outside()) continue;
      this.#opaque = false;
      return Token.Text;
    }
  }

  /** Text outside the root belongs to nobody. */
  #outside(): boolean {
    if (this.#depth !== this.#rootDepth) return false;
    this.deviations.add('wbxml-stray-bytes');
    return true;
  }

  #start(byte: number, tag: number): Token {
    this.tag = tag;
    this.#watch.start(tag, this.#name === undefined ? undefined : localName(this.#name));
    this.#started = true;
    this.elements += 1;
    this.#depth += 1;
    if (this.#depth > this.#limits.maxDepth) throw new WireError('too-deep', this.offset);
    if (this.elements > this.#limits.maxElements) throw new WireError('too-large', this.offset, 'too many elements');
    if (tag === DEVINF.DevInf && !this.#devInf && this.#inlineDevInf === 0) this.#inlineDevInf = this.#depth;
    if ((byte & 0x80) !== 0) this.#skipAttributes();
    this.#emptyElement = (byte & 0x40) === 0;
    return Token.Start;
  }

  #end(): Token {
    if (this.#depth === this.#inlineDevInf) this.#inlineDevInf = 0;
    this.#depth -= 1;
    this.#watch.end();
    return Token.End;
  }

  #token(identity: number): number {
    const page = this.#page;
    if (this.#devInf) return page === 0 ? this.#known(0x80 | identity) : UNKNOWN;
    const tag = page === 0 ? this.#known(identity) : page === 1 || page === 2 ? this.#known(METINF_BASE | identity) : UNKNOWN;
    if (this.#inlineDevInf === 0 || tag === UNKNOWN) return tag;
    // @NOTE Funambol Java: below an inline DevInf, names that SyncML shares (VerDTD, SourceRef) come as SyncML tokens.
    return tagOf(nameOf(tag) ?? '', true);
  }

  #known(tag: number): number {
    return nameOf(tag) === undefined ? UNKNOWN : tag;
  }

  #literal(at: number): number {
    const text = tableText(this.#cursor.bytes, this.header.table, this.#cursor.mbUint32());
    if (text === undefined) throw new WireError('malformed', at, 'tag name outside the string table');
    // The XML reader takes none of these either: what one encoding refuses, the other does.
    if (RESERVED_NAMES.has(localName(text))) throw new WireError('malformed', at, `tag name ${text}`);
    this.#name = text;
    return tagOf(localName(text), this.#devInf || this.#inlineDevInf > 0);
  }

  #entity(at: number): string {
    const code = this.#cursor.mbUint32();
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new WireError('malformed', at, `no character ${code}`);
    return String.fromCodePoint(code);
  }

  #tableRange(at: number): void {
    const { table } = this.header;
    const start = table.start + this.#cursor.mbUint32();
    if (start > table.end) throw new WireError('malformed', at, 'string outside the string table');
    const length = this.#cursor.bytes.subarray(start, table.end).indexOf(0);
    this.#from = start;
    this.#to = length < 0 ? table.end : start + length;
    this.#tableBytes += this.#to - start;
    const most = Math.min(this.#limits.maxBytes, TABLE_FLOOR + TABLE_FACTOR * this.#buffer.length);
    if (this.#tableBytes > most) throw new WireError('too-large', at, 'references to the string table');
  }

  /** Attribute list up to its END. SyncML has no attributes; some encoders write xmlns as one. */
  #skipAttributes(): void {
    const cursor = this.#cursor;
    for (;;) {
      const byte = cursor.u8();
      if (byte === GLOBAL.end) return;
      if (byte === GLOBAL.switchPage) cursor.u8();
      else if (byte === GLOBAL.strI || (byte >= GLOBAL.extI0 && byte <= GLOBAL.extI2)) cursor.skipString();
      else if (byte === GLOBAL.opaque) cursor.skip(cursor.mbUint32());
      else if (byte === GLOBAL.entity || byte === GLOBAL.literal || (byte >= GLOBAL.extT0 && byte <= GLOBAL.strT)) cursor.mbUint32();
    }
  }

  name(): string {
    const known = nameOf(this.tag);
    if (this.#name !== undefined) return this.#name;
    return known ?? `unknown-${this.#page}-${(this.#cursor.bytes[this.offset] ?? 0) & 0x3f}`;
  }

  attributes(): Readonly<Record<string, string>> {
    return NO_ATTRIBUTES;
  }

  text(): string {
    if (this.#character !== '') return this.#character;
    if (this.#latin1) return this.#buffer.toString('latin1', this.#from, this.#to);
    const text = this.#buffer.toString('utf8', this.#from, this.#to);
    // Handsets that say UTF-8 and write Latin-1: two LUIDs must not become the same replacement characters.
    const broken = text.includes('\ufffd') && !isUtf8(this.#cursor.bytes.subarray(this.#from, this.#to));
    if (broken) this.deviations.add('not-utf8');
    return broken ? this.#buffer.toString('latin1', this.#from, this.#to) : text;
  }

  /** An OPAQUE's bytes as they are (a view of the body); a string's bytes from the document's charset to UTF-8. */
  bytes(): Uint8Array {
    if (this.#character !== '') return Buffer.from(this.#character, 'utf8');
    if (this.#latin1 && !this.#opaque) return Buffer.from(this.text(), 'utf8');
    return this.#cursor.bytes.subarray(this.#from, this.#to);
  }
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

const METINF_BASE = METINF.Anchor & ~0x3f;
