import { toBinary } from '../../src/content/charset.js';
import { parseDocument, type Component } from '../../src/content/components.js';
import type { ContentLine } from '../../src/content/lines.js';
import { unfoldedValue, type Dialect } from '../../src/content/value.js';

/*
 * Other writings of an item that mean the same, made from its bytes. Each gives undefined where it cannot be applied.
 */

export const variations: Readonly<Record<string, (bytes: Uint8Array, dialect: Dialect | undefined) => Buffer | undefined>> = {
  'LF line ends': (bytes) => mapText(bytes, (text) => (hasLoneReturns(text) ? undefined : text.replace(/\r*\n/g, '\n'))),
  'CR LF line ends': (bytes) => mapText(bytes, (text) => (hasLoneReturns(text) ? undefined : text.replace(/\r*\n/g, '\r\n'))),
  'other order of properties': (bytes) => rebuild(bytes, (lines) => (lines.some(staysPut) ? undefined : [...lines].reverse())),
  'repeated properties': (bytes) => rebuild(bytes, (lines) => (lines.some(staysPut) ? undefined : [...lines, ...lines])),
  'lower-case names': (bytes) => rewrite(bytes, ({ header, value }) => (header.includes('"') ? undefined : lowerNames(header) + value)),
  'other order of parameters': (bytes) =>
    rewrite(bytes, ({ header, value, line }) =>
      line.params.length < 2 || /["\r\n]/.test(header) ? undefined : reverseParams(header) + value,
    ),
  folded: (bytes, dialect) =>
    rewrite(bytes, ({ header, value, line }) => {
      if (dialect === undefined || line.multiline || line.encoding === 'quoted-printable' || value.length < 12) return undefined;
      // A bare = before a line end would read as a soft break in many programs, and an = at the end may be one.
      if (dialect === 'modern') return `${header}${value.slice(0, 9)}\r\n ${value.slice(9)}`;
      return header + value.replace(/(?<=[^\s=]{3})[ ](?=\S)/g, '\r\n ');
    }),
  'quoted-printable': (bytes, dialect) =>
    rewrite(bytes, ({ header, line, text }) => {
      if (dialect === undefined || line.encoding !== 'none' || /[\r\n]/.test(header)) return undefined;
      const raw = unfoldedValue({ text, dialect, transcoded: false }, line);
      return `${header.slice(0, -1)};ENCODING=QUOTED-PRINTABLE:${quotedPrintable(raw)}`;
    }),
};

interface Piece {
  /** Up to and including the colon. */
  readonly header: string;
  readonly value: string;
  readonly line: ContentLine;
  readonly text: string;
}

function mapText(bytes: Uint8Array, map: (text: string) => string | undefined): Buffer | undefined {
  const source = toBinary(bytes);
  const text = source.transcoded ? undefined : map(source.text);
  return text === undefined ? undefined : Buffer.from(text, 'latin1');
}

function hasLoneReturns(text: string): boolean {
  return /\r(?!\r*\n)/.test(text);
}

/** Rewrites each property that is not an edge of a component or its VERSION; undefined from `edit` leaves it. */
function rewrite(bytes: Uint8Array, edit: (piece: Piece) => string | undefined): Buffer | undefined {
  const document = parseDocument(bytes);
  if (document === undefined || document.source.transcoded) return undefined;
  const { text } = document.source;
  let result = '';
  for (const line of document.lines) {
    const whole = text.slice(line.start, line.end);
    const fixed = line.name === '' || line.name === 'BEGIN' || line.name === 'END' || line.name === 'VERSION';
    const header = text.slice(line.start, line.valueStart);
    const value = text.slice(line.valueStart, line.valueEnd);
    const edited = fixed ? undefined : edit({ header, value, line, text });
    result += edited === undefined ? whole : edited + text.slice(line.valueEnd, line.end);
  }
  return Buffer.from(result, 'latin1');
}

/** Lines that mean something by where they stand. */
function staysPut(line: ContentLine): boolean {
  return line.name === '' || line.name === 'AGENT' || line.name === 'END';
}

/** Writes all components anew with their lines as `arrange` gives them. */
function rebuild(bytes: Uint8Array, arrange: (lines: readonly ContentLine[]) => readonly ContentLine[] | undefined): Buffer | undefined {
  const document = parseDocument(bytes);
  if (document === undefined || document.source.transcoded) return undefined;
  const { text } = document.source;
  const write = (component: Component): string | undefined => {
    const lines = arrange(component.lines);
    if (lines === undefined) return undefined;
    let result = `BEGIN:${component.name}\r\n`;
    for (const line of lines) {
      // An open soft break would swallow what comes next.
      if (line.encoding === 'quoted-printable' && /=\s*$/.test(text.slice(line.start, line.end))) return undefined;
      result += text.slice(line.start, line.valueEnd) + (line.encoding === 'base64' ? '\r\n\r\n' : '\r\n');
    }
    for (const child of component.children) {
      const inner = write(child);
      if (inner === undefined) return undefined;
      result += inner;
    }
    return `${result}END:${component.name}\r\n`;
  };
  const roots = document.roots.map(write);
  return roots.includes(undefined) ? undefined : Buffer.from(roots.join(''), 'latin1');
}

function lowerNames(header: string): string {
  return header.replace(/^[^;:]+|;\s*[A-Za-z-]+(?==)/g, (name) => name.toLowerCase());
}

function reverseParams(header: string): string {
  const [name = '', ...params] = header.slice(0, -1).split(';');
  return `${[name, ...params.reverse()].join(';')}:`;
}

function quotedPrintable(binary: string): string {
  let text = '';
  let length = 0;
  for (const char of binary) {
    if (length > 60) {
      text += '=\r\n';
      length = 0;
    }
    const piece = /[A-Za-z0-9 ;,.\\/@]/.test(char) ? char : `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
    text += piece;
    length += piece.length;
  }
  return text;
}
