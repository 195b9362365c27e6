/**
 * XML items as elements with their places in the text. Tolerant: it knows elements, text, CDATA, comments and the five entities, and no document types,
 * so nothing in an item can grow when it is read.
 */
export interface XmlElement {
  readonly name: string;
  readonly attributes: string;
  readonly children: XmlElement[];
  /** Unicode text, entities undone. */
  text: string;
  /** Span in the binary text, tags included, and that of what is between them; the latter is empty where the element is `<a/>`. */
  readonly start: number;
  end: number;
  readonly innerStart: number;
  innerEnd: number;
}

const MAX_DEPTH = 16;
const TOKEN = /<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\?[^]*?\?>|<(\/?)([^\s<>/!?]+)(?=[\s/>])([^<>]*?)(\/?)>|([^<]+)|</g;

const BLANK = /\s*/y;
const ROOT = /<((?:[\w.-]+:)?[A-Za-z]+)[\s>/]/y;
/** What may stand before the root element, and how it ends. */
const BEFORE: readonly (readonly [open: string, close: string])[] = [
  ['<?', '?>'],
  ['<!--', '-->'],
  ['<!DOCTYPE', '>'],
];

/** The name of the root element, with its prefix, when the text begins as XML does. */
export function rootName(text: string): string | undefined {
  let at = 0;
  for (;;) {
    BLANK.lastIndex = at;
    BLANK.test(text);
    at = BLANK.lastIndex;
    const start = at;
    const found = BEFORE.find(([open]) => text.startsWith(open, start));
    if (!found) break;
    const [, close] = found;
    const end = text.indexOf(close, at);
    if (end < 0) return undefined;
    at = end + close.length;
  }
  ROOT.lastIndex = at;
  return ROOT.exec(text)?.[1];
}

/** @returns an element around all of the text; a reason (text) when it is not well-formed. */
export function scanXml(text: string, decode: (binary: string) => string): XmlElement | string {
  const document: XmlElement = { name: '', attributes: '', children: [], text: '', start: 0, end: text.length, innerStart: 0, innerEnd: 0 };
  const stack: XmlElement[] = [document];
  for (const match of text.matchAll(TOKEN)) {
    const [token, cdata, closing, name, attributes = '', empty, chars] = match;
    const end = match.index + token.length;
    const open = stack.at(-1);
    if (open === undefined) break;
    if (cdata !== undefined) open.text += decode(cdata);
    else if (chars !== undefined) open.text += decodeEntities(decode(chars));
    else if (token === '<') return 'not well-formed: stray <';
    else if (name === undefined) continue;
    else if (closing === '/') {
      if (stack.length < 2 || open.name !== name) return 'not well-formed: end tag without start tag';
      open.innerEnd = match.index;
      open.end = end;
      stack.pop();
    } else {
      const element = {
        name,
        attributes: attributes.trim(),
        children: [],
        text: '',
        start: match.index,
        end,
        innerStart: end,
        innerEnd: end,
      };
      open.children.push(element);
      if (empty === '') stack.push(element);
      if (stack.length > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
    }
  }
  if (stack.length > 1) return 'not well-formed: start tag without end tag';
  return document;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text
    .replace(
      /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi,
      (whole, hex: string | undefined, decimal: string | undefined, name?: string) => {
        if (name !== undefined) return ENTITIES.get(name) ?? whole;
        const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
        // Half a surrogate pair is no character, and would not survive as UTF-8.
        return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code);
      },
    )
    .normalize('NFC');
}
