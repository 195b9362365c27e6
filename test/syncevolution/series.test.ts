/** Series, zones, tasks and notes between devices of different formats, changed on both sides, in the same item too. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { meanings } from './compare.js';
import type { Device } from './device.js';
import { named, note, task, type Store } from './items.js';
import { assertSame, assertWent, Scene } from './scene.js';
import { describeWithClient } from './tools.js';

const BERLIN = [
  'BEGIN:VTIMEZONE',
  'TZID:Europe/Berlin',
  'BEGIN:STANDARD',
  'DTSTART:19701025T030000',
  'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'TZNAME:CET',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:19700329T020000',
  'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'TZNAME:CEST',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
];

const calendar = (...inner: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//example//made up//EN', ...BERLIN, ...inner, 'END:VCALENDAR', ''].join('\r\n');
const entry = (kind: string, ...lines: readonly string[]): string[] => [
  `BEGIN:${kind}`,
  'DTSTAMP:20260101T000000Z',
  ...lines,
  `END:${kind}`,
];

/** Every Monday at ten in Berlin, but one; over the end of daylight-saving time. */
const series = (summary: string, room: string): string =>
  calendar(
    ...entry(
      'VEVENT',
      'UID:series@example.com',
      `SUMMARY:${named(1)} ${summary}`,
      `LOCATION:${room}`,
      'DTSTART;TZID=Europe/Berlin:20261005T100000',
      'DTEND;TZID=Europe/Berlin:20261005T113000',
      'RRULE:FREQ=WEEKLY;UNTIL=20261109T090000Z;BYDAY=MO',
      'EXDATE;TZID=Europe/Berlin:20261019T100000',
    ),
  );
/** Every Monday at ten, with these lines more. */
const weekly = (name: string, more: readonly string[]): string[] =>
  entry(
    'VEVENT',
    `UID:${name}@example.com`,
    `SUMMARY:${name}`,
    'DTSTART;TZID=Europe/Berlin:20261005T100000',
    'DTEND;TZID=Europe/Berlin:20261005T103000',
    'RRULE:FREQ=WEEKLY;UNTIL=20261109T090000Z;BYDAY=MO',
    ...more,
  );
const planning = (name: string, more: readonly string[]): string => calendar(...weekly(name, more));
/** The second Monday of it, at another time. */
const instanceOf = (name: string, start: string): string[] => [
  'RECURRENCE-ID;TZID=Europe/Berlin:20261012T100000',
  `SUMMARY:${name} moved`,
  `DTSTART;TZID=Europe/Berlin:${start}`,
  `DTEND;TZID=Europe/Berlin:${start.replace('0000', '3000')}`,
];
const movedTo = (start: string, how: string): string[] =>
  entry('VEVENT', 'UID:planning@example.com', ...instanceOf('planning', start).map((line) => line.replace(/moved$/, how)));

/** A single one, in winter, late: another day in UTC than in Auckland. */
const late = (summary: string): string =>
  calendar(
    ...entry(
      'VEVENT',
      'UID:late@example.com',
      `SUMMARY:${named(2)} ${summary}`,
      'DTSTART;TZID=Europe/Berlin:20261215T233000',
      'DTEND;TZID=Europe/Berlin:20261216T003000',
    ),
  );

const assertHolds = (device: Device, store: Store, items: readonly string[]): void =>
  assertSame(`${store} on ${device.id}`, meanings(device.items(store).values()), meanings(items));

