/** Notes: a plain text, and the vNote of phones, whose BODY it is. [IrMC 1.1, "vNote"] */
import { decodeText, toBinary } from '../charset.js';
import { parseDocument, type Document } from '../components.js';
import { normalizeNewlines, textValue, unescapeText } from '../value.js';
import type { Converted } from './units.js';
import { binaryOf, write } from './writing.js';

export function plainNote(bytes: Uint8Array): string {
  return normalizeNewlines(decodeText(toBinary(bytes).text));
}

/** The text of a vNote; undefined when it has none. */
export function bodyOf({ roots, source }: Document): string | undefined {
  const line = roots[0]?.lines.find(({ name }) => name === 'BODY');
  return line && unescapeText(textValue({ text: source.text, dialect: 'legacy', transcoded: source.transcoded }, line), 'legacy');
}

export const bodyLine = (text: string): string =>
  write({ name: 'BODY', types: [], params: [], valueType: '', value: { kind: 'plain', text } }, 'vnote');

export function noteAsVnote(bytes: Uint8Array): Converted {
  return {
    head: 'BEGIN:VNOTE\r\nVERSION:1.1\r\n',
    units: [{ source: { start: 0, end: bytes.length }, text: bodyLine(plainNote(bytes).trimEnd()) }],
    tail: 'END:VNOTE\r\n',
  };
}

/** @returns undefined for what is no vNote of one text. */
export function noteAsText(bytes: Uint8Array): Converted | undefined {
  const document = parseDocument(bytes);
  const [root, ...more] = document?.roots ?? [];
  if (!document || root?.name !== 'VNOTE' || more.length > 0) return undefined;
  const body = bodyOf(document);
  if (body === undefined) return undefined;
  const units = root.lines.map((line) =>
    line.name === 'BODY'
      ? { source: { start: line.start, end: line.end }, text: binaryOf(body.replaceAll('\n', '\r\n')) }
      : { source: { start: line.start, end: line.end }, text: '', loss: 'note-frame' as const },
  );
  return { head: '', units, tail: '' };
}
