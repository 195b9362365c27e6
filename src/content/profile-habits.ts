/** What a handset profile says of times and of property limits, in the words of this room. */
import type { OddDayForm, Traits } from '../handsets/traits.js';
import type { PropertyLimit } from './abilities.js';
import type { AllDayForm, CalendarHabits } from './habits.js';

/** The other forms are put right as they come in; see `phone-form/undress.ts`. */
const DAY_FORMS: Readonly<Partial<Record<OddDayForm, AllDayForm>>> = {
  'to-2359': 'T000000..T235900',
  'to-2400': 'T000000..T240000',
  'to-2400-utc': 'T000000..T240000',
  'to-next-midnight': 'T000000..T000000+1',
  'to-start': 'T000000..T000000',
  'working-day': 'T080000..T180000',
};
const INCOMING = { 'as-utc': 'as-utc', 'local-digits': 'ignore-zone' } as const;
const ALARMS = { utc: 'absolute-utc', bare: 'aalarm-bare', display: 'dalarm', none: 'none' } as const;

/** @returns undefined when the profile says nothing of times. */
export function habitsOf({ time, calendar }: Traits): CalendarHabits | undefined {
  const habits: CalendarHabits = {
    ...(time?.incoming === undefined ? {} : { incomingTime: INCOMING[time.incoming] }),
    ...(time?.outgoing === undefined ? {} : { outgoingTime: time.outgoing }),
    ...(time?.offsetOfToday === undefined ? {} : { dstBug: time.offsetOfToday }),
    ...(time?.zoneLines ? { zoneLines: true } : {}),
    ...(calendar?.days === undefined ? {} : { allDayOut: DAY_FORMS[calendar.days] as AllDayForm }),
    ...(calendar?.entryType ? { epocEntryType: true } : {}),
    ...(calendar?.yearlyRule === undefined ? {} : { yearlyRuleOut: calendar.yearlyRule }),
    ...(calendar?.ruleEnd === undefined ? {} : { ruleEndOut: calendar.ruleEnd === 'never' ? 'endless' : 'datetime' }),
    ...(calendar?.ruleCount === false ? { ruleCountOut: 'last-day' } : {}),
    ...(calendar?.alarm === undefined ? {} : { alarmOut: ALARMS[calendar.alarm] }),
    ...(calendar?.exceptionsInOne ? { exdateOut: 'single' } : {}),
  };
  return Object.keys(habits).length === 0 ? undefined : habits;
}

/** Limits a phone has without saying so, by property. */
export function limitsOf({ fields }: Traits): ReadonlyMap<string, PropertyLimit> | undefined {
  if (!fields?.limits) return undefined;
  return new Map(
    Object.entries(fields.limits).map(([name, { size, count, parts }]) => [
      name,
      {
        ...(size === undefined ? {} : { maxSize: size }),
        ...(count === undefined ? {} : { maxOccur: count }),
        ...(parts === undefined ? {} : { maxParts: parts }),
      },
    ]),
  );
}
