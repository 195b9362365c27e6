/**
 * What an item means, as text that two stores can be compared by. Written for these proofs alone, without the server's own content
 * code: line ends, folding, order, encodings, escaping and the bookkeeping properties may differ between the two sides, all else may not.
 */

/** Properties that say who wrote the text when, not what it says. */
const BOOKKEEPING = new Set('BEGIN END VERSION PRODID REV UID CALSCALE METHOD DTSTAMP CREATED LAST-MODIFIED SEQUENCE DCREATED'.split(' '));
/** Types a reader has to assume anyway, and spellings of the encoding. */
const IMPLIED = new Set('INTERNET VOICE PREF BASE64 B QUOTED-PRINTABLE 8BIT TEXT DATE DATE-TIME BINARY UTF-8 INLINE INDIVIDUAL'.split(' '));
/** Values that say the same as leaving the property out. */
const DEFAULTS = new Set([
  'CLASS:PUBLIC',
  'TRANSP:OPAQUE',
  'TRANSP:0',
  'PRIORITY:0',
  'PERCENT-COMPLETE:0',
  'STATUS:NEEDS-ACTION',
  'STATUS:CONFIRMED',
]);
/** Properties whose value has components; elsewhere a semicolon is text, which vCard 2.1 need not escape. */
const STRUCTURED = new Set(['N', 'ADR', 'ORG', 'GEO', 'RRULE']);
const BINARY = new Set(['PHOTO', 'LOGO', 'SOUND', 'KEY']);
const TIMES = new Set(['DTSTART', 'DTEND', 'DUE', 'COMPLETED', 'EXDATE', 'RDATE', 'RECURRENCE-ID']);

interface Line {
  readonly name: string;
  readonly params: ReadonlyMap<string, readonly string[]>;
  readonly value: string;
}

/** Logical lines: quoted-printable soft breaks and folds are undone. */
function unfold(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const last = lines.at(-1);
    const soft = last !== undefined && last.endsWith('=') && /^[^:]*QUOTED-PRINTABLE/i.test(last);
    if (last !== undefined && soft) lines[lines.length - 1] = last.slice(0, -1) + line;
    else if (last !== undefined && /^[ \t]/.test(line)) lines[lines.length - 1] = last + line.slice(1);
    else if (line !== '') lines.push(line);
  }
  return lines;
}

function readLine(line: string): Line {
  const head = /^((?:"[^"]*"|[^":])*):/.exec(line)?.[1] ?? line;
  const [name = '', ...rest] = head.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  const params = new Map<string, string[]>();
  for (const param of rest) {
    const [, key = 'TYPE', value = param] = /^([^=]+)=(.*)$/.exec(param) ?? [];
    const all = params.get(key.toUpperCase()) ?? [];
    all.push(...value.replaceAll('"', '').split(','));
    params.set(key.toUpperCase(), all);
  }
  const encodings = [...(params.get('ENCODING') ?? []), ...(params.get('TYPE') ?? [])].map((each) => each.toUpperCase());
  const raw = line.slice(head.length + 1);
  const decode = (qp: string): string =>
    Buffer.from(
      qp.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      'latin1',
    ).toString('utf8');
  const value = encodings.includes('QUOTED-PRINTABLE') ? decode(raw) : raw;
  return { name: name.replace(/^.*\./, '').toUpperCase(), params, value };
}

/** Components of a value, one unless it is structured; every escape undone, line ends as \n, trailing empty components dropped. */
function components(value: string, structured: boolean): string[] {
  const parts = (structured ? value.split(/(?<!\\);/) : [value]).map((part) =>
    part
      .replace(/\\([nN\\;,:])/g, (_, escaped: string) => (escaped.toLowerCase() === 'n' ? '\n' : escaped))
      .replace(/\r\n?/g, '\n')
      .trim(),
  );
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

/** Minutes that `zone` is ahead of UTC at an instant. */
function offset(zone: string, instant: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(instant);
  const [, sign = '+', hours = '0', minutes = '0'] =
    /GMT(?:([+-])(\d+):(\d+))?/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** One time in UTC where it says which instant it means, as it stands where it floats or is a date. */
function time(value: string, zone: string | undefined): string {
  const [, y, mo, d, h, mi, s] = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)$/.exec(value) ?? [];
  if (y === undefined || zone === undefined) return value;
  const name = /([A-Z][A-Za-z_]+\/[A-Z][A-Za-z_/]+)$/.exec(zone)?.[1];
  if (name === undefined) return value;
  const local = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
  const instant = local - offset(name, local - offset(name, local) * 60_000) * 60_000;
  return new Date(instant).toISOString().replace(/[-:]|\.\d+/g, '');
}

function property(line: Line): string | undefined {
  const { name, params } = line;
  if (BOOKKEEPING.has(name) || name.startsWith('X-') || line.value === '') return undefined;
  if (BINARY.has(name)) return `${name}:${line.value.replace(/\s/g, '')}`;
  if (TIMES.has(name)) {
    const times = line.value.split(/[,;]/).map((each) => time(each, params.get('TZID')?.[0]));
    return `${name}:${times.sort().join(',')}`;
  }
  if (name === 'RRULE')
    return `${name}:${line.value
      .toUpperCase()
      .split(';')
      .filter((part) => part !== 'INTERVAL=1')
      .sort()
      .join(';')}`;
  if (name === 'BDAY') return `${name}:${line.value.replace(/-|T.*$/g, '')}`;
  const types = (params.get('TYPE') ?? []).map((each) => each.toUpperCase()).filter((each) => !IMPLIED.has(each));
  const list = name === 'CATEGORIES';
  const parts = components(list ? line.value.replaceAll(',', ';') : line.value, list || STRUCTURED.has(name));
  if (list) parts.sort();
  if (parts.every((part) => part === '')) return undefined;
  const result = `${[name, ...[...new Set(types)].sort()].join(';')}:${parts.join('|')}`;
  return DEFAULTS.has(result) ? undefined : result;
}

/** Lines of one vCard or calendar object; those of a nested component carry its name in front. */
function structured(text: string): string {
  const result: string[] = [];
  const inside: string[] = [];
  for (const raw of unfold(text)) {
    const line = readLine(raw);
    if (line.name === 'BEGIN') inside.push(line.value.toUpperCase());
    if (!inside.includes('VTIMEZONE')) {
      const said = property(line);
      if (said !== undefined) result.push(`${inside.filter((each) => !/^(VCARD|VCALENDAR)$/.test(each)).join('/')} ${said}`.trim());
    }
    if (line.name === 'END') inside.pop();
  }
  return result.sort().join('\n');
}

/** What one item says. Two texts that mean the same give the same answer. */
export function meaning(text: string): string {
  if (/^\s*BEGIN:V/i.test(text)) return structured(text);
  return text.replace(/\r\n?/g, '\n').trimEnd();
}

/** What a whole store says: the sorted meanings of its items, one by one, so that lost and doubled items show. */
export function meanings(texts: Iterable<string>): readonly string[] {
  return [...texts].map(meaning).sort();
}