describeWithClient('SyncEvolution: series, zones, tasks and notes in different formats', function () {
  this.timeout(90_000);
  let scene: Scene;
  before(async () => {
    scene = await Scene.open();
  });
  after(async () => {
    await scene?.close();
  });

  async function two(user: string, store: Store, folder: string, old: string, now: string): Promise<{ first: Device; second: Device }> {
    await scene.addUser(user);
    const device = (id: string, wire: string): Device =>
      scene.device(user, id, { stores: { [store]: folder }, wireTypes: { [store]: wire } });
    return { first: device('first', old), second: device('second', now) };
  }
  const all = async (...devices: readonly Device[]): Promise<void> => {
    for (const one of devices) assertWent(await one.sync('two-way'));
  };

  it('a series in a zone with an exception, and one that is another day elsewhere: moved and renamed on both sides', async () => {
    const { first, second } = await two('series', 'calendar', 'text/calendar', 'text/calendar', 'text/x-vcalendar');
    first.put('calendar', 'series', series('planning', 'Room 4'));
    first.put('calendar', 'late', late('supper'));
    for (const one of [first, second]) assertWent(await one.sync('slow'));
    assertHolds(second, 'calendar', [series('planning', 'Room 4'), late('supper')]);

    // The title there, the room here: one item, two edits, and both stand.
    const there = second.find('calendar', named(1));
    second.put('calendar', there, (second.items('calendar').get(there) ?? '').replace('planning', 'review'));
    first.put('calendar', 'series', series('planning', 'Room 5'));
    first.put('calendar', 'late', late('dinner'));
    await all(first, second, first);
    for (const one of [first, second]) assertHolds(one, 'calendar', [series('review', 'Room 5'), late('dinner')]);
    for (const one of [first, second]) assertWent(await one.sync('slow'));
    for (const one of [first, second]) assertHolds(one, 'calendar', [series('review', 'Room 5'), late('dinner')]);
    const [stored = ''] = (await scene.items('series', 'calendar')).filter((text) => text.includes('review'));
    assert.match(stored, /TZID[^\r\n]*Europe\/Berlin[^\r\n]*:20261005T100000/, 'it stays in its zone');
  });

  it('a changed instance: an event of its own in vCalendar 1.0, and in the series no more on its day; edited on both sides', async () => {
    const { first, second } = await two('instances', 'calendar', 'text/calendar', 'text/calendar', 'text/x-vcalendar');
    // The client takes one entry an item, so that it sends an instance beside its series; the operator brings one that is in its series.
    first.put('calendar', 'planning', planning('planning', []));
    first.put('calendar', 'moved', calendar(...movedTo('20261013T150000', 'moved')));
    assertWent(await first.sync('slow'));
    const file = join(scene.server.root, 'whole.ics');
    writeFileSync(
      file,
      calendar(...weekly('whole', []), ...entry('VEVENT', 'UID:whole@example.com', ...instanceOf('whole', '20261020T090000'))),
    );
    await scene.server.command('item', 'import', file, '--user', 'instances', '--datastore', 'calendar');
    assertWent(await second.sync('slow'));
    const alone = (summary: string, start: string): string =>
      calendar(
        ...entry(
          'VEVENT',
          `SUMMARY:${summary}`,
          `DTSTART;TZID=Europe/Berlin:${start}`,
          `DTEND;TZID=Europe/Berlin:${start.replace('0000', '3000')}`,
        ),
      );
    const except = ['EXDATE;TZID=Europe/Berlin:20261012T100000'];
    const whole = [calendar(...weekly('whole', except)), alone('whole moved', '20261020T090000')];
    assertHolds(second, 'calendar', [planning('planning', except), alone('planning moved', '20261013T150000'), ...whole]);

    // Moved on the one, renamed on the other.
    first.put('calendar', 'moved', calendar(...movedTo('20261013T160000', 'moved')));
    for (const [from, to] of [
      ['planning moved', 'planning moved again'],
      ['whole moved', 'whole moved again'],
    ] as const) {
      const [name, text] = [...second.items('calendar')].find(([, one]) => one.includes(from)) ?? assert.fail(from);
      second.put('calendar', name, text.replace(from, to));
    }
    assertWent(await second.sync('two-way'));
    assertWent(await first.sync('two-way'));
    assertWent(await second.sync('two-way'));
    const after = [alone('planning moved again', '20261013T160000'), alone('whole moved again', '20261020T090000')];
    assertHolds(second, 'calendar', [planning('planning', except), calendar(...weekly('whole', except)), ...after]);
    const own = [...first.items('calendar').values()].filter((text) => text.includes('planning'));
    assertSame('on the first', meanings(own), meanings([planning('planning', []), calendar(...movedTo('20261013T160000', 'moved again'))]));
    const stored = (await scene.items('instances', 'calendar')).filter((text) => text.includes('whole'));
    assert.equal(stored.length, 1, 'the instance is in its series');
    assert.match(stored[0] ?? '', /RECURRENCE-ID;TZID=Europe\/Berlin:20261012T100000[^]*SUMMARY:whole moved again/);
  });

  it('tasks: of vCalendar 1.0 and iCalendar 2.0, changed on both sides', async () => {
    const { first, second } = await two('tasks', 'tasks', 'text/calendar', 'text/x-vcalendar', 'text/calendar');
    // Numbers of which the priority is 1: the client writes any other in 1.0 as something else.
    const [a, b, c] = [9, 18, 27] as const;
    for (const n of [a, b, c]) first.put('tasks', `t${n}`, task(n));
    for (const one of [first, second]) assertWent(await one.sync('slow'));
    for (const text of await scene.items('tasks', 'tasks')) assert.match(text, /VERSION:1\.0/);
    assertHolds(second, 'tasks', [task(a), task(b), task(c)]);

    const due = (text: string): string => text.replace(/DUE:\d{8}/, 'DUE:20271224');
    first.put('tasks', first.find('tasks', named(a)), task(a, 'changed on the first'));
    second.put('tasks', second.find('tasks', named(a)), due(task(a)));
    second.put('tasks', second.find('tasks', named(b)), task(b, 'changed on the second'));
    await all(first, second, first);
    const after = [due(task(a, 'changed on the first')), task(b, 'changed on the second'), task(c)];
    for (const one of [first, second]) assertHolds(one, 'tasks', after);
  });

  it('notes: two devices of one format beside each other', async () => {
    const { first, second } = await two('notes', 'notes', 'text/plain', 'text/plain', 'text/plain');
    for (const n of [1, 2]) first.put('notes', `n${n}`, note(n));
    for (const one of [first, second]) assertWent(await one.sync('slow'));
    second.put('notes', second.find('notes', named(2)), note(2, 'changed on the second'));
    await all(second, first);
    for (const one of [first, second]) assertHolds(one, 'notes', [note(1), note(2, 'changed on the second')]);
  });
});
