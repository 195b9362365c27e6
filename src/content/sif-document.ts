/** SIF items as elements with their places in the bytes. [Funambol, "SIF Reference"] */
import { isUtf8 } from 'node:buffer';
import { decodeText, toBinary, type Binary } from './charset.js';
import { normalizeNewlines } from './value.js';

export type SifRoot = 'contact' | 'appointment' | 'task' | 'note';

export interface SifElement {
  readonly name: string;
  readonly attributes: string;
  readonly children: SifElement[];
  /** Unicode text, entities undone. */
  text: string;
  /** Span in the binary text, tags included, and that of what is between them; the latter is empty where the element is `<a/>`. */
  readonly start: number;
  end: number;
  readonly innerStart: number;
  innerEnd: number;
}

export interface SifDocument {
  readonly source: Binary;
  readonly kind: SifRoot;
  readonly root: SifElement;
  /** Its text is in UTF-8: else what is not ASCII is written as references. */
  readonly isUtf8: boolean;
}

const ROOTS: ReadonlySet<string> = new Set<SifRoot>(['contact', 'appointment', 'task', 'note']);
const MAX_DEPTH = 16;
const TOKEN = /<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\?[^]*?\?>|<(\/?)([^\s<>/!?]+)(?=[\s/>])([^<>]*?)(\/?)>|([^<]+)|</g;

const BLANK = /\s*/y;
const ROOT = /<([A-Za-z]+)[\s>/]/y;

/** The root element's name, when the bytes look like SIF at all. */
export function sifRoot(text: string): SifRoot | undefined {
  let at = 0;
  for (;;) {
    BLANK.lastIndex = at;
    BLANK.test(text);
    at = BLANK.lastIndex;
    const close = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : undefined;
    if (close === undefined) break;
    const end = text.indexOf(close, at);
    if (end < 0) return undefined;
    at = end + close.length;
  }
  ROOT.lastIndex = at;
  const name = ROOT.exec(text)?.[1]?.toLowerCase();
  return name !== undefined && ROOTS.has(name) ? (name as SifRoot) : undefined;
}

/** @returns a reason (text) when the bytes are no SIF item. */
export function parseSif(bytes: Uint8Array): SifDocument | string {
  const source = toBinary(bytes);
  const kind = sifRoot(source.text);
  if (kind === undefined) return 'no SIF root element';
  const declared = source.transcoded ? undefined : /^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)/.exec(source.text)?.[1];
  // The item decides for all of its parts: one of them alone may look like UTF-8 by chance.
  const isUtf = isUtf8(source.bytes);
  const root = scan(source.text, (raw) => decodeText(raw, isUtf ? undefined : declared));
  return typeof root === 'string' ? root : { source, kind, root, isUtf8: isUtf };
}

function scan(text: string, decode: (binary: string) => string): SifElement | string {
  const document: SifElement = { name: '', attributes: '', children: [], text: '', start: 0, end: text.length, innerStart: 0, innerEnd: 0 };
  const stack: SifElement[] = [document];
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
  return document.children.find((child) => ROOTS.has(child.name.toLowerCase())) ?? 'no SIF root element';
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

/** What an element says, without white space around it. */
export const plainTextOf = ({ text }: SifElement): string => normalizeNewlines(text).trim();
