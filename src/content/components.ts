import { toBinary, type Binary } from './charset.js';
import { parseLines, type ContentLine } from './lines.js';

/** A BEGIN…END block. `lines` holds properties and junk in order, without BEGIN, END and empty lines. */
export interface Component {
  /** Upper case: VCARD, VEVENT… */
  readonly name: string;
  readonly lines: readonly ContentLine[];
  readonly children: readonly Component[];
  /** Byte span, from BEGIN to after the line end of END (or of the last line, when END is missing). */
  readonly start: number;
  readonly end: number;
  readonly begin: ContentLine;
}

/** A parsed text. `lines` covers all of `source`; `roots` are the outermost components. */
export interface Document {
  readonly source: Binary;
  readonly lines: readonly ContentLine[];
  readonly roots: readonly Component[];
}

/** Nesting beyond this is not a contact or an event but an attack on recursive code. */
export const MAX_DEPTH = 16;

/** Longest component name looked at, in bytes. */
const MAX_NAME = 64;

interface Open {
  readonly name: string;
  readonly lines: ContentLine[];
  readonly children: Component[];
  readonly start: number;
  end: number;
  readonly begin: ContentLine;
}

/**
 * Parses the vCard and iCalendar family. Tolerates a missing END (closed at the end of the text, or where the next card begins) and a
 * stray END (kept as a line); text outside of components belongs to no component.
 *
 * @returns undefined when components are nested deeper than {@link MAX_DEPTH}.
 */
export function parseDocument(bytes: Uint8Array): Document | undefined {
  const known = recent.find((one) => one.bytes === bytes);
  if (known) return known.document;
  const document = parse(toBinary(bytes));
  if (bytes.length <= MAX_RECENT_BYTES) {
    recent[next] = { bytes, document };
    next = (next + 1) % RECENT;
  }
  return document;
}

/**
 * An item that is compared with others is asked for again and again: what it is, what speaks for it, which fields it has. Contents are never
 * changed in place, so that the bytes stand for what they say.
 */
const recent: { readonly bytes: Uint8Array; readonly document: Document | undefined }[] = [];
let next = 0;
const RECENT = 4;
const MAX_RECENT_BYTES = 32_768;

function parse(source: Binary): Document | undefined {
  const lines = parseLines(source);
  const roots: Component[] = [];
  const stack: Open[] = [];
  const close = (): void => {
    const done = stack.pop();
    if (done === undefined) return;
    const parent = stack.at(-1);
    if (parent !== undefined) parent.end = done.end;
    (parent?.children ?? roots).push(done);
  };
  const unclosed = unclosedNames(source.text, lines);
  for (const line of lines) {
    if (line.name === 'BEGIN') {
      const name = edgeName(source.text, line);
      if (startsAnew(name, stack.at(-1), unclosed)) close();
      if (stack.length === MAX_DEPTH) return undefined;
      stack.push({ name, lines: [], children: [], start: line.start, end: line.end, begin: line });
      continue;
    }
    const open = stack.at(-1);
    if (open === undefined) continue;
    if (line.name === 'END') {
      const name = edgeName(source.text, line);
      if (stack.some((component) => component.name === name)) {
        while (stack.at(-1)?.name !== name) close();
        const ended = stack.at(-1);
        if (ended !== undefined) ended.end = line.end;
        close();
        continue;
      }
    }
    open.end = line.end;
    if (line.name !== '' || /\S/.test(source.text.slice(line.start, line.end))) open.lines.push(line);
  }
  while (stack.length > 0) close();
  return { source, lines, roots };
}

/** The component names that begin more often than they end. */
function unclosedNames(text: string, lines: readonly ContentLine[]): Set<string> {
  const open = new Map<string, number>();
  for (const line of lines) {
    if (line.name !== 'BEGIN' && line.name !== 'END') continue;
    const name = edgeName(text, line);
    open.set(name, (open.get(name) ?? 0) + (line.name === 'BEGIN' ? 1 : -1));
  }
  return new Set([...open].filter(([, count]) => count > 0).map(([name]) => name));
}

/**
 * Calendars are never nested, so one inside of another is the next one. A card inside of a card is one only where an END is missing,
 * and not where an agent's card is expected.
 */
function startsAnew(name: string, open: Open | undefined, unclosed: ReadonlySet<string>): boolean {
  if (open?.name !== name) return false;
  return name === 'VCALENDAR' || (name === 'VCARD' && unclosed.has(name) && open.lines.at(-1)?.name !== 'AGENT');
}

/** @NOTE gnokii writes `BEGIN:VEVENT:`. */
function edgeName(text: string, line: ContentLine): string {
  return text
    .slice(line.valueStart, line.valueEnd)
    .slice(0, MAX_NAME)
    .trim()
    .replace(/[\s:]+$/, '')
    .toUpperCase();
}
