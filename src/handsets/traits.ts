/**
 * What a handset does otherwise than the specifications and its own device information say, as fields with a meaning each. A field that is
 * absent says nothing: the phone is taken at its word. `docs/handset-profiles.md` names for each field the place that acts on it.
 */
import { z } from 'zod';

const yes = (what: string) => z.literal(true).optional().describe(what);
const no = (what: string) => z.literal(false).optional().describe(what);
const oneOf = <const T extends readonly [string, ...string[]]>(values: T, what: string) => z.enum(values).optional().describe(what);
const size = (what: string) => z.number().int().min(1).max(1_000_000).optional().describe(what);

const NAME = '[A-Z][A-Z0-9-]*';
/**
 * A property, with its types in the order they are written: `TEL;HOME;VOICE`. `TEL` without types names a property without any, except in
 * `leaveOut`, `last` and `firstOnly`, where it names all of the name; `TEL;-` one without any there. `#2`: the second of its kind. `event:`,
 * `task:`, `yearly-day:` in front: of such entries only. `
 */
export const SELECTOR = new RegExp(`^(?:(?:card|event|task|yearly-day):)?${NAME}(?:;-|(?:;[A-Z0-9-]+)*)(?:#[1-9])?$`);
const selector = z.string().regex(SELECTOR, { error: 'a property such as TEL;HOME;VOICE, EMAIL#2, or event:STATUS' });
const spelling = z.string().regex(new RegExp(`^${NAME}(?:;[A-Z0-9-]+)*$`), { error: 'a property such as TEL;HOME;VOICE' });

/** How a day without times is written in vCalendar 1.0: where it begins and ends, counted in local time of the first day. */
export const DAY_FORMS = [
  /** 00:00 to 23:59 of the last day. */
  'to-2359',
  /** 00:00 to 24:00 of the last day. */
  'to-2400',
  /** 00:00 to 00:00 of the day after the last. */
  'to-next-midnight',
  /** The end is the start. */
  'to-start',
  /** 08:00 to 18:00: a working day. */
  'working-day',
] as const;
/** Forms that are read besides, where only this phone means a day by them. */
export const ODD_DAY_FORMS = [...DAY_FORMS, 'to-0900', 'from-0900-to-2359', 'at-2359', 'from-2359-before', 'to-2400-utc'] as const;

const time = z.strictObject({
  incoming: oneOf(['as-utc', 'local-digits'], 'what its times mean: UTC although they do not say so, or local time although they say UTC'),
  outgoing: oneOf(['utc', 'local'], 'which times it is given, whatever it declares'),
  offsetOfToday: oneOf(
    ['always', 'marked'],
    'it converts by the offset from UTC of the present day, not of the date: always, or where X-SONYERICSSON-DST says so',
  ),
  zoneLines: yes('events in UTC say inside of them, by TZ and DAYLIGHT, what the clock of the phone shows'),
});

const calendar = z.strictObject({
  holdsTasks: yes('events and tasks lie in one store'),
  days: oneOf(DAY_FORMS, 'how all-day events are written for it'),
  daysRead: z.array(z.enum(ODD_DAY_FORMS)).optional().describe('what it writes for an all-day event'),
  entryType: yes('X-EPOCAGENDAENTRYTYPE tells days, anniversaries and appointments apart'),
  yearlyRule: oneOf(['YD1', 'YM1', 'MD12'], 'the vCalendar rule it takes for "every year"'),
  yearlyRuleRead: oneOf(['YD1', 'YM1', 'MD12'], 'the vCalendar rule it writes for "every year"'),
  ruleEnd: oneOf(['with-time', 'never'], 'the end of a rule has a time of day, or cannot be said at all'),
  ruleCount: no('it knows no number of times for a rule'),
  alarm: oneOf(['utc', 'bare', 'display', 'none'], 'AALARM in UTC; AALARM as a time alone; DALARM in its place; no alarms'),
  alarmRead: oneOf(['bare', 'display'], 'how it writes alarms: AALARM as a time alone, or DALARM'),
  exceptionsInOne: yes('all exception dates stand in one EXDATE'),
  earliest: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/, { error: 'a date such as 1980-01-01' })
    .optional()
    .describe('it takes no dates before this day'),
  priorities: z
    .record(z.string().regex(/^[0-9](?:-[0-9])?$/), z.string().regex(/^[0-9]$/))
    .optional()
    .describe('what priorities 1 to 9 are to it'),
  untitled: yes('its events may have a description and no title: the description is the title'),
  yearlyDayCategory: z.string().min(1).optional().describe('the category of days that come every year: birthdays to it'),
  categoriesPrefixed: yes('it writes X- before a category it does not know'),
});

const text = z.strictObject({
  assumed: z.string().min(1).optional().describe('the charset of its text where none is named'),
  charset: z.string().min(1).optional().describe('the charset it reads'),
  named: oneOf(['always', 'non-ascii', 'never'], 'when CHARSET is written'),
  quotedPrintable: oneOf(
    ['8bit', 'minimal', 'no-soft-breaks'],
    'what is written in quoted-printable: all that is not ASCII; what must; without soft breaks',
  ),
  folds: no('one property is one line'),
});

const limit = z.strictObject({
  size: size('characters of the value'),
  count: size('how many it keeps'),
  parts: size('how many parts of a structured value it keeps'),
});

