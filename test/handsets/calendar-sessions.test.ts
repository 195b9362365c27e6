/**
 * Every profile is played with a calendar, tasks and notes: what a desktop has written reaches the phone, comes back in the phone's own words and
 * changes nothing, and one field that is edited there changes just that field, on the desktop too.
 */
import assert from 'node:assert/strict';
import { setTimeZone } from '../../src/accounts/users.js';
import { describe as described } from '../../src/content/describe.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { HandsetFinder } from '../../src/handsets/handset.js';
import type { Resolved } from '../../src/handsets/inheritance.js';
import type { Identity } from '../../src/handsets/profile.js';
import { add, replace } from '../engine/support/messages.js';
import { Bench, USER } from '../exchange/support/bench.js';
import { mangleAsPhone } from '../support/mangle-as-phone.js';
import { timesAsPhone } from '../support/mangle-times.js';
import { Phone } from './support/phone.js';

const library = openLibrary();
const profiles = library.families.flatMap((family) => family.profiles);
const CALENDAR = 'text/calendar';
const LEGACY = 'text/x-vcalendar';
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const canonical = (bytes: Uint8Array | string, type: string): string =>
  Buffer.from(described(Buffer.from(bytes), type).canonical)
    .toString('utf8')
    .replaceAll('\x1d', '\n');

