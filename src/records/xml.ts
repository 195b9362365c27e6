/**
 * The little of XML that a batch of changes needs, strictly: elements, attributes, namespaces, text, CDATA, comments, processing instructions,
 * the five entities and character references. A document type declaration is refused, and with it every entity of its own.
 * [XML 1.0; Namespaces in XML 1.0]
 */
import { utf8Text } from './bytes.js';
import { malformed, shown } from './error.js';

export type XmlToken =
  | { readonly kind: 'start'; readonly namespace: string; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'end' }
  /** Text or CDATA; one text may come in several. */
  | { readonly kind: 'text'; readonly text: string };

const NAME = '[A-Za-z_\\u00c0-\\ufffd][\\w.\\-\\u00b7-\\ufffd]*(?::[A-Za-z_\\u00c0-\\ufffd][\\w.\\-\\u00b7-\\ufffd]*)?';
const START = new RegExp(`<(${NAME})`, 'y');
const ATTRIBUTE = new RegExp(`\\s+(${NAME})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'y');
const START_END = /\s*(\/?)>/y;
const END = new RegExp(`</(${NAME})\\s*>`, 'y');
const DECLARATION =
  /^<\?xml\s+version\s*=\s*(["'])1\.\d\1(?:\s+encoding\s*=\s*(["'])([A-Za-z][\w.-]*)\2)?(?:\s+standalone\s*=\s*(["'])(?:yes|no)\4)?\s*\?>/;
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const REFERENCE = /&(?:(lt|gt|amp|apos|quot)|#(\d{1,8})|#x([0-9a-fA-F]{1,7}));|&/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const MAX_ATTRIBUTES = 100;

/** @throws {RecordError} when it is not a well-formed document in UTF-8, or nested deeper than `maxDepth`; tokens before the fault were yielded. */
export function* readXmlTokens(bytes: Uint8Array, maxDepth: number): Generator<XmlToken, void, undefined> {
  const text = documentText(bytes);
  const wrong = NOT_XML.exec(text);
  if (wrong) throw malformed(`not XML: character U+${wrong[0].charCodeAt(0).toString(16).padStart(4, '0')} at ${wrong.index}`);
  const open: Open[] = [];
  let at = DECLARATION.exec(text)?.[0].length ?? 0;
  let rootSeen = false;
  const fail = (what: string): never => {
    throw malformed(`not XML: ${what} at character ${at}`);
  };
  while (at < text.length) {
    const markup = text.indexOf('<', at);
    const end = markup < 0 ? text.length : markup;
    if (end > at) {
      const part = text.slice(at, end);
      if (open.length > 0) {
        if (part.includes(']]>')) fail(']]> in a text');
        yield { kind: 'text', text: decodeReferences(part) };
      } else if (/[^ \t\r\n]/.test(part)) fail('text outside the root element');
      at = end;
    }
    if (markup < 0) break;
    if (text.startsWith('</', at)) {
      END.lastIndex = at;
      const name = END.exec(text)?.[1];
      if (name === undefined || name !== open.pop()?.name) fail('closing tag');
      at = END.lastIndex;
      yield { kind: 'end' };
    } else if (text.startsWith('<!--', at)) at = skip(text, at, 4, '-->', 'comment');
    else if (text.startsWith('<![CDATA[', at)) {
      if (open.length === 0) fail('text outside the root element');
      const next = skip(text, at, 9, ']]>', 'CDATA');
      yield { kind: 'text', text: text.slice(at + 9, next - 3) };
      at = next;
    } else if (text.startsWith('<?', at)) {
      if (/^<\?xml[\s?]/i.test(text.slice(at, at + 6))) fail('XML declaration');
      at = skip(text, at, 2, '?>', 'processing instruction');
    } else if (text.startsWith('<!', at)) fail('a document type declaration is not taken;');
    else {
      if (open.length === 0 && rootSeen) fail('second root element');
      if (open.length >= maxDepth) fail(`more than ${maxDepth} levels`);
      rootSeen = true;
      const tag = startTag(text, at, open.at(-1)?.prefixes ?? NO_PREFIXES, fail);
      at = tag.end;
      yield { kind: 'start', namespace: tag.namespace, name: tag.local, attributes: tag.attributes };
      if (tag.empty) yield { kind: 'end' };
      else open.push(tag);
    }
  }
  if (open.length > 0 || !rootSeen) fail('unexpected end');
}

type Prefixes = ReadonlyMap<string, string>;
const NO_PREFIXES: Prefixes = new Map([['xml', XML_NAMESPACE]]);

interface Open {
  readonly name: string;
  readonly prefixes: Prefixes;
}

interface StartTag extends Open {
  readonly local: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly empty: boolean;
  readonly end: number;
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map<string, string>();

/** Attributes without a prefix only: none of the others means anything here. */
function startTag(text: string, at: number, outer: Prefixes, fail: (what: string) => never): StartTag {
  START.lastIndex = at;
  const name = START.exec(text)?.[1] ?? fail('tag');
  let end = START.lastIndex;
  let all: Map<string, string> | undefined;
  ATTRIBUTE.lastIndex = end;
  for (let found = ATTRIBUTE.exec(text); found; found = ATTRIBUTE.exec(text)) {
    all ??= new Map();
    if (all.has(found[1] ?? '') || all.size >= MAX_ATTRIBUTES) fail('attribute twice, or too many,');
    all.set(found[1] ?? '', decodeReferences((found[2] ?? found[3] ?? '').replace(/\r\n|[\r\n\t]/g, ' ')));
    end = ATTRIBUTE.lastIndex;
  }
  START_END.lastIndex = end;
  const close = START_END.exec(text) ?? fail(`tag <${name}>`);
  let prefixes = outer;
  let attributes = NO_ATTRIBUTES;
  if (all !== undefined) {
    const inner = new Map(outer);
    const plain = new Map<string, string>();
    for (const [key, value] of all) {
      if (key === 'xmlns') inner.set('', value);
      else if (key.startsWith('xmlns:')) inner.set(key.slice(6), value);
      else if (!key.includes(':')) plain.set(key, value);
    }
    for (const key of all.keys()) {
      if (key.includes(':') && !key.startsWith('xmlns:') && !inner.get(key.split(':', 1)[0] ?? '')) fail(`undeclared prefix of ${key}`);
    }
    prefixes = inner;
    attributes = plain;
  }
  const colon = name.indexOf(':');
  const namespace = prefixes.get(colon < 0 ? '' : name.slice(0, colon)) ?? '';
  if (colon >= 0 && namespace === '') fail(`undeclared prefix of <${name}>`);
  return { name, local: name.slice(colon + 1), namespace, attributes, prefixes, empty: close[1] === '/', end: START_END.lastIndex };
}

function skip(text: string, at: number, opening: number, closing: string, what: string): number {
  const end = text.indexOf(closing, at + opening);
  if (end < 0) throw malformed(`not XML: ${what} without end at character ${at}`);
  return end + closing.length;
}

function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (whole, entity: string | undefined, decimal: string | undefined, hexadecimal: string | undefined) => {
    if (entity !== undefined) return ENTITIES[entity] ?? '';
    const code = decimal !== undefined ? Number(decimal) : hexadecimal !== undefined ? Number.parseInt(hexadecimal, 16) : -1;
    const character = code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\0';
    if (NOT_XML.test(character)) throw malformed(`not XML: "${shown(whole)}" is no reference XML has`);
    return character;
  });
}

function documentText(bytes: Uint8Array): string {
  const text = utf8Text(bytes);
  if (text === undefined) throw malformed('not XML in UTF-8');
  const document = text.startsWith('\ufeff') ? text.slice(1) : text;
  const declared = DECLARATION.exec(document)?.[3];
  if (declared !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(declared))
    throw malformed(`the document says it is in ${declared}, not UTF-8`);
  return document;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escapeText = (text: string): string => text.replace(/[&<>]/g, (character) => escapes[character] ?? character);

/** @throws {RangeError} for a character XML cannot hold. */
export function escapeAttribute(text: string): string {
  if (NOT_XML.test(text)) throw new RangeError(`XML cannot hold "${shown(text)}"`);
  return text.replace(/[&<>"]/g, (character) => escapes[character] ?? character).replace(/[\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`);
}
