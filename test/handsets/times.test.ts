/** Each field of a profile that is about times, in the words of what reads and writes them. */
import assert from 'node:assert/strict';
import { abilitiesFor } from '../../src/content/abilities.js';
import type { CalendarHabits } from '../../src/content/habits.js';
import { habitsOf } from '../../src/content/profile-habits.js';
import type { Traits } from '../../src/handsets/traits.js';

const CASES: readonly (readonly [field: string, traits: Traits, habits: CalendarHabits])[] = [
  ['time.incoming', { time: { incoming: 'as-utc' } }, { incomingTime: 'as-utc' }],
  ['time.incoming', { time: { incoming: 'local-digits' } }, { incomingTime: 'ignore-zone' }],
  ['time.outgoing', { time: { outgoing: 'local' } }, { outgoingTime: 'local' }],
  ['time.offsetOfToday', { time: { offsetOfToday: 'marked' } }, { dstBug: 'marked' }],
  ['time.offsetOfToday', { time: { offsetOfToday: 'always' } }, { dstBug: 'always' }],
  ['calendar.days', { calendar: { days: 'to-2359' } }, { allDayOut: 'T000000..T235900' }],
  ['calendar.days', { calendar: { days: 'to-2400' } }, { allDayOut: 'T000000..T240000' }],
  ['calendar.days', { calendar: { days: 'to-next-midnight' } }, { allDayOut: 'T000000..T000000+1' }],
  ['calendar.days', { calendar: { days: 'to-start' } }, { allDayOut: 'T000000..T000000' }],
  ['calendar.days', { calendar: { days: 'working-day' } }, { allDayOut: 'T080000..T180000' }],
  ['calendar.entryType', { calendar: { entryType: true } }, { epocEntryType: true }],
  ['calendar.yearlyRule', { calendar: { yearlyRule: 'YD1' } }, { yearlyRuleOut: 'YD1' }],
  ['calendar.ruleEnd', { calendar: { ruleEnd: 'never' } }, { ruleEndOut: 'endless' }],
  ['calendar.ruleEnd', { calendar: { ruleEnd: 'with-time' } }, { ruleEndOut: 'datetime' }],
  ['calendar.ruleCount', { calendar: { ruleCount: false } }, { ruleCountOut: 'last-day' }],
  ['time.zoneLines', { time: { zoneLines: true } }, { zoneLines: true }],
  ['calendar.alarm', { calendar: { alarm: 'utc' } }, { alarmOut: 'absolute-utc' }],
  ['calendar.alarm', { calendar: { alarm: 'bare' } }, { alarmOut: 'aalarm-bare' }],
  ['calendar.alarm', { calendar: { alarm: 'display' } }, { alarmOut: 'dalarm' }],
  ['calendar.alarm', { calendar: { alarm: 'none' } }, { alarmOut: 'none' }],
  ['calendar.exceptionsInOne', { calendar: { exceptionsInOne: true } }, { exdateOut: 'single' }],
];

describe('times as a profile has them', () => {
  for (const [field, traits, habits] of CASES)
    it(`${field}: ${JSON.stringify(Object.values(traits)[0])}`, () => {
      assert.deepEqual(habitsOf(traits), habits);
      assert.deepEqual(abilitiesFor(undefined, 'text/x-vcalendar', 'Europe/Berlin', traits)?.habits, habits);
    });

  it("calendar.daysRead: forms are read by what undoes a phone's spelling, and are no habit of writing", () => {
    assert.equal(habitsOf({ calendar: { daysRead: ['working-day', 'to-2400'] } }), undefined);
  });

  it('a profile that says nothing of them has no habits', () => {
    assert.equal(habitsOf({ fields: { emailInternet: true } }), undefined);
  });

  it('time.outgoing: what the profile says counts before what the phone declares', () => {
    const declares = (utc: boolean) => ({ verDtd: '1.1', devId: '1', devTyp: 'phone', utc, dataStores: [] });
    const zone = (utc: boolean, traits: Traits) => abilitiesFor(declares(utc), 'text/x-vcalendar', 'Europe/Berlin', traits)?.localZone;
    assert.equal(zone(true, { time: { outgoing: 'local' } }), 'Europe/Berlin');
    assert.equal(zone(false, { time: { outgoing: 'utc' } }), undefined);
    assert.equal(zone(false, {}), 'Europe/Berlin');
    assert.equal(zone(true, {}), undefined);
  });
});
