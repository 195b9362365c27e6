/** Items as a device can hold them, by what it says of itself. [DevInf 1.2, "UTC", "MaxSize", "NoTruncate", "MaxOccur"] */
import { Alert } from '../../model/alert.js';
import type { CtCap, CtProperty } from '../../model/devinf.js';
import { active, type ConformanceCase } from '../case.js';
import type { DeviceOptions, LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import { countOf, propertyOf } from '../lab/items.js';
import type { Lab } from '../lab/lab.js';
import type { Place } from '../lab/target.js';

const CALENDARS = ['text/x-vcalendar', 'text/calendar'] as const;
const CARDS = ['text/x-vcard', 'text/vcard'] as const;
/** Longer than the limits below, and a text that no encoding has to escape. */
const FILLER = 100;
const LIMIT = 20;

/** The property of this kind of item that holds a long text. */
const longProperty = ({ kind }: Place): string => (CARDS.some((type) => type === kind.type) ? 'NOTE' : 'DESCRIPTION');
const FRAME = ['BEGIN', 'END', 'VERSION'];
const PROPERTIES = {
  NOTE: [...FRAME, 'N', 'FN', 'TEL'],
  DESCRIPTION: [...FRAME, 'PRODID', 'UID', 'SUMMARY', 'LOCATION', 'DTSTART', 'DTEND'],
} as const;

function ctCap(place: Place, special: readonly CtProperty[]): CtCap {
  const usual = PROPERTIES[longProperty(place) === 'NOTE' ? 'NOTE' : 'DESCRIPTION'];
  const names = usual.filter((name) => special.every((one) => one.name !== name));
  return { ctType: place.kind.type, verCt: place.kind.verCt, properties: [...names.map((name) => ({ name })), ...special] };
}

/** A name nobody else uses: the datastore may be one that is not emptied before the case. */
const uniqueName = (lab: Lab, what: string): string => `${what}${lab.run}${lab.name()}`;

/** Has an item in the datastore while `look` runs. */
async function withItem(lab: Lab, place: Place, text: string, look: () => Promise<void>): Promise<void> {
  const owner = lab.device();
  const store = owner.storeAt(place);
  const add = drafts.add('1', text, place.kind.type);
  const { session } = await lab.sync(owner, Alert.SlowSync, [add], { store });
  const code = session.code(add);
  lab.given(code !== undefined && code < 300, `an item could not be put on the server: ${code ?? 'no Status'}`);
  try {
    await look();
  } finally {
    await lab.sync(owner, Alert.TwoWay, [drafts.remove('1')], { store });
  }
}

/** The item of this name as a new device of these abilities gets it. @throws {Inconclusive} when it does not. */
async function asGotBy(
  lab: Lab,
  place: Place,
  name: string,
  options: DeviceOptions,
): Promise<{ text: string; luid: string; device: LabDevice }> {
  const device = lab.device(options);
  const store = device.storeAt(place);
  await lab.sync(device, Alert.SlowSync, [], { store });
  const found = [...store.items].find(([, { text }]) => place.kind.read(text)?.name === name);
  lab.given(found !== undefined, 'the device does not get the item');
  const [luid = '', { text } = { text: '' }] = found ?? [];
  return { text, luid, device };
}

/** DTSTART of an event given in UTC, as a device with or without the UTC flag gets it. */
async function startFor(lab: Lab, utc: boolean): Promise<string> {
  const place = lab.needsStoreFor(CALENDARS);
  const name = uniqueName(lab, 'event');
  let start = '';
  await withItem(lab, place, place.kind.make(name), async () => {
    const { text } = await asGotBy(lab, place, name, { utc });
    start = propertyOf(text, 'DTSTART') ?? '';
  });
  lab.given(/^\d{8}T\d{6}Z?$/.test(start), `the event has no DTSTART with a time: ${start || 'none'}`);
  return start;
}

/** A long text, as a device gets it that holds `LIMIT` characters of it. */
async function longTextFor(lab: Lab, noTruncate: boolean): Promise<{ sent: string; got: string | undefined; property: string }> {
  const place = lab.needsStoreFor([...CARDS, ...CALENDARS]);
  const property = longProperty(place);
  const name = uniqueName(lab, 'long');
  const sent = place.kind.make(name, { filler: FILLER });
  let got: string | undefined;
  await withItem(lab, place, sent, async () => {
    const limited = { name: property, maxSize: LIMIT, ...(noTruncate ? { noTruncate } : {}) };
    got = propertyOf((await asGotBy(lab, place, name, { ctCaps: [ctCap(place, [limited])] })).text, property);
  });
  return { sent: propertyOf(sent, property) ?? '', got, property };
}

export const DEVINF_RENDERING_CASES: readonly ConformanceCase[] = [
  active(
    'DEV-015',
    async (lab) => {
      const start = await startFor(lab, false);
      lab.check(!start.endsWith('Z'), 'DTSTART for a client without UTC is in local time', start);
    },
    { versions: ['1.1', '1.2'] },
  ),
  active(
    'DEV-016',
    async (lab) => {
      const start = await startFor(lab, true);
      lab.check(start.endsWith('Z'), 'DTSTART for a client with UTC is in UTC', start);
    },
    { versions: ['1.1', '1.2'] },
  ),
  active(
    'DEV-017',
    async (lab) => {
      const { sent, got, property } = await longTextFor(lab, false);
      const what = `${property} of ${sent.length} characters is cut to the MaxSize of ${LIMIT}`;
      lab.check(got !== undefined && got.length > 0 && got.length <= LIMIT && sent.startsWith(got), what, got ?? 'left out');
    },
    { versions: ['1.2'] },
  ),
  active(
    'DEV-018',
    async (lab) => {
      const { got, property } = await longTextFor(lab, true);
      lab.check((got ?? '') === '', `${property} that is longer than MaxSize is left out where NoTruncate says so`, got ?? 'left out');
    },
    { versions: ['1.2'] },
  ),
  active(
    'DEV-019',
    async (lab) => {
      const place = lab.needsStoreFor(CARDS);
      const name = uniqueName(lab, 'phones');
      const numbers = [1, 2, 3, 4].map((n) => `TEL:+4420${n}\r\n`).join('');
      await withItem(lab, place, place.kind.make(name).replace(/^END:VCARD/m, `${numbers}END:VCARD`), async () => {
        const { text } = await asGotBy(lab, place, name, { ctCaps: [ctCap(place, [{ name: 'TEL', maxOccur: 2 }])] });
        const count = countOf(text, 'TEL');
        lab.check(count <= 2, 'a client of MaxOccur 2 gets two of five TEL at most', String(count));
      });
    },
    { versions: ['1.2'] },
  ),
  active('DEV-024', async (lab) => {
    const place = lab.needsStoreFor([...CARDS, ...CALENDARS]);
    const property = longProperty(place);
    const name = uniqueName(lab, 'kept');
    const whole = place.kind.make(name, { filler: FILLER });
    await withItem(lab, place, whole, async () => {
      const { luid, device } = await asGotBy(lab, place, name, { ctCaps: [ctCap(place, [])] });
      const replace = drafts.replace(luid, place.kind.make(name, { edit: 2 }), place.kind.type);
      const { session } = await lab.sync(device, Alert.TwoWay, [replace], { store: device.storeAt(place), granted: Alert.TwoWay });
      const code = session.code(replace);
      lab.given(code !== undefined && code < 300, `the Replace is answered with ${code ?? 'no Status'}`);
      const { text } = await asGotBy(lab, place, name, {});
      lab.given(place.kind.read(text)?.edit === 2, 'the Replace changed nothing');
      lab.equal(propertyOf(text, property), propertyOf(whole, property), `${property}, after the Replace of a client that has none`);
    });
  }),
];
