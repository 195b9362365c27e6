/** Events and tasks that a phone sends back as it was given them change nothing, and an edit there changes just that: for every profile. */
import assert from 'node:assert/strict';
import { abilitiesFor, type Abilities } from '../../src/content/abilities.js';
import { describe as described } from '../../src/content/describe.js';
import { given, putRight } from '../../src/content/phone-form/echo.js';
import { takeBack } from '../../src/content/taking-back.js';
import { openLibrary } from '../../src/handsets/folder.js';
import type { Traits } from '../../src/handsets/traits.js';
import { mangleAsPhone } from '../support/mangle-as-phone.js';

const TYPE = 'text/x-vcalendar';
const SUMMER = Date.UTC(2007, 6, 15);
const WINTER = Date.UTC(2008, 0, 15);
const profiles = openLibrary().families.flatMap((family) => family.profiles);
const entry = (name: string, ...lines: readonly string[]): Buffer =>
  Buffer.from(['BEGIN:VCALENDAR', 'VERSION:1.0', `BEGIN:${name}`, ...lines, `END:${name}`, 'END:VCALENDAR', ''].join('\r\n'));

const ENTRIES: Readonly<Record<string, Buffer>> = {
  meeting: entry(
    'VEVENT',
    'UID:1',
    'SUMMARY:Meeting',
    'DTSTART:20070610T120000Z',
    'DTEND:20070610T130000Z',
    'LOCATION:Room 1',
    'AALARM:20070610T114500Z',
  ),
  day: entry('VEVENT', 'UID:2', 'SUMMARY:Day off', 'DTSTART:20070610T000000', 'DTEND:20070610T235900'),
  days: entry('VEVENT', 'UID:3', 'SUMMARY:Holidays', 'DTSTART:20070610T000000', 'DTEND:20070613T235900', 'CATEGORIES:Family'),
  birthday: entry('VEVENT', 'UID:4', 'SUMMARY:Birthday', 'DTSTART:19640512T000000', 'DTEND:19640512T235900', 'RRULE:YD1 #0'),
  weekly: entry(
    'VEVENT',
    'UID:5',
    'SUMMARY:Chess',
    'DTSTART:20070605T180000Z',
    'DTEND:20070605T200000Z',
    'RRULE:W1 TU 20071218T180000Z',
    'EXDATE:20070612T180000Z;20070619T180000Z',
  ),
  task: entry('VTODO', 'UID:6', 'SUMMARY:Task', 'DUE:20070620T100000Z', 'PRIORITY:2', 'STATUS:NEEDS ACTION'),
  accents: entry(
    'VEVENT',
    'UID:7',
    'SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=C3=9Fe',
    'DTSTART:20070610T120000Z',
    'DTEND:20070610T130000Z',
  ),
};

const able = (traits: Traits, now: number): Abilities | undefined =>
  abilitiesFor(undefined, TYPE, 'Europe/Berlin', traits, { home: 'Europe/Berlin', now });
const canonical = (bytes: Uint8Array): string => Buffer.from(described(bytes, TYPE).canonical).toString('latin1').replaceAll('\x1d', '\n');
const shown = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('an event that a phone sends back untouched', () => {
  for (const { id, traits } of profiles)
    it(`changes nothing, and an edited title just that: ${id}`, () => {
      for (const [name, stored] of Object.entries(ENTRIES))
        for (const now of [SUMMER, WINTER]) {
          const abilities = able(traits, now);
          if (!abilities) continue;
          const sent = given(stored, TYPE, abilities, { replaces: true });
          const echo = mangleAsPhone(sent, TYPE, traits, { turn: 2 });
          const meant = takeBack(stored, putRight(echo, TYPE, abilities), TYPE, abilities);
          assert.equal(canonical(meant), canonical(stored), `${name}\nsent\n${shown(sent)}\necho\n${shown(echo)}`);
          const edited = Buffer.from(shown(echo).replace(/^SUMMARY[^:]*:.*$/m, 'SUMMARY:Another'), 'latin1');
          const wanted = Buffer.from(shown(stored).replace(/^SUMMARY[^:]*:.*$/m, 'SUMMARY:Another'), 'latin1');
          const after = takeBack(stored, putRight(edited, TYPE, abilities), TYPE, abilities);
          assert.equal(canonical(after), canonical(wanted), `${name} edited\nsent\n${shown(sent)}`);
        }
    });
});