const fields = z.strictObject({
  short: yes('it has little room: what it declares of sizes is kept to'),
  limits: z.record(spelling, limit).optional().describe('limits it has without saying so'),
  sizesWrong: yes('the sizes it declares are not to be believed'),
  listWrong: yes('the properties it declares are not all it has'),
  whenEmpty: oneOf(['omit', 'send', 'dash'], 'how a field is emptied: left out, sent empty, or sent as "-"'),
  leaveOut: z.array(selector).optional().describe('what it must not get'),
  writeAs: z.record(selector, spelling).optional().describe('how a property is written for it'),
  readAs: z.record(selector, spelling).optional().describe('what a property it writes means'),
  last: z.array(selector).optional().describe('what stands at the end, in this order'),
  firstOnly: z.array(selector).optional().describe('of these it takes one'),
  places: z
    .array(spelling)
    .min(1)
    .optional()
    .describe('these are always there, at the end and in this order, empty where there is none: it knows them by their place'),
  addressLines: oneOf(['sent', 'both'], 'an address is lines of a LABEL to it, one a part: those it sends, or those it gets as well'),
  addressSwapped: yes("in an address it sends, the second and the third part stand in each other's place"),
  digitsOnly: yes('telephone numbers have digits and + only'),
  plainParameters: yes('TEL and EMAIL with a parameter it does not know are dropped'),
  adds: z
    .array(
      z.string().regex(/^(?:card|event|task):[A-Z][A-Z0-9-]*:[^:]+$/, { error: 'a property with its value, such as event:PRIORITY:0' }),
    )
    .min(1)
    .optional()
    .describe('what it adds to entries by itself'),
  needs: z.array(selector).min(1).optional().describe('what no item may be without: it is sent empty'),
  looseSpaces: yes('it adds and loses spaces within texts'),
  phoneSlots: z.string().optional().describe('how it keeps telephone numbers, in words'),
  emailInternet: yes('EMAIL needs INTERNET'),
  placeholder: spelling.optional().describe('what a contact without number and address gets, with "-" as its value'),
  photo: z
    .strictObject({
      none: yes('it must not get photos'),
      type: no('PHOTO has no TYPE'),
      charset: no('PHOTO has no CHARSET'),
      emptyLine: yes('an empty line follows the data'),
      maxBytes: size('the largest photo it shows, in bytes').optional(),
      maxWidth: size('pixels').optional(),
      maxHeight: size('pixels').optional(),
      formats: z
        .array(z.enum(['jpeg', 'png', 'gif', 'webp', 'bmp']))
        .min(1)
        .optional()
        .describe('pictures it shows'),
    })
    .optional(),
  uid: oneOf(['never', 'wanted'], 'items have no UID, or need one'),
  oneName: yes('it has one field for the whole name'),
});

const messages = z.strictObject({
  maxSize: size('the largest message it bears, in bytes'),
  usePercent: z.number().int().min(10).max(100).optional().describe('how much of the size it allows is used'),
  errorItems: no('a Status with an error has no Item'),
  itemStatuses: no('no Status for each Add, Replace and Delete'),
  alreadyExists: z.literal(200).optional().describe('the Status in place of 418'),
  itemSizeWrong: yes('Size of an item says nothing'),
  sizePlus: z.number().int().min(1).max(16).optional().describe('bytes Size of a large object is given above its length'),
  largeObjects: no('it cannot put large objects together, whatever it declares'),
  namespace: no('no xmlns on SyncML'),
  data: oneOf(['cdata', 'escaped'], 'how item data stands in XML'),
  storeSpelledAsAsked: yes('our device information spells a datastore as the phone did'),
  emailStore: no('our device information names no store for e-mail'),
  plainSyncCaps: yes('our device information names the standard SyncType values only'),
  propertyLists: no('our device information lists no properties'),
  credentials: oneOf(['no-nonce', 'not-again'], 'md5 is made without the nonce first, or commands are not sent again after a challenge'),
  endsEarly: yes('it does not send the last Statuses'),
  compression: no('it does not read compressed answers'),
});

const sync = z.strictObject({
  slowOnly: yes('it cannot do any other than a slow sync'),
  refreshes: no('refreshes and one-way syncs do not work'),
  replaceInSlow: no('a Replace in a slow sync is too much for it'),
  changesMode: no('it does not accept another type of sync than it asked for'),
  anchorsUnreliable: yes('its anchors may differ after a sync that ended well'),
  assumedType: oneOf(['by-store', 'by-content'], 'what an item without a type is taken for'),
  formats: z
    .array(z.string().regex(/^[a-z]+\/[a-z0-9.+-]+ [0-9.]+$/, { error: 'a media type and its version, such as "text/x-vcard 2.1"' }))
    .optional()
    .describe('the formats it is given, whatever it declares'),
});

export const traitsSchema = z.strictObject({
  time: time.optional(),
  calendar: calendar.optional(),
  text: text.optional(),
  fields: fields.optional(),
  messages: messages.optional(),
  sync: sync.optional(),
});

export type Traits = z.output<typeof traitsSchema>;
export type Group = keyof Traits;
export const GROUPS = ['time', 'calendar', 'text', 'fields', 'messages', 'sync'] as const satisfies readonly Group[];
export type DayForm = (typeof DAY_FORMS)[number];
export type OddDayForm = (typeof ODD_DAY_FORMS)[number];

/** `calendar.days`: every field there is, with what it means. */
export const TRAIT_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({ time, calendar, text, fields, messages, sync }).flatMap(([group, schema]) =>
    Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, field]) =>
      group === 'fields' && name === 'photo'
        ? [[`${group}.${name}`, 'how photos are written'] as const]
        : [[`${group}.${name}`, field.description ?? ''] as const],
    ),
  ),
);
