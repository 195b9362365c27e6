/** Made-up items for the proofs. `n` picks the content: the same number gives the same item. */

/** The datastores of the wire with the type their files have on the device. */
export const STORES = { contacts: 'text/vcard', calendar: 'text/calendar', tasks: 'text/calendar', notes: 'text/plain' } as const;
export type Store = keyof typeof STORES;

const GIVEN = ['Ada', 'Jörn', 'Ирина', 'Ελένη', 'Nadège', '明'];
const two = (n: number): string => String(n).padStart(2, '0');
/** What every item of this number is called and no other number's: what `Device.find` looks for. */
export const named = (n: number): string => `Sample${String(n).padStart(4, '0')}`;
const lines = (...all: readonly (string | false)[]): string => all.filter((line) => line !== false).join('\r\n') + '\r\n';

/** A phone book entry of vCard 3.0. `note` is the field the proofs edit. */
export function contact(n: number, note = `Met at fair ${n}`): string {
  const given = GIVEN[n % GIVEN.length] ?? 'Ada';
  return lines(
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:${named(n)};${given};;;`,
    `FN:${given} ${named(n)}`,
    `TEL;TYPE=CELL:+1 555 01${two(n % 100)}`,
    n % 2 === 0 && `TEL;TYPE=WORK,FAX:+1 202 555-01${two(n % 100)}`,
    `EMAIL;TYPE=HOME:sample${n}@example.com`,
    n % 3 === 0 && `ADR;TYPE=HOME:;;Beispielweg ${n};Musterstädt;;12345;Exampleland`,
    n % 4 === 0 && 'ORG:Söhne\\; Töchter\\, Ltd;Dept. 7',
    n % 5 === 0 && 'BDAY:1980-02-29',
    `NOTE:${note.replace(/([,;\\])/g, '\\$1').replace(/\n/g, '\\n')}`,
    'END:VCARD',
  );
}

const calendar = (...inner: readonly (string | false)[]): string =>
  lines('BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//example//made up//EN', ...inner, 'END:VCALENDAR');

/** An appointment of iCalendar 2.0: by turns single, all-day and recurring, some with an alarm. */
export function event(n: number, note = `Bring cake ${n}`): string {
  const day = `2026${two(1 + (n % 12))}${two(1 + (n % 27))}`;
  const next = `2026${two(1 + (n % 12))}${two(2 + (n % 27))}`;
  return calendar(
    'BEGIN:VEVENT',
    `UID:event-${n}@example.com`,
    'DTSTAMP:20260101T000000Z',
    `SUMMARY:${named(n)} and café`,
    `DESCRIPTION:${note}`,
    n % 2 === 0 && 'LOCATION:Room 4\\, upstairs',
    ...(n % 3 === 1 ? [`DTSTART;VALUE=DATE:${day}`, `DTEND;VALUE=DATE:${next}`] : [`DTSTART:${day}T090000Z`, `DTEND:${day}T103000Z`]),
    n % 3 === 2 && 'RRULE:FREQ=WEEKLY;UNTIL=20281231T090000Z',
    'END:VEVENT',
  );
}

/** A to-do of iCalendar 2.0. */
export function task(n: number, note = `Details ${n}`): string {
  const day = `2026${two(1 + (n % 12))}${two(1 + (n % 27))}`;
  return calendar(
    'BEGIN:VTODO',
    `UID:task-${n}@example.com`,
    'DTSTAMP:20260101T000000Z',
    `SUMMARY:${named(n)} to do`,
    `DESCRIPTION:${note}`,
    `DUE:${day}T170000Z`,
    `PRIORITY:${1 + (n % 9)}`,
    'STATUS:NEEDS-ACTION',
    'END:VTODO',
  );
}

/** A plain note; its first line is its title. */
export function note(n: number, text = `Second line ${n}`): string {
  return `${named(n)} naïve note\n${text}\n`;
}

/** Any datastore's item. */
export function item(store: Store, n: number, text?: string): string {
  const make = { contacts: contact, calendar: event, tasks: task, notes: note }[store];
  return text === undefined ? make(n) : make(n, text);
}

/** A contact whose picture has `bytes` bytes: the start and end marks of a JPEG around reproducible noise. */
export function contactWithPhoto(n: number, bytes: number): string {
  const photo = Buffer.alloc(bytes);
  for (let at = 0, state = n + 1; at < bytes; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    photo[at] = state >>> 16;
  }
  photo.set([0xff, 0xd8, 0xff, 0xe0], 0);
  photo.set([0xff, 0xd9], bytes - 2);
  return contact(n).replace('END:VCARD', `PHOTO;ENCODING=b;TYPE=JPEG:${photo.toString('base64')}\r\nEND:VCARD`);
}
