/**
 * Properties as the formats write them. [vCard 2.1; RFC 2426; RFC 6350; vCalendar 1.0; RFC 5545]
 * The text is binary, a char a byte, in UTF-8, since folds are counted in bytes and edits are made among bytes that are left as they are.
 */
import { dialectOf, type Format } from './format.js';
import { isBinary, type Property, type Value } from './property.js';

/** Bytes of a line without its line end. [RFC 5545, "Content Lines"] */
const MAX_LINE = 75;

export const binaryOf = (text: string): string => (NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text);

/** @returns the property with its line end; longer lines folded, or with soft breaks. */
export function write(property: Property, format: Format): string {
  return dialectOf(format) === 'legacy' ? writeLegacy(property) : writeModern(property, format);
}

/** Parameters a phone of 2.1 and 1.0 knows. @NOTE Nokia N81, E72, N97: a number with an unknown parameter is dropped. */
const LEGACY_PARAMS: ReadonlySet<string> = new Set(['LANGUAGE', 'ROLE', 'RSVP', 'EXPECT', 'STATUS']);

function writeLegacy({ name, group, types, params, valueType, value }: Property): string {
  const typed = types.map((type) => (BARE_TYPE.test(type) ? `;${type}` : `;TYPE=${plainParam(type)}`)).join('');
  const others = params.filter(([key]) => LEGACY_PARAMS.has(key)).map(([key, text]) => `;${key}=${plainParam(text)}`);
  const head = binaryOf(`${group === undefined ? '' : `${group}.`}${name}${typed}${others.join('')}`);
  if (value.kind === 'bytes') {
    const data = (
      Buffer.from(value.bytes)
        .toString('base64')
        .match(/.{1,72}/g) ?? []
    )
      .map((line) => ` ${line}\r\n`)
      .join('');
    // The empty line after the data is asked for by the standard, and by Symbian phones.
    return `${head};ENCODING=BASE64:\r\n${data}\r\n`;
  }
  const location = valueType === 'URI' || valueType === 'URL' ? ';VALUE=URL' : '';
  const text = binaryOf(legacyText(value));
  const isAscii = !NON_ASCII.test(text);
  if (isAscii && !CONTROL.test(text) && !text.endsWith('=')) return `${head}${location}:${text}\r\n`;
  return `${head}${location}${isAscii ? '' : ';CHARSET=UTF-8'};ENCODING=QUOTED-PRINTABLE:${quotedPrintable(text)}\r\n`;
}

const BARE_TYPE = /^[A-Z0-9-]+$/;
// eslint-disable-next-line no-control-regex -- bytes
const NON_ASCII = /[^\x00-\x7f]/;
// eslint-disable-next-line no-control-regex -- line ends and the like are what is looked for
const CONTROL = /[\x00-\x1f]/;
/** No quotes in 2.1: what would need them is replaced. */
const plainParam = (text: string): string => text.replace(/[\s"';:,\\]+/g, ' ').trim();

function legacyText(value: Exclude<Value, { kind: 'bytes' }>): string {
  switch (value.kind) {
    case 'text':
    case 'plain':
      return value.text.replaceAll('\\;', '\\\\;');
    case 'list':
      return value.members.map(legacyPart).join(';');
    case 'parts':
      return value.parts.map(legacyPart).join(';');
  }
}

/** A backslash at the end would take the separator for its own: white space at the end does not count. */
const legacyPart = (part: string): string => part.replaceAll(';', '\\;').replace(/\\$/, '\\ ');

const encodedByte = (char: string): string => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** `text` is binary. Line ends become CR LF. */
function quotedPrintable(text: string): string {
  const units = text
    .replace(/\n/g, '\r\n')
    // eslint-disable-next-line no-control-regex -- bytes
    .replace(/[\x00-\x1f=\x7f-\xff]|\s$/g, encodedByte)
    .match(/=..|[^]/g);
  let line = '';
  let result = '';
  for (const unit of units ?? []) {
    // The first line has the property's name before it, but 76 is advice to mail systems that no phone enforces.
    if (line.length + unit.length > MAX_LINE - 1) {
      result += `${line}=\r\n`;
      line = '';
    }
    // A line that begins with END:VCARD ends the item for any reader.
    line += line === '' && result !== '' && /[BE]/i.test(unit) && unit.length === 1 ? encodedByte(unit) : unit;
  }
  return result + line;
}

function writeModern({ name, group, types, params, valueType, value }: Property, format: Format): string {
  // In 4.0 the data itself says its kind.
  const shown =
    format === 'vcard40' && value.kind === 'bytes' && isBinary(name) ? types.filter((type) => mediaTypeOf([type]) === UNKNOWN_KIND) : types;
  const written = shown.map((type) => (format === 'vcard40' ? type.toLowerCase() : type));
  let head = `${group === undefined ? '' : `${group}.`}${name}`;
  if (written.length > 0) head += `;TYPE=${written.map(quoted).join(',')}`;
  for (const [key, text] of params) head += `;${key}=${quoted(text)}`;
  if (value.kind === 'bytes') return folded(`${head}${bytesIn(format, value.bytes, types)}`);
  if (valueType !== '') head += `;VALUE=${valueType}`;
  return folded(`${head}:${modernText(value)}`);
}

function bytesIn(format: Format, bytes: Uint8Array, types: readonly string[]): string {
  const data = Buffer.from(bytes).toString('base64');
  if (format === 'vcard40') return `:data:${mediaTypeOf(types)};base64,${data}`;
  return format === 'ical20' ? `;ENCODING=BASE64;VALUE=BINARY:${data}` : `;ENCODING=b:${data}`;
}

const UNKNOWN_KIND = 'application/octet-stream';

function mediaTypeOf(types: readonly string[]): string {
  const [type = ''] = types;
  if (type.includes('/')) return type.toLowerCase();
  if (/^(?:WAVE|PCM|AIFF|BASIC|MP3)$/.test(type)) return `audio/${type.toLowerCase()}`;
  return /^(?:JPEG|GIF|PNG|BMP|TIFF|WEBP)$/.test(type) ? `image/${type.toLowerCase()}` : UNKNOWN_KIND;
}

/** Quotes cannot stand in a parameter. [RFC 6868 has an escape that older programs show as it is] */
const quoted = (text: string): string => {
  const plain = text.replace(/[\r\n]+/g, ' ').replaceAll('"', "'");
  return /[:;,]/.test(plain) ? `"${plain}"` : plain;
};

const escaped = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n');

function modernText(value: Exclude<Value, { kind: 'bytes' }>): string {
  switch (value.kind) {
    case 'text':
      return escaped(value.text);
    case 'plain':
      return value.text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    case 'list':
      return value.members.map(escaped).join(',');
    case 'parts':
      return value.parts.map(escaped).join(';');
  }
}

/** @param line Unicode text. A fold breaks no character. */
function folded(line: string): string {
  const text = binaryOf(line);
  let result = '';
  let at = 0;
  for (let room = MAX_LINE; text.length - at > room; room = MAX_LINE - 1) {
    let end = at + room;
    while (end > at + 1 && (text.charCodeAt(end) & 0xc0) === 0x80) end -= 1;
    result += `${text.slice(at, end)}\r\n `;
    at = end;
  }
  return `${result}${text.slice(at)}\r\n`;
}
