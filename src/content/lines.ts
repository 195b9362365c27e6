import type { Binary } from './charset.js';

/*
 * The line layer of vCard 2.1/3.0/4.0, vCalendar 1.0, iCalendar 2.0 and vNote. It loses nothing: the spans of the lines, in order,
 * cover the whole text, so that an editor can change one property and leave every other byte alone.
 *
 * A logical line is one or more physical ones, joined by
 *   - folding: the next line starts with a space or tab;
 *   - QUOTED-PRINTABLE soft scanner: `=` at the end, also where the property does not say it is quoted-printable but the next line
 *     cannot be a property;
 *   - BASE64 data that goes on without indentation, up to an empty line or the next property.
 * Physical lines end in LF, CR LF, CR CR LF or CR. What joins them is undone later (`value.ts`), since 2.1 and 3.0 unfold differently
 * and VERSION may come last.
 */

/** One parameter, as written. `name` is upper case, '' for a bare 2.1 parameter; `value` is binary text with its quotes. */
export interface Param {
  readonly name: string;
  readonly value: string;
}

export type TransferEncoding = 'none' | 'quoted-printable' | 'base64';

/** One logical line. Offsets are chars of the binary text, i.e. bytes. */
export interface ContentLine {
  readonly start: number;
  /** After the line end. */
  readonly end: number;
  /** Upper case; '' for a line that is no property (empty, or junk). */
  readonly name: string;
  readonly group: string | undefined;
  readonly params: readonly Param[];
  readonly encoding: TransferEncoding;
  readonly charset: string | undefined;
  readonly valueStart: number;
  /** Before the line end. */
  readonly valueEnd: number;
  /** The value goes over several physical lines. */
  readonly multiline: boolean;
  /** Lines of the value may be joined by soft breaks, not only by folding. */
  readonly softBreaks: boolean;
}

