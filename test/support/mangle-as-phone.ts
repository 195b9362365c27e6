/**
 * An item as a phone of a profile sends it back when nobody has touched it: what it was given, less what the phone cannot keep, in the phone's
 * own words. It is written apart from what the server does about it: from what the profile says a phone does.
 */
import iconv from 'iconv-lite';
import type { Traits } from '../../src/handsets/traits.js';
import { parseDocument, type Component } from '../../src/content/components.js';
import type { ContentLine } from '../../src/content/lines.js';
import { typesOf } from '../../src/content/params.js';
import { structuredValue, textValue } from '../../src/content/value.js';

export interface Mangling {
  /** Turns the order of the properties; any number. */
  readonly turn?: number;
  /** Writes with fewer types, in other letters, with an empty property more. */
  readonly sloppy?: boolean;
}

interface Written {
  readonly name: string;
  readonly types: readonly string[];
  readonly text: string;
  readonly raw?: string;
}

/** @param bytes a vCard 2.1 or vCalendar 1.0 as it came to the phone; anything else comes back as it is. */
export function mangleAsPhone(bytes: Uint8Array, mediaType: string, traits: Traits, how: Mangling = {}): Uint8Array {
  if (!/^text\/x-v(?:card|calendar)$/.test(mediaType)) return bytes;
  const document = parseDocument(bytes);
  const root = document?.roots[0];
  if (!document || !root || document.roots.length !== 1 || document.source.transcoded) return bytes;
  const entry = root.name === 'VCALENDAR' ? root.children[0] : root;
  if (!entry || root.children.length > (root === entry ? 0 : 1) || entry.children.length > 0) return bytes;
  const source = { text: document.source.text, dialect: 'legacy' as const, transcoded: false };
  const read = (line: ContentLine): Written => ({
    name: line.name,
    types: [...typesOf(line)],
    text: textValue(source, line),
    ...(line.name === '' ||
    line.encoding === 'base64' ||
    line.params.some(({ name }) => name !== '' && !/^(TYPE|CHARSET|ENCODING)$/.test(name))
      ? { raw: source.text.slice(line.start, line.end) }
      : {}),
  });
  const before = entry.lines.filter(({ name }) => name !== 'VERSION').map(read);
  const lines = turned(kept(entry, before, traits), how.turn ?? 0).map((line) => put(line, traits));
  const empty = how.sloppy ? 'X-PHONE-FIELD:\r\n' : '';
  const inner = root === entry ? '' : `BEGIN:${entry.name}\r\n`;
  const end = root === entry ? '' : `END:${entry.name}\r\n`;
  const version = root.name === 'VCARD' ? '2.1' : '1.0';
  return Buffer.from(`BEGIN:${root.name}\r\nVERSION:${version}\r\n${inner}${lines.join('')}${empty}${end}END:${root.name}\r\n`, 'latin1');
}

/** Parts of an address, one a line. */
function partsOf(text: string): readonly string[] {
  const parts = structuredValue(text, 'legacy');
  return Array.from({ length: Math.max(7, parts.length) }, (_, at) => (parts[at] ?? '').replaceAll(';', '\\;'));
}

/** What is left in the phone of each property. */
function kept(entry: Component, lines: readonly Written[], { fields = {}, calendar = {} }: Traits): readonly Written[] {
  const selectors = Object.keys(fields.readAs ?? {}).map((key) => /^([A-Z-]+)((?:;[A-Z]+)*)(#\d)?$/.exec(key) ?? []);
  /** What is known by its order has no type but the one that is named; what may come without one has lost VOICE alone. */
  const byOrder = new Map(selectors.flatMap(([, name = '', types = '', nth]) => (nth ? [[name, types.slice(1)] as const] : [])));
  const withoutType = new Set(selectors.flatMap(([, name = '', types = '', nth]) => (!nth && types === '' ? [name] : [])));
  const isCard = entry.name === 'VCARD';
  const added = (fields.adds ?? []).flatMap((one): readonly Written[] => {
    const [scope = '', name = '', text = ''] = one.split(':');
    const isOf = { event: 'VEVENT', task: 'VTODO', card: 'VCARD' }[scope] === entry.name;
    return isOf && !lines.some((line) => line.name === name) ? [{ name, types: [], text }] : [];
  });
  return [...lines, ...added].flatMap((line): readonly Written[] => {
    if (line.raw !== undefined) return [line];
    if (fields.uid === 'never' && line.name === 'UID') return [];
    if (isCard && line.name === 'ADR' && fields.addressLines === 'sent')
      return [{ ...line, name: 'LABEL', types: [], text: partsOf(line.text).join('\r\n') }];
    if (line.name === 'LABEL' && fields.addressLines === 'both') return [{ ...line, types: [] }];
    if (isCard && line.name === 'ADR' && fields.addressSwapped && !line.text.includes('\\')) {
      const [box = '', second = '', third = '', ...rest] = line.text.split(';');
      return [{ ...line, text: [box, third, second, ...rest].join(';') }];
    }
    if (fields.looseSpaces && /^(?:NOTE|DESCRIPTION)$/.test(line.name)) return [{ ...line, text: line.text.replaceAll(' ', '  ') }];
    const kind = byOrder.get(line.name);
    if (isCard && kind !== undefined && (kind === '' || line.types.includes(kind))) return [{ ...line, types: kind === '' ? [] : [kind] }];
    if (isCard && withoutType.has(line.name))
      return [{ ...line, types: line.name === 'ADR' ? [] : line.types.filter((type) => type !== 'VOICE') }];
    if (isCard && fields.oneName && line.name === 'N') {
      const [family = '', given = ''] = line.text.split(';');
      return [{ ...line, text: line.text.includes('\\') ? line.text : `${`${given} ${family}`.trim()};` }];
    }
    if (calendar.categoriesPrefixed && line.name === 'CATEGORIES' && line.text !== '' && !/[,;]/.test(line.text))
      return [{ ...line, text: `X-${line.text}` }];
    return [line];
  });
}

/** Properties of a name keep their order among each other: phones keep them in slots. */
function turned(lines: readonly Written[], turn: number): readonly Written[] {
  const names = [...new Set(lines.map(({ name }) => name))];
  if (names.length < 2 || lines.some(({ name }) => name === '')) return lines;
  const by = turn % names.length;
  return [...names.slice(by), ...names.slice(0, by)].flatMap((name) => lines.filter((line) => line.name === name));
}

function put({ name, types, text, raw }: Written, traits: Traits): string {
  if (raw !== undefined) return /[\r\n]$/.test(raw) ? raw : `${raw}\r\n`;
  const head = [name, ...types].join(';');
  if (!/[^\x20-\x7e]/.test(text) && !text.endsWith('=')) return `${head}:${text}\r\n`;
  const assumed = traits.text?.assumed;
  const bytes = assumed === undefined ? undefined : iconv.encode(text, assumed);
  // Bytes that happen to be UTF-8 as well can be read both ways; no phone writes such words.
  const own =
    bytes !== undefined &&
    assumed !== undefined &&
    iconv.decode(bytes, assumed) === text &&
    Buffer.from(bytes).toString('utf8').includes('\ufffd');
  const value = own ? Buffer.from(bytes) : Buffer.from(text, 'utf8');
  const encoded = [...value.toString('latin1')]
    .map((char) => (/[\x21-\x3c\x3e-\x7e ]/.test(char) ? char : `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`))
    .join('')
    .replace(/ $/, '=20');
  return `${head}${own ? '' : ';CHARSET=UTF-8'};ENCODING=QUOTED-PRINTABLE:${encoded}\r\n`;
}
