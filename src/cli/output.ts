/** What commands print: for people by default, JSON with --json. */

export interface Streams {
  /** Answers are read by a person, not by a file or another program. */
  readonly isTerminal: boolean;
  /** Answers. */
  readonly out: (text: string) => void;
  /** Remarks and faults. */
  readonly err: (text: string) => void;
  /** All of standard input. */
  readonly readInput: () => Promise<Uint8Array>;
}

/**
 * What could steer a terminal, or show a line otherwise than it is stored: control characters of both sets, and those that turn the direction
 * of writing. [Unicode Technical Report 36, "Bidirectional Text Spoofing"]
 */
// eslint-disable-next-line no-control-regex -- control characters are what it takes out
const STEERING = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text of unknown origin as a part of one line. */
export const printable = (text: string): string => text.replace(STEERING, ' ');

/** Text of several lines and unknown origin: line ends and tabs stay. */
export const printableLines = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(STEERING, (one) => (one === '\n' || one === '\t' ? one : ' '));

/** JSON whose strings hold nothing that could steer a terminal either: JSON.stringify escapes only the first set. */
export const json = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).replace(STEERING, (one) =>
    one === '\n' ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Columns as wide as their widest cell; the last one is not padded. Cells are made {@link printable}. No rows: `empty` instead. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
  if (rows.length === 0) return `${empty}\n`;
  const all = [headings.map((heading) => heading.toUpperCase()), ...rows.map((row) => row.map(printable))];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** `name: value` lines with the values in one column, {@link printable}; undefined values are left out. */
export function facts(entries: readonly (readonly [string, string | undefined])[]): string {
  const known = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${`${name}:`.padEnd(width + 2)}${printable(value)}\n`).join('');
}

/** UTC, to the second; a dash for no time. */
export const when = (at: number | undefined): string =>
  at === undefined ? '-' : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people, in steps of 1000. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? 'B'}`;
}

/** "1 item", "2 items". */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