const NO_PARAMS: readonly Param[] = [];
const NAME = /^[^\s"',;:=\\]+$/;
const PROPERTY_START = /[A-Za-z0-9_.-]+[ \t]*[;:]/y;
const BASE64_LINE = /[A-Za-z0-9+/=]+[ \t]*$/my;
const COMPONENT_EDGE = /(?:BEGIN|END)[ \t]*:[ \t]*V[A-Za-z]+/iy;

interface Header {
  readonly name: string;
  readonly group: string | undefined;
  readonly params: readonly Param[];
  readonly encoding: TransferEncoding;
  readonly charset: string | undefined;
}

const JUNK: Header = { name: '', group: undefined, params: NO_PARAMS, encoding: 'none', charset: undefined };

/** Splits a text into its logical lines. Linear in the length of the text; never throws. */
export function parseLines(source: Binary): ContentLine[] {
  const { text } = source;
  const scanner = new Scanner(text);
  const lines: ContentLine[] = [];
  for (let start = 0; start < text.length;) {
    const line = readLine(text, scanner, start);
    lines.push(line);
    start = line.end;
  }
  return lines;
}

function readLine(text: string, scanner: Scanner, start: number): ContentLine {
  let end = scanner.after(start);
  let multiline = false;
  const blank = isBlank(text, start, end);
  while (!blank && end < text.length && isWhite(text.charCodeAt(end))) {
    end = scanner.after(end);
    multiline = true;
  }
  const colon = blank ? -1 : findColon(scanner, start, end);
  const header = colon < 0 ? JUNK : headerOf(text.slice(start, colon));
  const valueStart = header === JUNK ? start : colon + 1;
  let softBreaks = header.encoding === 'quoted-printable';
  if (header !== JUNK) {
    const continues = header.encoding === 'quoted-printable' ? softBreak : header.encoding === 'base64' ? moreBase64 : strayBreak;
    while (end < text.length && continues(text, scanner, valueStart, end)) {
      end = scanner.after(end);
      multiline = true;
      softBreaks ||= header.encoding === 'none';
      while (end < text.length && isWhite(text.charCodeAt(end))) end = scanner.after(end);
    }
  }
  const { name, group, params, encoding, charset } = header;
  // Field by field: spreading the header took ten times as long as all the rest of this room.
  return {
    start,
    end,
    name,
    group,
    params,
    encoding,
    charset,
    valueStart,
    valueEnd: scanner.before(end, valueStart),
    multiline,
    softBreaks,
  };
}

/** Does a quoted-printable value that ends at `end` go on in the next line? */
function softBreak(text: string, scanner: Scanner, valueStart: number, end: number): boolean {
  if (!endsInEquals(text, scanner, valueStart, end)) return false;
  // An `=` that was left unencoded must not swallow the end of the item.
  COMPONENT_EDGE.lastIndex = end;
  return !COMPONENT_EDGE.test(text);
}

/** @NOTE Siemens SK65: soft scanner in EXDATE and RDATE without ENCODING=QUOTED-PRINTABLE. */
function strayBreak(text: string, scanner: Scanner, valueStart: number, end: number): boolean {
  if (!endsInEquals(text, scanner, valueStart, end) || isBlank(text, end, scanner.after(end))) return false;
  PROPERTY_START.lastIndex = end;
  return !PROPERTY_START.test(text);
}

function moreBase64(text: string, _scanner: Scanner, _valueStart: number, end: number): boolean {
  BASE64_LINE.lastIndex = end;
  return BASE64_LINE.test(text);
}

function endsInEquals(text: string, scanner: Scanner, valueStart: number, end: number): boolean {
  let last = scanner.before(end, valueStart) - 1;
  while (last >= valueStart && isWhite(text.charCodeAt(last))) last -= 1;
  return last >= valueStart && text.charCodeAt(last) === 0x3d;
}

/** Where the value begins: the first colon outside of quotes, or the first at all when a quote is left open. */
function findColon(scanner: Scanner, start: number, end: number): number {
  const first = scanner.colons.next(start);
  if (first >= end) return -1;
  let colon = first;
  for (let quote = scanner.quotes.next(start); quote < colon;) {
    const close = scanner.quotes.next(quote + 1);
    if (close >= end) return first;
    if (colon < close) colon = scanner.colons.next(close);
    if (colon >= end) return first;
    quote = scanner.quotes.next(close + 1);
  }
  return colon;
}

/** Headers repeat: `TEL;CELL;VOICE` stands in most cards of a phone. Bounds in entries and characters. */
const known = new Map<string, Header>();
const MOST_KNOWN = 1000;
const LONGEST_KNOWN = 48;

function headerOf(raw: string): Header {
  if (raw.length > LONGEST_KNOWN) return parseHeader(raw);
  const before = known.get(raw);
  if (before !== undefined) return before;
  // A copy: a part of a string keeps the whole of it, which may be large.
  const own = Buffer.from(raw, 'latin1').toString('latin1');
  const header = parseHeader(own);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(own, header);
  return header;
}

function parseHeader(raw: string): Header {
  const unfolded = /[\r\n]/.test(raw) ? raw.replace(/(?:\r+\n?|\n)[ \t]?/g, '') : raw;
  const semicolon = unfolded.indexOf(';');
  let name = (semicolon < 0 ? unfolded : unfolded.slice(0, semicolon)).trim();
  if (!NAME.test(name)) return JUNK;
  let group: string | undefined;
  const dot = name.lastIndexOf('.');
  if (dot > 0 && dot < name.length - 1) {
    group = name.slice(0, dot).toLowerCase();
    name = name.slice(dot + 1);
  }
  name = name.toUpperCase();
  if (semicolon < 0) return { name, group, params: NO_PARAMS, encoding: 'none', charset: undefined };
  const params = parseParams(unfolded, semicolon + 1);
  let encoding: TransferEncoding = 'none';
  let charset: string | undefined;
  for (const param of params) {
    if (param.name === 'CHARSET') charset = param.value.replaceAll('"', '').trim();
    else if (param.name === '' || param.name === 'ENCODING') encoding = encodingOf(param.value) ?? encoding;
  }
  return { name, group, params, encoding, charset };
}

function parseParams(header: string, start: number): Param[] {
  const params: Param[] = [];
  for (let at = start; at <= header.length;) {
    let end = header.indexOf(';', at);
    if (end < 0) end = header.length;
    let quote = header.indexOf('"', at);
    while (quote >= 0 && quote < end) {
      const close = header.indexOf('"', quote + 1);
      if (close < 0) break;
      if (close > end) end = header.indexOf(';', close);
      if (end < 0) end = header.length;
      quote = header.indexOf('"', close + 1);
    }
    const text = header.slice(at, end).trim();
    const equals = text.indexOf('=');
    if (equals > 0) params.push({ name: text.slice(0, equals).trim().toUpperCase(), value: text.slice(equals + 1).trim() });
    else if (text !== '') params.push({ name: '', value: text });
    at = end + 1;
  }
  return params;
}

/** The transfer encoding that a parameter value names; undefined when it names none. 8BIT and 7BIT are `none`. */
export function encodingOf(value: string): TransferEncoding | undefined {
  switch (value.toUpperCase()) {
    case 'QUOTED-PRINTABLE':
    case '"QUOTED-PRINTABLE"':
      return 'quoted-printable';
    case 'BASE64':
    case 'B':
    case '"B"':
      return 'base64';
    case '8BIT':
    case '7BIT':
      return 'none';
    default:
      return undefined;
  }
}

function isWhite(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (!isWhite(code) && code !== 0x0d && code !== 0x0a) return false;
  }
  return true;
}

