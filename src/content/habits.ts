/**
 * How a device writes and reads times beside what its device information says: set by its handset profile, by the operator, or learned. All
 * of it is optional; what is left out is done as the formats ask for.
 */

export interface TimeHabits {
  /**
   * What the digits of a time mean that the device sends. `as-sent`: what they say. `ignore-zone`: the device's local time, whatever mark they
   * carry, and times that go out to it are marked the same way. `as-utc`: UTC, although no Z stands there.
   */
  readonly incomingTime?: 'as-sent' | 'ignore-zone' | 'as-utc';
  /** How times are written to it. `devinf`: in UTC where its device information has UTC, else local. */
  readonly outgoingTime?: 'devinf' | 'utc' | 'local';
  /**
   * The device turns local times into UTC with the offset of the moment of conversion, not of the date of the event. `marked`: only items that
   * carry X-SONYERICSSON-DST:4.
   */
  readonly dstBug?: 'always' | 'marked';
  /** Each event in UTC says by TZ and DAYLIGHT, inside of it, on which clock the phone is to show it. */
  readonly zoneLines?: boolean;
}

/** The forms of an all-day event in vCalendar 1.0; `+1`: of the next day. */
export type AllDayForm =
  'date' | 'T000000..T235900' | 'T000000..T235959' | 'T000000..T240000' | 'T000000..T000000+1' | 'T000000..T000000' | 'T080000..T180000';

export interface CalendarHabits extends TimeHabits {
  readonly allDayOut?: AllDayForm;
  /** X-EPOCAGENDAENTRYTYPE is written after the end: EVENT, ANNIVERSARY, REMINDER, APPOINTMENT, TODO. */
  readonly epocEntryType?: boolean;
  /** The rule of 1.0 that a yearly series gets. */
  readonly yearlyRuleOut?: 'YD1' | 'YM1' | 'MD12';
  /** `datetime`: an end carries a time (it always does here). `endless`: no end is understood, `#0` stands for it. */
  readonly ruleEndOut?: 'datetime' | 'endless';
  /** `last-day`: no number of times is understood; the last one is told by its day. */
  readonly ruleCountOut?: 'last-day';
  readonly alarmOut?: 'absolute-utc' | 'aalarm-bare' | 'dalarm' | 'none';
  /** All dates of EXDATE in one property, or one in each. */
  readonly exdateOut?: 'single' | 'each';
}
