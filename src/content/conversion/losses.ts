/** Everything a conversion may lose on the way to a device. The stored item keeps it, and gets it back from no edit. */
export const LOSSES = {
  'no-property': 'a line that is no property belongs to the format it was written in',
  agent: 'a card inside of a card (AGENT)',
  'day-spelling': 'vCalendar 1.0 writes a day in many ways: it comes back in one of them',
  'no-time': 'text where a time belongs',
  parameter: 'parameters that the format does not know',
  'date-without-year': 'vCard 2.1 and 3.0 have no date without a year, nor one without a day',
  'list-comma': 'a comma inside of a category, where commas part categories too',
  'rule-without-form': 'a recurrence rule that vCalendar 1.0 has no form for: the event is shown once',
  'first-day': 'a series in UTC whose first day is none of its rule: a phone that says so means the day on its own clock',
  'rule-not-understood': 'a recurrence rule that is none',
  'unknown-zone': 'a time in a zone that nobody knows: its digits are shown',
  'zone-name': 'the name of a zone: vCalendar 1.0 has times in UTC, and local ones with what TZ and DAYLIGHT tell',
  'detached-instance': 'changed instances of a series: vCalendar 1.0 leaves their dates out of the series',
  'status-word': 'a status that is only nearly the same',
  'attendee-detail': 'who sent, delegated, or is what kind of attendee',
  'alarm-detail': 'texts, sounds and repeats of alarms',
  'alarm-time': 'an alarm whose time is not known, as the entry has no start',
  'length-without-start': 'the length of an entry that has no start',
  'period-end': 'the length of a single RDATE',
  'request-status': 'what a scheduling program answered',
  'other-component': 'a component that the format does not have',
  'note-frame': 'what a vNote says beside its text',
} as const satisfies Readonly<Record<string, string>>;

export type LossName = keyof typeof LOSSES;
