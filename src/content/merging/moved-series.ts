/**
 * A series that one side moved while the other left out one of its days, or ended it on another: the day is the same day of the moved series. A date
 * of the old series would leave out nothing.
 */
import { basicDateTime } from '../date-time.js';
import { meaningOf } from '../conversion/pieces.js';
import type { Format } from '../conversion/format.js';
import { midnightOf } from '../recurrence/series-days.js';
import { toUtc } from '../zones/zone.js';
import type { Element, Entry, Sheet } from './fields.js';
import { lastOf, onClock, timeOn, whenOf, type When } from './when.js';

/** One version of an entry. */
export interface Edition {
  readonly sheet: Sheet;
  readonly entry: Entry;
}

/** A version with the field that says when it is. */
interface Side {
  readonly when: When;
  readonly element: Element;
}

const RULE = /^(RRULE[^:\r\n]*:)([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/im;
const END = /\s+(?:#\d+|\d{8}(?:T\d{6}Z?)?)\s*$/;
const isLegacy = (format: Format): boolean => format === 'vcal10';

function sideOf({ sheet, entry }: Edition): Side | undefined {
  const [element, ...more] = entry.fields.get('DTSTART')?.elements ?? [];
  const when = element && more.length === 0 ? whenOf(sheet, entry) : undefined;
  return element && when ? { when, element } : undefined;
}

/**
 * When the series is, where one side changed nothing but its end, and the other did not touch that.
 *
 * @returns the field of the side that moved it, with the end of the other; undefined where it is not like that.
 */
export function endedElsewhere(
  base: Edition,
  ours: Edition,
  theirs: Edition,
): { readonly element: Element; readonly side: 'ours' | 'theirs' } | undefined {
  const [was, mine, sent] = [sideOf(base), sideOf(ours), sideOf(theirs)];
  if (!was || !mine || !sent) return undefined;
  const { format } = ours.sheet;
  const combined = (mover: Side, other: Side): Element | undefined =>
    isEndAlone(was, other, format) && !isEndAlone(was, mover, format) && hasSameEnd(was.when, mover.when, format)
      ? withEnd(mover, other.when, format)
      : undefined;
  const element = combined(mine, sent);
  if (element) return { element, side: 'ours' };
  const other = combined(sent, mine);
  return other && { element: other, side: 'theirs' };
}

const withoutRule = ({ element }: Side, format: Format): string => meaningOf(element.text.replace(RULE, 'X-NONE:'), format);

/** 1.0: `W1 MO`; 2.0: parts in one order. */
function headOf(rule: string, format: Format): string {
  if (isLegacy(format)) return rule.toUpperCase().replace(END, '').trim();
  const parts = rule.toUpperCase().split(';');
  return parts
    .filter((part) => !/^\s*(?:COUNT|UNTIL)=/.test(part))
    .sort()
    .join(';');
}

const isEndAlone = (was: Side, side: Side, format: Format): boolean =>
  headOf(was.when.rule, format) === headOf(side.when.rule, format) && withoutRule(was, format) === withoutRule(side, format);

const countOf = ({ modern }: When): string => /(?:^|;)COUNT=(\d+)/i.exec(modern)?.[1] ?? '';

function hasSameEnd(was: When, now: When, format: Format): boolean {
  if (countOf(was) !== countOf(now)) return false;
  const [before, after] = [lastOf(was), lastOf(now)];
  if (before === undefined || after === undefined) return before === after;
  if (endText(was.rule, format) === endText(now.rule, format)) return true;
  return now.days.standingFor(before, was.days) === after;
}

const endText = (rule: string, format: Format): string =>
  (isLegacy(format) ? END.exec(rule)?.[0].trim() : /(?:^|;)((?:COUNT|UNTIL)=[^;]*)/i.exec(rule)?.[1]) ?? '';

function withEnd(mover: Side, ended: When, format: Format): Element | undefined {
  const { when, element } = mover;
  const count = countOf(ended);
  const last = count === '' ? lastOf(ended) : undefined;
  const day = last === undefined ? undefined : when.days.standingFor(last, ended.days);
  if (last !== undefined && day === undefined) return undefined;
  const until = day === undefined ? '' : untilOn(when, day, format);
  const head = headKept(when.rule, format);
  const rule = isLegacy(format)
    ? `${head} ${count === '' ? until || '#0' : `#${count}`}`
    : `${head}${count === '' ? (until === '' ? '' : `;UNTIL=${until}`) : `;COUNT=${count}`}`;
  const text = element.text.replace(RULE, (_, name: string) => name + rule);
  return { ...element, text, meaning: meaningOf(text, format) };
}

/** As it is written, less its end. */
const headKept = (rule: string, format: Format): string =>
  isLegacy(format)
    ? rule.replace(END, '')
    : rule
        .split(';')
        .filter((part) => !/^\s*(?:COUNT|UNTIL)=/i.test(part))
        .join(';');

/** An end of 2.0 is in UTC where the start has a zone. [RFC 5545, "Recurrence Rule"] */
function untilOn(when: When, day: number, format: Format): string {
  const time = timeOn(when, day);
  return !isLegacy(format) && when.zone && /T\d{6}$/.test(time) ? toUtc(time, when.zone) : time;
}

/**
 * The dates left out of each version, as they are in the series that is going to stand.
 *
 * @param standing the version whose start stands. @returns the elements of `version`, some of them moved; its own where nothing is.
 */
export function followed(version: Edition, standing: Edition, elements: readonly Element[]): readonly Element[] {
  if (elements.length === 0 || version === standing) return elements;
  const [from, to] = [whenOf(version.sheet, version.entry), whenOf(standing.sheet, standing.entry)];
  if (!from || !to || (from.local === to.local && from.modern === to.modern && from.zone?.iana === to.zone?.iana)) return elements;
  const { format } = version.sheet;
  const there = new Map<number, Element>();
  for (const element of standing.entry.fields.get('EXDATE')?.elements ?? []) {
    const day = dayOf(element, to);
    if (day !== undefined) there.set(day, element);
  }
  return elements.map((element) => {
    const day = dayOf(element, from);
    const now = day === undefined ? undefined : to.days.standingFor(day, from.days);
    if (now === undefined) return element;
    const known = there.get(now);
    if (known) return known;
    const text = `EXDATE${to.params}:${timeOn(to, now)}\r\n`;
    const meaning = meaningOf(text, format);
    return { ...element, id: meaning, meaning, text };
  });
}

/** The day of the series that it leaves out; undefined: it leaves out none. */
function dayOf({ text }: Element, when: When): number | undefined {
  const match = /^EXDATE((?:;[^:\r\n]*)?):([^\r\n]*)/i.exec(text.replace(/\r?\n[ \t]/g, ''));
  if (!match) return undefined;
  const tzid = /;TZID="?([^";:]*)/i.exec(match[1] ?? '')?.[1];
  const local = onClock(when, basicDateTime(match[2] ?? ''), tzid);
  const day = local === undefined ? undefined : midnightOf(local);
  if (local === undefined || day === undefined || !when.days.has(day)) return undefined;
  return !local.includes('T') || local.slice(8) === when.local.slice(8) ? day : undefined;
}
