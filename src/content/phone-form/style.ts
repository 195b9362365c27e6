/**
 * Days, rules and alarms of vCalendar 1.0 in the forms a phone understands, by its profile. What comes back is read by what knows all forms; what a form
 * has no words for (the end of a rule, say) is no change when it comes back without.
 */
import type { Abilities } from '../abilities.js';
import { applyEdits, linesOf, type Edit } from '../entries.js';
import type { AllDayForm, CalendarHabits } from '../habits.js';
import { structuredValue, textValue } from '../value.js';
import { later } from '../zones/wall.js';
import { ianaZone, toUtc } from '../zones/zone.js';
import { withLastDay } from '../recurrence/counted.js';
import { instead, legacyEntries, type EntryTimes } from './entry-times.js';

/** @returns `bytes` itself when nothing is written otherwise. Never throws. */
export function inStyle(bytes: Uint8Array, mediaType: string, { habits, home }: Pick<Abilities, 'habits' | 'home'>): Uint8Array {
  if (!habits || !/^text\/(?:x-vcalendar|calendar)$/.test(mediaType)) return bytes;
  const document = linesOf(bytes, mediaType);
  if (!document) return bytes;
  const edits = legacyEntries(document, mediaType, home).flatMap((times) => [
    ...dayEdits(times, habits),
    ...ruleEdits(times, habits, home),
    ...alarmEdits(times, habits, home),
    ...exceptionEdits(times, habits),
  ]);
  return edits.length === 0 ? bytes : applyEdits(document.source.text, edits);
}

/** First and last day, `20260601`. @returns DTSTART and DTEND, '' for none. */
function formOf(form: AllDayForm, first: string, last: string): readonly [string, string] {
  const next = later(last, 86_400) ?? last;
  switch (form) {
    case 'date':
      return [first, last];
    case 'T000000..T235900':
      return [`${first}T000000`, `${last}T235900`];
    case 'T000000..T235959':
      return [`${first}T000000`, `${last}T235959`];
    case 'T000000..T240000':
      return [`${first}T000000`, `${last}T240000`];
    case 'T000000..T000000+1':
      return [`${first}T000000`, `${next}T000000`];
    case 'T000000..T000000':
      // Several days have no form of that kind.
      return [`${first}T000000`, first === last ? `${first}T000000` : `${next}T000000`];
    case 'T080000..T180000':
      return [`${first}T080000`, `${last}T180000`];
  }
}

function dayEdits(times: EntryTimes, { allDayOut, epocEntryType }: CalendarHabits): readonly Edit[] {
  const { entry, day, text } = times;
  const line = (name: string) => entry.lines.find((one) => one.name === name);
  const [start, end] = [line('DTSTART'), line('DTEND')];
  const edits: Edit[] = [];
  const isYearly = /^\s*(?:Y[DM]1|MD12)\b/i.test(text('RRULE'));
  if (day && allDayOut !== undefined && start) {
    const last = day.end > day.start ? (later(day.end, -86_400) ?? day.start) : day.start;
    const [begins, ends] = formOf(allDayOut, day.start, last);
    edits.push(instead(start, begins));
    if (end) edits.push(instead(end, ends));
    else edits.push({ start: start.end, end: start.end, text: `DTEND:${ends}\r\n` });
  }
  if (epocEntryType && entry.name === 'VEVENT' && !line('X-EPOCAGENDAENTRYTYPE')) {
    const at = (end ?? start)?.end;
    const isMoment = text('DTEND') === '' || text('DTEND') === text('DTSTART');
    const kind = day ? (isYearly ? 'ANNIVERSARY' : 'EVENT') : isMoment ? 'REMINDER' : 'APPOINTMENT';
    if (at !== undefined) edits.push({ start: at, end: at, text: `X-EPOCAGENDAENTRYTYPE:${kind}\r\n` });
  }
  return edits;
}