/** The next place of one character. Remembers it, so that asking line by line reads the text once, whatever the lines hold. */
class Finder {
  readonly #text: string;
  readonly #char: string;
  #from = 0;
  #found = -1;

  constructor(text: string, char: string) {
    this.#text = text;
    this.#char = char;
  }

  /** The first place at or after `from`; the text's length when there is none. */
  next(from: number): number {
    if (from < this.#from || from > this.#found) {
      const found = this.#text.indexOf(this.#char, from);
      this.#found = found < 0 ? this.#text.length : found;
      this.#from = from;
    }
    return this.#found;
  }
}

/** Finds line ends, colons and quotes. A CR on its own ends a line only in texts that have such CRs at all. */
class Scanner {
  readonly colons: Finder;
  readonly quotes: Finder;
  readonly #text: string;
  readonly #feeds: Finder;
  readonly #returns: Finder | undefined;
  /** End of a run of CRs that no LF follows: each of them ends a line. */
  #loneRunEnd = 0;

  constructor(text: string) {
    this.#text = text;
    this.colons = new Finder(text, ':');
    this.quotes = new Finder(text, '"');
    this.#feeds = new Finder(text, '\n');
    this.#returns = /\r(?![\r\n])/.test(text) ? new Finder(text, '\r') : undefined;
  }

  /** The start of the line after the one that `at` is in. */
  after(at: number): number {
    if (at < this.#loneRunEnd) return at + 1;
    const text = this.#text;
    const feed = this.#feeds.next(at);
    const first = this.#returns?.next(at) ?? feed;
    if (first >= feed) return Math.min(feed + 1, text.length);
    let end = first + 1;
    while (text.charCodeAt(end) === 0x0d) end += 1;
    if (text.charCodeAt(end) === 0x0a) return end + 1;
    this.#loneRunEnd = end;
    return first + 1;
  }

  /** Where the content of the line that ends at `end` stops, not before `floor`. */
  before(end: number, floor: number): number {
    const text = this.#text;
    let at = end;
    if (at > floor && text.charCodeAt(at - 1) === 0x0a) at -= 1;
    while (at > floor && text.charCodeAt(at - 1) === 0x0d) at -= 1;
    return at;
  }
}
