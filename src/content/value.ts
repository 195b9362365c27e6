import { decodeText } from './charset.js';
import { decodeBase64, decodeQuotedPrintable } from './transfer-encoding.js';
import type { ContentLine } from './lines.js';

/** How values are written: `legacy` is vCard 2.1 and vCalendar 1.0, `modern` is vCard 3.0/4.0, iCalendar 2.0 and their kin. */
export type Dialect = 'legacy' | 'modern';

/** What values are read from: the binary text, its dialect, and whether it was UTF-16 (CHARSET parameters then say nothing). */
export interface ValueSource {
  readonly text: string;
  readonly dialect: Dialect;
  readonly transcoded: boolean;
}

/**
 * A line's value on one line: soft breaks and folds undone. A 2.1 fold is a line end put before white space that belongs to the value
 * [vCard 2.1, "Delimiters": folding]; a 3.0 fold brings its own white space [RFC 2425, "Line delimiting and folding"].
 */
export function unfoldedValue(source: ValueSource, line: ContentLine): string {
  const raw = source.text.slice(line.valueStart, line.valueEnd);
  if (!line.multiline) return raw;
  if (line.encoding === 'base64') return raw;
  let joined = raw;
  if (line.encoding === 'quoted-printable') joined = raw.replace(/=[ \t]*(?:\r+\n?|\n)/g, '');
  // Unannounced soft breaks: an = before a fold is most likely text.
  else if (line.softBreaks) joined = raw.replace(/=[ \t]*(?:\r+\n?|\n)(?![ \t\r\n])/g, '');
  return source.dialect === 'legacy' ? joined.replace(/[\r\n]+/g, '') : joined.replace(/(?:\r+\n?|\n)[ \t]?/g, '');
}

/** A line's value as Unicode text: unfolded, transfer encoding and charset undone, white space at both ends dropped. Escapes are kept. */
export function textValue(source: ValueSource, line: ContentLine): string {
  let value = unfoldedValue(source, line);
  if (line.encoding === 'quoted-printable') value = decodeQuotedPrintable(value);
  else if (line.encoding === 'base64') value = decodeBase64(value)?.toString('latin1') ?? value.replace(/\s+/g, '');
  return decodeText(value, source.transcoded ? undefined : line.charset).trim();
}

/** The bytes of a BASE64 or `data:` value; undefined when the value is text or a reference. */
export function binaryValue(source: ValueSource, line: ContentLine): Buffer | undefined {
  if (line.encoding === 'base64') {
    const bytes = decodeBase64(unfoldedValue(source, line));
    return bytes !== undefined && bytes.length > 0 ? bytes : undefined;
  }
  const value = unfoldedValue(source, line);
  const data = /^\s*data:[^,]*;base64,/i.exec(value);
  return data === null ? undefined : decodeBase64(value.slice(data[0].length));
}

/** CR LF, CR CR LF and CR as LF. */
export function normalizeNewlines(text: string): string {
  // Runs are taken whole: a pattern that may fail after each CR would read a long run again and again.
  return text.includes('\r') ? text.replace(/\r+\n?/g, (run) => (run.endsWith('\n') ? '\n' : '\n'.repeat(run.length))) : text;
}

/** Undoes the escapes of one text: `\;` in legacy, `\\ \, \; \: \n` in modern texts; any other backslash stands for itself. */
export function unescapeText(text: string, dialect: Dialect): string {
  if (dialect === 'legacy') {
    const plain = text.includes('\\') ? text.replaceAll('\\;', ';') : text;
    return normalizeNewlines(plain);
  }
  const plain = text.includes('\\')
    ? text.replace(/\\([\\,;:nN])/g, (_, escaped: string) => (escaped === 'n' || escaped === 'N' ? '\n' : escaped))
    : text;
  return normalizeNewlines(plain);
}

/**
 * Splits at each of `separators` that no backslash escapes. In legacy texts a backslash escapes only a semicolon, so that one before
 * it is not itself escaped.
 */
export function splitEscaped(text: string, separators: string, dialect: Dialect): string[] {
  if (!text.includes('\\')) return separators.length === 1 ? text.split(separators) : text.split(/[;,]/);
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') {
      const next = text.charAt(at + 1);
      if (dialect === 'modern' || next === ';') at += 1;
    } else if (separators.includes(char)) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/** The components of a structured value (N, ADR, ORG…), unescaped and trimmed, without empty ones at the end. */
export function structuredValue(text: string, dialect: Dialect): string[] {
  const parts = splitEscaped(text, ';', dialect).map((part) => unescapeText(part, dialect).trim());
  while (parts.at(-1) === '') parts.pop();
  return parts;
}

/** The members of a list, unescaped and trimmed, without empty ones. */
export function listValue(text: string, separators: ',' | ';' | ',;', dialect: Dialect): string[] {
  return splitEscaped(text, separators, dialect)
    .map((part) => unescapeText(part, dialect).trim())
    .filter((part) => part !== '');
}