/** Of an entry with more rules than that nobody counts the days. */
const MAX_COUNTED_RULES = 4;

function ruleEdits(times: EntryTimes, habits: CalendarHabits, home: string | undefined): readonly Edit[] {
  const { source, rules, start, day, told } = times;
  const { yearlyRuleOut, ruleEndOut, ruleCountOut } = habits;
  const zone = told ?? (home === undefined ? undefined : ianaZone(home));
  return rules.flatMap((line, at) => {
    const text = textValue(source, line).trim();
    let rule = text;
    // Every year on the day of the start, whatever it is called.
    if (yearlyRuleOut !== undefined && isYearly(rule, start))
      rule = rule.replace(/^(?:Y[DM]1|MD12)(?=\s|$)(?:\s+\d{1,2}(?=\s|$))?/i, yearlyRuleOut);
    if (ruleCountOut === 'last-day' && at < MAX_COUNTED_RULES)
      rule = withLastDay(rule, { start: day?.start ?? start, isDay: day !== undefined, zone });
    if (ruleEndOut === 'endless') rule = rule.replace(/\s+(?:#\d+|\d{8}(?:T\d{6}Z?)?)\s*$/, ' #0');
    return rule === text ? [] : [instead(line, rule)];
  });
}

function isYearly(rule: string, start: string): boolean {
  const match = /^(Y[DM]1|MD12)(?:\s+(\d{1,2}))?(?:\s+(?:#\d+|\d{8}T\d{6}Z?))?\s*$/i.exec(rule);
  if (!match) return false;
  const number = match[2] === undefined ? undefined : Number(match[2]);
  const kind = (match[1] ?? '').toUpperCase();
  return number === undefined || (kind !== 'YD1' && number === Number(kind === 'YM1' ? start.slice(4, 6) : start.slice(6, 8)));
}

function alarmEdits(times: EntryTimes, { alarmOut }: CalendarHabits, home: string | undefined): readonly Edit[] {
  if (alarmOut === undefined) return [];
  const zone = home === undefined ? undefined : ianaZone(home);
  const alarms = times.entry.lines.filter(({ name }) => /^[ADMP]ALARM$/.test(name));
  return alarms.flatMap((line, at): readonly Edit[] => {
    if (alarmOut === 'none') return [{ start: line.start, end: line.end, text: '' }];
    const [time = '', ...more] = structuredValue(textValue(times.source, line), times.source.dialect);
    const written = alarmOut === 'absolute-utc' && zone ? toUtc(time.trim(), zone) : time.trim();
    switch (alarmOut) {
      case 'absolute-utc':
        return written === time ? [] : [instead(line, [written, ...more].join(';'))];
      case 'aalarm-bare':
      case 'dalarm':
        // It has one of them.
        return at > 0
          ? [{ start: line.start, end: line.end, text: '' }]
          : [{ start: line.start, end: line.end, text: `${alarmOut === 'dalarm' ? 'DALARM' : 'AALARM'}:${written}\r\n` }];
    }
  });
}

function exceptionEdits({ source, entry }: EntryTimes, { exdateOut }: CalendarHabits): readonly Edit[] {
  const lines = entry.lines.filter(({ name, params }) => name === 'EXDATE' && params.length === 0);
  const [first, ...rest] = lines;
  if (!first || exdateOut === undefined) return [];
  const dates = lines.flatMap((line) =>
    textValue(source, line)
      .split(/[,;]/)
      .map((one) => one.trim()),
  );
  if (exdateOut === 'single')
    return rest.length === 0 ? [] : [instead(first, dates.join(';')), ...rest.map(({ start, end }) => ({ start, end, text: '' }))];
  if (dates.length === lines.length) return [];
  const text = dates.map((date) => `EXDATE:${date}\r\n`).join('');
  return [{ start: first.start, end: first.end, text }, ...rest.map(({ start, end }) => ({ start, end, text: '' }))];
}
