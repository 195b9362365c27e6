/** The values of vCard 2.1 and vCalendar 1.0 in the charset and the encoding a phone reads. */
import iconv from 'iconv-lite';
import type { Traits } from '../../handsets/traits.js';
import { decodeText } from '../charset.js';
import type { ContentLine } from '../lines.js';
import { decodeQuotedPrintable } from '../transfer-encoding.js';
import { unfoldedValue, type ValueSource } from '../value.js';
import type { Piece } from './pieces.js';

type TextTraits = NonNullable<Traits['text']>;

// eslint-disable-next-line no-control-regex -- bytes
const NON_ASCII = /[^\x00-\x7f]/;
// eslint-disable-next-line no-control-regex -- line ends and the like
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
/** Times, rules and numbers are the same in every charset. */
const NO_TEXT: ReadonlySet<string> = new Set(
  (
    'VERSION UID REV BDAY TEL GEO TZ DAYLIGHT DTSTART DTEND DUE COMPLETED DCREATED LAST-MODIFIED RRULE EXRULE RDATE EXDATE AALARM DALARM MALARM ' +
    'PRIORITY SEQUENCE STATUS CLASS TRANSP RNUM X-EPOCAGENDAENTRYTYPE X-EPOCTODOLIST X-SONYERICSSON-DST'
  ).split(' '),
);
/** Characters of a line of quoted-printable before a soft break. */
const MAX_LINE = 74;

/** @returns the piece itself where the phone reads it as it is. */
export function written(piece: Piece, source: ValueSource, traits: TextTraits): Piece {
  const { line } = piece;
  if (!line || piece.name === '' || NO_TEXT.has(piece.name) || line.encoding === 'base64' || source.dialect !== 'legacy') return piece;
  const isOneLine = !line.multiline || traits.folds !== false;
  const raw = source.text.slice(line.valueStart, line.valueEnd);
  if (isOneLine && line.encoding === 'none' && line.charset === undefined && !NON_ASCII.test(raw) && traits.named !== 'always')
    return piece;
  const unfolded = unfoldedValue(source, line);
  const binary = line.encoding === 'quoted-printable' ? decodeQuotedPrintable(unfolded) : unfolded;
  const text = decodeText(binary, source.transcoded ? undefined : line.charset);
  const { name: charset, bytes } = encoded(text, traits.charset);
  const isAscii = !NON_ASCII.test(bytes);
  const encodes = needsEncoding(bytes, line, charset, traits);
  const isNamed = traits.named === 'never' ? false : traits.named === 'always' ? true : !isAscii;
  const head = headWithout(piece);
  return {
    ...piece,
    text: `${head}${isNamed ? `;CHARSET=${charset}` : ''}${encodes ? ';ENCODING=QUOTED-PRINTABLE' : ''}:${
      encodes ? quotedPrintable(bytes, traits.quotedPrintable !== 'no-soft-breaks') : bytes
    }\r\n`,
  };
}

/** What the charset has no place for goes in UTF-8, under its name: nothing becomes a question mark. */
function encoded(text: string, charset: string | undefined): { readonly name: string; readonly bytes: string } {
  if (charset !== undefined && iconv.encodingExists(charset)) {
    const bytes = iconv.encode(text, charset);
    if (iconv.decode(bytes, charset) === text) return { name: charset, bytes: bytes.toString('latin1') };
  }
  return { name: 'UTF-8', bytes: Buffer.from(text, 'utf8').toString('latin1') };
}

function needsEncoding(bytes: string, line: ContentLine, charset: string, { quotedPrintable, charset: wanted }: TextTraits): boolean {
  // Line ends would end the property, and an = at the end would go on in the next one.
  if (CONTROL.test(bytes) || bytes.endsWith('=')) return true;
  if (!NON_ASCII.test(bytes)) return false;
  if (quotedPrintable === 'minimal') return charset !== 'UTF-8';
  if (quotedPrintable !== undefined || line.encoding === 'quoted-printable') return true;
  // Bytes that are no UTF-8 do not go through XML; and a phone that reads another charset is told best in the way it knows.
  return charset !== 'UTF-8' || wanted !== undefined;
}

/** Name and parameters but for what tells how the value is written. */
function headWithout({ text }: Piece): string {
  return text
    .slice(0, colonIn(text))
    .replace(/(?:\r\n?|\n)[ \t]?/g, '')
    .replace(/;(?:CHARSET=[^;]*|ENCODING=[^;]*|QUOTED-PRINTABLE|8BIT|7BIT)(?=;|$)/gi, '');
}

/** Where the value's colon stands: the first outside of quotes. */
function colonIn(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') quoted = !quoted;
    else if (char === ':' && !quoted) return at;
  }
  return text.indexOf(':');
}

const encodedByte = (char: string): string => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

function quotedPrintable(bytes: string, breaks: boolean): string {
  const units =
    bytes
      .replace(/\r\n|\r|\n/g, '\r\n')
      // eslint-disable-next-line no-control-regex -- bytes
      .replace(/[\x00-\x08\x0a-\x1f=\x7f-\xff]|[ \t]$/g, encodedByte)
      // The second byte of a character of Shift_JIS, Big5 and GBK: no backslash, whatever reader looks for those first.
      .replace(/(=[89A-F][0-9A-F])\\/g, '$1=5C')
      .match(/=..|[^]/g) ?? [];
  if (!breaks) return units.join('');
  let line = '';
  let result = '';
  for (const unit of units) {
    if (line.length + unit.length > MAX_LINE) {
      result += `${line}=\r\n`;
      line = '';
    }
    // A line that begins with END:VCARD ends the item for any reader.
    line += line === '' && result !== '' && /[BE]/i.test(unit) && unit.length === 1 ? encodedByte(unit) : unit;
  }
  return result + line;
}
