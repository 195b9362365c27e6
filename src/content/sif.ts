import { decodeText, toBinary } from './charset.js';
import { basicDateTime, looseMoment } from './date-time.js';
import { contactIdentity, entryIdentity, firstLine, noteIdentity } from './identity.js';
import { atom, HEAD, record, recordSet } from './record.js';
import { normalizeNewlines } from './value.js';
import { phoneNumber } from './vcard.js';

/*
 * SIF, the XML items of Outlook and Pocket PC clients: one root (contact, appointment, task, note), a flat list of elements, and a few
 * lists of groups (attendees, exceptions). The scan is tolerant: it knows elements, text, CDATA, comments and the five entities, and
 * no document types.
 */

interface Element {
  readonly name: string;
  readonly attributes: string;
  readonly children: Element[];
  text: string;
}

/** What a SIF item says, reduced to what counts. */
export interface SifView {
  readonly canonical: string;
  readonly identity: string | undefined;
  readonly label: string;
}

export type SifRoot = 'contact' | 'appointment' | 'task' | 'note';

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
export function viewSif(bytes: Uint8Array): SifView | string {
  const { text, transcoded } = toBinary(bytes);
  const kind = sifRoot(text);
  if (kind === undefined) return 'no SIF root element';
  const charset = transcoded ? undefined : /^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)/.exec(text)?.[1];
  const root = scan(decodeText(text, charset));
  if (typeof root === 'string') return root;
  const canonical = record(kind, [], []) + recordSet(root.children.flatMap(elementRecords));
  return { canonical, ...summary(kind, root) };
}

function scan(text: string): Element | string {
  const document: Element = { name: '', attributes: '', children: [], text: '' };
  const stack: Element[] = [document];
  for (const match of text.matchAll(TOKEN)) {
    const [token, cdata, closing, name, attributes = '', empty, chars] = match;
    const open = stack.at(-1);
    if (open === undefined) break;
    if (cdata !== undefined) open.text += cdata;
    else if (chars !== undefined) open.text += decodeEntities(chars);
    else if (token === '<') return 'not well-formed: stray <';
    else if (name === undefined) continue;
    else if (closing === '/') {
      if (stack.length < 2 || open.name !== name) return 'not well-formed: end tag without start tag';
      stack.pop();
    } else {
      const element: Element = { name, attributes: attributes.trim(), children: [], text: '' };
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

/** @NOTE Funambol clients: 45001231T230000Z is Outlook for "no date". */
const NO_DATE = /^4501-?01-?01|^4500-?12-?31/;
const PHONE = /(?:TelephoneNumber|FaxNumber|PagerNumber|TelexNumber)$/;
const EMAIL = /^Email\dAddress$/;
const DATE = /^(?:Birthday|Anniversary|Start|End|DueDate|StartDate|DateCompleted|PatternStartDate|PatternEndDate|ReminderTime|Date)$/;

function elementRecords(element: Element): string[] {
  const { name } = element;
  if (name === 'SIFVersion') return [];
  const params = element.attributes === '' || element.attributes.startsWith('xmlns') ? [] : [element.attributes.replace(/\s+/g, ' ')];
  if (element.children.length > 0) {
    const loose = element.text.trim();
    const inner = recordSet([...element.children.flatMap(elementRecords), ...(loose === '' ? [] : [record('!text', [], [loose])])]);
    return inner === '' ? [] : [record(name, params, ['!group']) + HEAD + atom(inner)];
  }
  const value = leafValue(name, normalizeNewlines(element.text).trim());
  return value === '' ? [] : [record(name, params, [value])];
}

function leafValue(name: string, text: string): string {
  if (PHONE.test(name)) return phoneNumber(text);
  if (EMAIL.test(name)) return text.toLowerCase();
  if (DATE.test(name)) return NO_DATE.test(text) ? '' : basicDateTime(text);
  return text;
}

function summary(kind: SifRoot, root: Element): { identity: string | undefined; label: string } {
  const texts = new Map(root.children.map((child) => [child.name, normalizeNewlines(child.text).trim()]));
  const text = (name: string): string => texts.get(name) ?? '';
  if (kind === 'note') {
    const body = [text('Subject'), text('Body')].filter((part) => part !== '').join('\n');
    return { identity: noteIdentity(body), label: firstLine(body) };
  }
  if (kind !== 'contact') {
    const title = text('Subject') || firstLine(text('Body'));
    const moment = leafValue('Date', kind === 'task' ? text('DueDate') : text('Start'));
    return { identity: entryIdentity(kind === 'task' ? 'vtodo' : 'vevent', title, looseMoment(moment)), label: title };
  }
  const name = `${text('FirstName')} ${text('LastName')}`.trim() || text('FileAs');
  const filled = (pattern: RegExp): string[] =>
    [...texts].filter(([key, value]) => value !== '' && pattern.test(key)).map(([key, value]) => leafValue(key, value));
  const emails = filled(EMAIL);
  const phones = filled(PHONE);
  const company = text('CompanyName');
  return { identity: contactIdentity({ name, company, emails, phones }), label: name || company || emails[0] || phones[0] || '' };
}
