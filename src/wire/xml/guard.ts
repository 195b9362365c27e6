/**
 * What fast-xml-parser lets through and must not reach it: documents that are not well-formed, declarations with an internal subset, entities,
 * characters XML does not have, nesting without end. The guard reads the markup once, says where the fault is, and hands on a text that
 * holds nothing but elements, attributes, text and CDATA. [XML 1.0, "Documents"]
 */
import { WireError, type WireFault } from '../../model/errors.js';
import type { WireLimits } from '../dialect.js';
import { isXmlCharacter, NOT_XML } from './characters.js';
import type { XmlSource } from './source.js';

const REFERENCE = /&(?:lt|gt|amp|apos|quot|#(\d{1,8})|#x([0-9a-fA-F]{1,7}));/y;
const NAME = '[A-Za-z_\\u00c0-\\ufffd][\\w.\\-\\u00b7-\\ufffd]*(?::[A-Za-z_\\u00c0-\\ufffd][\\w.\\-\\u00b7-\\ufffd]*)?';
const OPEN = new RegExp(`<(${NAME})`, 'y');
const ATTRIBUTE = new RegExp(`\\s+(${NAME})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'y');
const OPEN_END = /\s*(\/?)>/y;
const CLOSE = new RegExp(`</(${NAME})\\s*>`, 'y');

/**
 * Checks a document and cuts out its prolog, comments, processing instructions and document type declaration.
 *
 * @throws {WireError} 'malformed', 'truncated', 'too-deep' or 'too-large', with the byte where it shows.
 */
export function guardXml(source: XmlSource, limits: WireLimits): string {
  return new Guard(source, limits).run();
}

class Guard {
  readonly #source: XmlSource;
  readonly #text: string;
  readonly #limits: WireLimits;
  readonly #open: string[] = [];
  /** Namespace prefixes in scope, with the depth that declared them. */
  readonly #prefixes: { readonly prefix: string; readonly depth: number }[] = [];
  /** How many open elements declare a prefix. */
  readonly #declared = new Map<string, number>();
  readonly #kept: string[] = [];
  #keptTo = 0;
  #at = 0;
  #nextAmpersand = -1;
  #elements = 0;
  #rootSeen = false;
  #docTypeSeen = false;

  constructor(source: XmlSource, limits: WireLimits) {
    this.#source = source;
    this.#text = source.text;
    this.#limits = limits;
  }

  run(): string {
    const text = this.#text;
    const wrong = NOT_XML.exec(text);
    if (wrong) this.#fail('malformed', wrong.index, 'character outside XML');
    while (this.#at < text.length) {
      const markup = text.indexOf('<', this.#at);
      this.#checkText(markup < 0 ? text.length : markup);
      if (markup < 0) break;
      this.#at = markup;
      switch (text[markup + 1]) {
        case '/':
          this.#close();
          break;
        case '?':
          this.#instruction();
          break;
        case '!':
          this.#declaration();
          break;
        default:
          this.#start();
      }
    }
    if (this.#open.length > 0) this.#fail('truncated', text.length, `<${this.#open.at(-1) ?? ''}> is not closed`);
    if (!this.#rootSeen) this.#fail('truncated', text.length, 'no element');
    if (this.#keptTo === 0) return text;
    this.#kept.push(text.slice(this.#keptTo));
    return this.#kept.join('');
  }

  #fail(fault: WireFault, index: number, detail: string): never {
    throw new WireError(fault, this.#source.byteOffset(index), detail);
  }

  #checkText(end: number): void {
    const start = this.#at;
    this.#at = end;
    if (start === end) return;
    if (this.#open.length === 0) {
      const stray = /\S/.exec(this.#text.slice(start, end));
      if (stray) this.#fail('malformed', start + stray.index, 'text outside the root element');
      return;
    }
    this.#checkReferences(start, end);
  }

  #checkReferences(start: number, end: number): void {
    if (this.#nextAmpersand < start) this.#nextAmpersand = indexOrEnd(this.#text, '&', start);
    while (this.#nextAmpersand < end) {
      REFERENCE.lastIndex = this.#nextAmpersand;
      const found = REFERENCE.exec(this.#text);
      if (!found) this.#fail('malformed', this.#nextAmpersand, 'undefined entity or bare &');
      const code = found[1] !== undefined ? Number.parseInt(found[1], 10) : found[2] !== undefined ? Number.parseInt(found[2], 16) : 0x20;
      if (!isXmlCharacter(code)) this.#fail('malformed', this.#nextAmpersand, 'reference to a character outside XML');
      this.#nextAmpersand = indexOrEnd(this.#text, '&', REFERENCE.lastIndex);
    }
  }

  #cut(end: number): void {
    this.#kept.push(this.#text.slice(this.#keptTo, this.#at));
    this.#keptTo = end;
    this.#at = end;
  }

  #instruction(): void {
    const end = this.#text.indexOf('?>', this.#at + 2);
    if (end < 0) this.#fail('truncated', this.#at, 'processing instruction without end');
    const target = /^<\?([^\s?]*)/.exec(this.#text.slice(this.#at, this.#at + 64))?.[1] ?? '';
    if (target.toLowerCase() === 'xml' && this.#text.slice(0, this.#at).trim() !== '') {
      this.#fail('malformed', this.#at, 'XML declaration after the beginning');
    }
    this.#cut(end + 2);
  }

  #declaration(): void {
    const text = this.#text;
    if (text.startsWith('<![CDATA[', this.#at)) {
      if (this.#open.length === 0) this.#fail('malformed', this.#at, 'text outside the root element');
      const end = text.indexOf(']]>', this.#at + 9);
      if (end < 0) this.#fail('truncated', this.#at, 'CDATA without end');
      this.#at = end + 3;
    } else if (text.startsWith('<!--', this.#at)) {
      const end = text.indexOf('-->', this.#at + 4);
      if (end < 0) this.#fail('truncated', this.#at, 'comment without end');
      this.#cut(end + 3);
    } else if (text.startsWith('<!DOCTYPE', this.#at)) {
      this.#docType();
    } else {
      this.#fail(text.length - this.#at < 9 ? 'truncated' : 'malformed', this.#at, 'declaration');
    }
  }

  /** A declaration that names a public identifier, as old phones send it, is passed over. One that declares anything is refused. */
  #docType(): void {
    if (this.#rootSeen || this.#docTypeSeen) this.#fail('malformed', this.#at, 'document type declaration out of place');
    this.#docTypeSeen = true;
    const limit = this.#limits.maxDocTypeBytes ?? 1024;
    const head = this.#text.slice(this.#at, this.#at + limit);
    const found = /^<!DOCTYPE(?:[^<>[\]"']|"[^"]*"|'[^']*')*>/.exec(head);
    if (!found) {
      const subset = /^<!DOCTYPE(?:[^<>[\]"']|"[^"]*"|'[^']*')*\[/.test(head);
      if (subset) this.#fail('malformed', this.#at, 'document type declaration with an internal subset');
      this.#fail(head.length < limit ? 'truncated' : 'too-large', this.#at, 'document type declaration');
    }
    this.#cut(this.#at + found[0].length);
  }

  #close(): void {
    CLOSE.lastIndex = this.#at;
    const found = CLOSE.exec(this.#text);
    if (!found) this.#fail(this.#text.indexOf('>', this.#at) < 0 ? 'truncated' : 'malformed', this.#at, 'closing tag');
    if (found[1] !== this.#open.at(-1)) {
      this.#fail(
        'malformed',
        this.#at,
        `</${found[1] ?? ''}> closes ${this.#open.length > 0 ? `<${this.#open.at(-1) ?? ''}>` : 'nothing'}`,
      );
    }
    this.#leave(this.#open.length);
    this.#open.pop();
    this.#at = CLOSE.lastIndex;
  }

  #start(): void {
    const text = this.#text;
    const at = this.#at;
    OPEN.lastIndex = at;
    const name = OPEN.exec(text)?.[1];
    if (name === undefined) this.#fail(at + 1 >= text.length ? 'truncated' : 'malformed', at, 'tag without a name');
    if (this.#open.length === 0 && this.#rootSeen) this.#fail('malformed', at, 'second root element');
    this.#rootSeen = true;
    this.#elements += 1;
    if (this.#elements > this.#limits.maxElements) this.#fail('too-large', at, 'too many elements');
    if (this.#open.length >= this.#limits.maxDepth) this.#fail('too-deep', at, `more than ${this.#limits.maxDepth} levels`);
    const depth = this.#open.length + 1;
    const end = this.#attributes(OPEN.lastIndex, depth, name);
    OPEN_END.lastIndex = end;
    const close = OPEN_END.exec(text);
    if (!close) this.#fail(text.indexOf('>', end) < 0 ? 'truncated' : 'malformed', at, `tag <${name}>`);
    this.#at = OPEN_END.lastIndex;
    if (close[1] === '') this.#open.push(name);
    else this.#leave(depth);
  }

  /** Reads the attributes from `from` on; returns where they end. */
  #attributes(from: number, depth: number, elementName: string): number {
    let end = from;
    let seen: Set<string> | undefined;
    ATTRIBUTE.lastIndex = from;
    for (let found = ATTRIBUTE.exec(this.#text); found; found = ATTRIBUTE.exec(this.#text)) {
      const name = found[1] ?? '';
      seen ??= new Set();
      if (seen.has(name)) this.#fail('malformed', end, `attribute ${name} twice`);
      seen.add(name);
      if (name.startsWith('xmlns:')) this.#declare(name.slice(6), depth);
      this.#checkReferences(end, ATTRIBUTE.lastIndex);
      end = ATTRIBUTE.lastIndex;
    }
    this.#checkPrefix(elementName, from);
    if (seen) for (const name of seen) this.#checkPrefix(name, from);
    return end;
  }

  #declare(prefix: string, depth: number): void {
    this.#prefixes.push({ prefix, depth });
    this.#declared.set(prefix, (this.#declared.get(prefix) ?? 0) + 1);
  }

  /** An element of this depth ends, and what it declared with it. */
  #leave(depth: number): void {
    for (let last = this.#prefixes.at(-1); last && last.depth >= depth; last = this.#prefixes.at(-1)) {
      this.#prefixes.pop();
      const left = (this.#declared.get(last.prefix) ?? 1) - 1;
      if (left === 0) this.#declared.delete(last.prefix);
      else this.#declared.set(last.prefix, left);
    }
  }

  #checkPrefix(name: string, index: number): void {
    const colon = name.indexOf(':');
    if (colon < 0) return;
    const prefix = name.slice(0, colon);
    if (prefix === 'xml' || prefix === 'xmlns' || this.#declared.has(prefix)) return;
    this.#fail('malformed', index, `namespace prefix ${prefix} is not declared`);
  }
}

function indexOrEnd(text: string, what: string, from: number): number {
  const index = text.indexOf(what, from);
  return index < 0 ? text.length : index;
}
