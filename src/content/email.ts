/**
 * E-mail: a message of RFC 5322, and the object of OMA DS that holds one with its flags. Kept as they are; what is read is no more than it takes to know
 * one again and to show it. [OMA DS E-mail Data Object 1.2; RFC 5322; RFC 2047]
 */
import { decodeText, toBinary } from './charset.js';
import { loose } from './identity.js';
import { record, recordSet } from './record.js';
import { decodeBase64, decodeQuotedPrintable } from './transfer-encoding.js';
import { utcStamp } from './date-time.js';
import { normalizeNewlines } from './value.js';
import type { MessageView } from './vmessage.js';
import { rootName, scanXml, type XmlElement } from './xml-elements.js';

/** @param text binary. */
export const isEmailObject = (text: string): boolean => plainName(rootName(text) ?? '') === 'email';

/** @returns a reason (text) when the bytes are no e-mail. */
export function viewEmail(bytes: Uint8Array, type: string): MessageView | string {
  const { text } = toBinary(bytes);
  if (type === 'message/rfc822') return viewOf(text, normalizeNewlines(text).trimEnd(), undefined);
  if (!isEmailObject(text)) return 'no <Email> element';
  const document = scanXml(text.replace(/<!DOCTYPE[^>[]*>/, ''), (raw) => decodeText(raw));
  if (typeof document === 'string') return document;
  const root = document.children.find(({ name }) => plainName(name) === 'email');
  if (!root) return 'no <Email> element';
  const item = root.children.find(({ name }) => plainName(name) === 'emailitem');
  const modified = root.children.find(({ name }) => plainName(name) === 'modified')?.text.trim() ?? '';
  const message = item ? messageIn(item) : '';
  const others = root.children.filter((child) => child !== item).flatMap(recordsOf);
  return viewOf(message, recordSet([...others, record('emailitem', [], [normalizeNewlines(message).trimEnd()])]), utcStamp(modified));
}

/** Without the prefix of a namespace. */
const plainName = (name: string): string => name.replace(/^.*:/, '').toLowerCase();

/** Flags that are not set say nothing. */
function recordsOf({ name, text, children }: XmlElement): readonly string[] {
  const value = text.trim();
  if (children.length > 0) return [record(plainName(name), [], ['!group', recordSet(children.flatMap(recordsOf))])];
  return value === '' || /^(?:false|0)$/i.test(value) ? [] : [record(plainName(name), [], [/^(?:true|1)$/i.test(value) ? 'true' : value])];
}

/** The message's own bytes, as binary text. */
function messageIn({ text, attributes }: XmlElement): string {
  const encoding = /\benc\s*=\s*["']([\w-]+)/i.exec(attributes)?.[1]?.toLowerCase();
  if (encoding === 'base64') return decodeBase64(text)?.toString('latin1') ?? text;
  const binary = Buffer.from(text, 'utf8').toString('latin1');
  return encoding === 'quoted-printable' ? decodeQuotedPrintable(binary.replace(/=[ \t]*\r?\n/g, '')) : binary;
}

function viewOf(message: string, canonical: string, modified: string | undefined): MessageView {
  const header = headersOf(message);
  const [from, subject, date] = [header('from'), header('subject'), header('date')];
  const at = Date.parse(date);
  const time = Number.isNaN(at) ? loose(date) : new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  const key = ['', loose(addressIn(from)), time, loose(subject)];
  return {
    kind: 'email',
    canonical,
    identity: key.every((one) => one === '') ? undefined : JSON.stringify(['email', ...key]),
    loose: undefined,
    label: subject || from,
    modified,
  };
}

const addressIn = (from: string): string => /<([^<>]*)>\s*$/.exec(from)?.[1] ?? from;

/** Bytes of headers that are looked at. */
const MAX_HEADER = 65_536;

/** The first header of a name, unfolded and decoded. */
function headersOf(message: string): (name: string) => string {
  const start = message.slice(0, MAX_HEADER);
  const end = /\r?\n\r?\n/.exec(start)?.index ?? start.length;
  const lines = start
    .slice(0, end)
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/);
  return (name) => {
    const line = lines.find((one) => one.slice(0, name.length + 1).toLowerCase() === `${name}:`);
    return line === undefined ? '' : decodedWords(line.slice(name.length + 1).trim());
  };
}

const WORD = /=\?([\w:.-]+)(?:\*[\w-]*)?\?([BQ])\?([^?]*)\?=/gi;

/** Encoded words; white space between two of them is none. [RFC 2047, "encoded-word"] */
function decodedWords(binary: string): string {
  if (!binary.includes('=?')) return decodeText(binary);
  return binary
    .replace(/(\?=)\s+(=\?)/g, '$1$2')
    .split(/(=\?[\w:.*-]+\?[BQbq]\?[^?]*\?=)/)
    .map((part) => {
      WORD.lastIndex = 0;
      const match = WORD.exec(part);
      if (!match) return decodeText(part);
      const [, charset = '', encoding = '', text = ''] = match;
      const raw =
        encoding.toUpperCase() === 'B'
          ? (decodeBase64(text)?.toString('latin1') ?? text)
          : decodeQuotedPrintable(text.replaceAll('_', ' '));
      return decodeText(raw, charset);
    })
    .join('');
}
