import { basicDateTime, looseMoment } from './date-time.js';
import { contactIdentity, contactLoose, entryIdentity, firstLine, noteIdentity, noteLoose, type ContactFacts } from './identity.js';
import { atom, HEAD, record, recordSet } from './record.js';
import { parseSif, plainTextOf, type SifElement, type SifRoot } from './sif-document.js';
import { phoneNumber } from './vcard.js';

/*
 * SIF, the XML items of Outlook and Pocket PC clients: one root (contact, appointment, task, note), a flat list of elements, and a few
 * lists of groups (attendees, exceptions). The scan is tolerant: it knows elements, text, CDATA, comments and the five entities, and
 * no document types.
 */

/** What a SIF item says, reduced to what counts. */
export interface SifView {
  readonly canonical: string;
  readonly identity: string | undefined;
  readonly loose?: string | undefined;
  readonly label: string;
}

/** @returns a reason (text) when the bytes are no SIF item. */
export function viewSif(bytes: Uint8Array): SifView | string {
  const document = parseSif(bytes);
  if (typeof document === 'string') return document;
  const { kind, root } = document;
  const canonical = record(kind, [], []) + recordSet(root.children.flatMap(elementRecords));
  return { canonical, ...summary(kind, root) };
}

/** What tells who a SIF contact is; undefined for what is none. */
export function sifContact(bytes: Uint8Array): ContactFacts | undefined {
  const document = parseSif(bytes);
  return typeof document === 'string' || document.kind !== 'contact' ? undefined : contactFacts(textsOf(document.root));
}

const textsOf = (root: SifElement): ReadonlyMap<string, string> => new Map(root.children.map((child) => [child.name, plainTextOf(child)]));

/** @NOTE Funambol clients: 45001231T230000Z is Outlook for "no date". */
export const NO_DATE = /^4501-?01-?01|^4500-?12-?31/;
const PHONE = /(?:TelephoneNumber|FaxNumber|PagerNumber|TelexNumber)$/;
const EMAIL = /^Email\dAddress$/;
const DATE = /^(?:Birthday|Anniversary|Start|End|DueDate|StartDate|DateCompleted|PatternStartDate|PatternEndDate|ReminderTime|Date)$/;

function elementRecords(element: SifElement): string[] {
  const { name } = element;
  if (name === 'SIFVersion') return [];
  const params = element.attributes === '' || element.attributes.startsWith('xmlns') ? [] : [element.attributes.replace(/\s+/g, ' ')];
  if (element.children.length > 0) {
    const loose = element.text.trim();
    const inner = recordSet([...element.children.flatMap(elementRecords), ...(loose === '' ? [] : [record('!text', [], [loose])])]);
    return inner === '' ? [] : [record(name, params, ['!group']) + HEAD + atom(inner)];
  }
  const value = leafValue(name, plainTextOf(element));
  return value === '' ? [] : [record(name, params, [value])];
}

function leafValue(name: string, text: string): string {
  if (PHONE.test(name)) return phoneNumber(text);
  if (EMAIL.test(name)) return text.toLowerCase();
  if (DATE.test(name)) return NO_DATE.test(text) ? '' : basicDateTime(text);
  return text;
}

function summary(kind: SifRoot, root: SifElement): { identity: string | undefined; loose?: string | undefined; label: string } {
  const texts = textsOf(root);
  const text = (name: string): string => texts.get(name) ?? '';
  if (kind === 'note') {
    const body = [text('Subject'), text('Body')].filter((part) => part !== '').join('\n');
    return { identity: noteIdentity(body), loose: noteLoose(body), label: firstLine(body) };
  }
  if (kind !== 'contact') {
    const title = text('Subject') || firstLine(text('Body'));
    const moment = leafValue('Date', kind === 'task' ? text('DueDate') : text('Start'));
    return { identity: entryIdentity(kind === 'task' ? 'vtodo' : 'vevent', title, looseMoment(moment)), label: title };
  }
  const { name, company, emails, phones } = contactFacts(texts);
  return {
    identity: contactIdentity({ name, company, emails, phones }),
    loose: contactLoose(name),
    label: name || company || emails[0] || phones[0] || '',
  };
}

function contactFacts(texts: ReadonlyMap<string, string>): ContactFacts {
  const text = (name: string): string => texts.get(name) ?? '';
  const filled = (pattern: RegExp): string[] =>
    [...texts].filter(([key, value]) => value !== '' && pattern.test(key)).map(([key, value]) => leafValue(key, value));
  return {
    name: `${text('FirstName')} ${text('LastName')}`.trim() || text('FileAs'),
    company: text('CompanyName'),
    emails: filled(EMAIL),
    phones: filled(PHONE),
  };
}