const entry = (kind: 'VEVENT' | 'VTODO', ...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Desk//EN', `BEGIN:${kind}`, ...lines, `END:${kind}`, 'END:VCALENDAR', ''].join('\r\n');

/** What the desktop has, each with a word in its title that nothing else has. */
const EVENTS: Readonly<Record<string, string>> = {
  meeting: entry(
    'VEVENT',
    'UID:meeting@desk',
    'DTSTAMP:20260101T000000Z',
    'SUMMARY:Meeting',
    'DTSTART;TZID=Europe/Berlin:20260610T140000',
    'DTEND;TZID=Europe/Berlin:20260610T150000',
    'LOCATION:Room 1',
    'DESCRIPTION:Bring papers',
    'X-DESK-COLOUR:red',
    'BEGIN:VALARM',
    'ACTION:AUDIO',
    'TRIGGER:-PT15M',
    'END:VALARM',
  ),
  day: entry(
    'VEVENT',
    'UID:day@desk',
    'DTSTAMP:20260101T000000Z',
    'SUMMARY:Day off',
    'DTSTART;VALUE=DATE:20260612',
    'DTEND;VALUE=DATE:20260613',
  ),
  week: entry(
    'VEVENT',
    'UID:week@desk',
    'DTSTAMP:20260101T000000Z',
    'SUMMARY:Grüße vom Chor',
    'DTSTART;TZID=Europe/Berlin:20260609T190000',
    'DTEND;TZID=Europe/Berlin:20260609T210000',
    'RRULE:FREQ=WEEKLY;BYDAY=TU',
    'CATEGORIES:Music',
  ),
};
const TASK = entry(
  'VTODO',
  'UID:task@desk',
  'DTSTAMP:20260101T000000Z',
  'SUMMARY:Paint',
  'DUE;VALUE=DATE:20260615',
  'PRIORITY:1',
  'STATUS:NEEDS-ACTION',
);
const NOTE = 'Shopping\r\nmilk, eggs; bread';

async function contentsOf(bench: Bench, uri: string): Promise<string[]> {
  return bench.texts(uri);
}

/** A day of the above, by its title. */
const DAYS: readonly (readonly [title: string, day: string])[] = [['Day off', '20260612']];

interface Play {
  readonly bench: Bench;
  readonly profile: Resolved;
  readonly sample: Identity;
  readonly desktop: Phone;
  readonly store: string;
}

/** The phone's own way of writing what it holds. */
function own({ profile }: Play, bytes: Uint8Array, turn: number): string {
  const text = textOf(bytes);
  if (!text.startsWith('BEGIN:VCALENDAR')) return text;
  const day = DAYS.find(([title]) => text.includes(title))?.[1];
  const timed = timesAsPhone(text, profile.traits, day);
  // Bytes that name no charset are no text here.
  return Buffer.from(mangleAsPhone(Buffer.from(timed), LEGACY, profile.traits, { turn })).toString('latin1');
}

async function plays(play: Play, edit: readonly [from: string, to: string], wanted: (stored: string) => string): Promise<void> {
  const { bench, desktop, sample, store, profile } = play;
  const type = store === 'notes' ? 'text/plain' : LEGACY;
  const phone = new Phone(bench, sample, { store, types: [[type, '1.0']], maxMsgSize: 10_000, devInf: { utc: true } });
  const before = await contentsOf(bench, store);
  await phone.sync(201, []);
  assert.equal(phone.items.size, before.length, `the phone has all of ${store}`);

  const echo = await phone.sync(
    200,
    [...phone.items].map(([luid, bytes]) => replace(luid, own(play, bytes, 2), { meta: { type } })),
  );
  assert.deepEqual(echo.received, [], `${store}: nothing goes back`);
  assert.deepEqual(await contentsOf(bench, store), before, `${store}: nothing has changed`);
  assert.deepEqual((await desktop.sync(200, [])).received, [], `${store}: the desktop hears nothing`);

  const [luid, held] = [...phone.items].find(([, bytes]) => textOf(bytes).includes(edit[0])) ?? assert.fail(`the phone has ${edit[0]}`);
  await phone.sync(200, [replace(luid, own(play, Buffer.from(textOf(held).replace(...edit)), 1), { meta: { type } })]);
  const heard = await desktop.sync(200, []);
  assert.deepEqual(
    heard.received.map(({ kind }) => kind),
    ['Replace'],
    `${store}: one edit`,
  );
  const expected = before.map((text) => (text.includes(edit[0]) ? wanted(text) : text));
  const kind = store === 'notes' ? 'text/plain' : CALENDAR;
  const all = (texts: readonly string[]): string[] => texts.map((text) => canonical(text, kind)).sort();
  assert.deepEqual(all(await contentsOf(bench, store)), all(expected), `${store}: ${profile.id} changes what was edited`);
}

async function playAll(bench: Bench, profile: Resolved, sample: Identity): Promise<void> {
  await setTimeZone(bench.temp.store, USER, 'Europe/Berlin');
  const isOne = profile.traits.calendar?.holdsTasks === true;
  const desk = (store: string, types: readonly (readonly [string, string])[]): Phone =>
    new Phone(bench, { man: 'Patrick Ohly', mod: 'SyncEvolution' }, { store, types, devInf: { utc: true } });
  const calendar = desk('calendar', [[CALENDAR, '2.0']]);
  const meta = { type: CALENDAR };
  await calendar.sync(
    201,
    [...Object.values(EVENTS), ...(isOne ? [TASK] : [])].map((text, at) => add(`desk${at}`, text, { meta })),
  );
  const play = { bench, profile, sample };
  await plays({ ...play, desktop: calendar, store: 'calendar' }, ['Room 1', 'Room 2'], (text) => text.replace('Room 1', 'Room 2'));
  const tasks = isOne ? calendar : desk('tasks', [[CALENDAR, '2.0']]);
  if (!isOne) await tasks.sync(201, [add('task', TASK, { meta })]);
  await plays({ ...play, desktop: tasks, store: isOne ? 'calendar' : 'tasks' }, ['Paint', 'Varnish'], (text) =>
    text.replace('Paint', 'Varnish'),
  );
  const notes = desk('notes', [['text/plain', '1.0']]);
  await notes.sync(201, [add('note', NOTE, { meta: { type: 'text/plain' } })]);
  await plays({ ...play, desktop: notes, store: 'notes' }, ['eggs', 'butter'], (text) => text.replace('eggs', 'butter'));
}

describe("a phone of every profile, with a user's calendar, tasks and notes", function () {
  this.timeout(10_000);
  for (const profile of profiles) {
    const sample = profile.profile.samples?.[0];
    if (sample)
      it(profile.id, async () => {
        const bench = await Bench.open();
        try {
          bench.handsets = new HandsetFinder({ library });
          bench.exchange = bench.another();
          bench.now = Date.UTC(2026, 5, 1);
          await playAll(bench, profile, sample);
        } finally {
          await bench.close();
        }
      });
  }
});
