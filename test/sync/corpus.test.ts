/** Items of all makes, whole and broken, through the server: kept as they came, given to a device of another format, and not changed by its echo. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instanceAlone, instancesIn } from '../../src/content/series/instances.js';
import { loneInstance, seriesUid, withElsewhere } from '../../src/content/series/lone.js';
import { acceptable } from '../../src/content/check.js';
import { converted, readable } from '../../src/content/conversion/convert.js';
import { familyOf, type Format } from '../../src/content/conversion/format.js';
import { describe as describeItem } from '../../src/content/describe.js';
import { textOf } from '../../src/content/conversion/units.js';
import { splitItems } from '../../src/content/split.js';
import { Alert } from '../../src/model/alert.js';
import { Bench, PASSWORD, USER } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';

const FIXTURES = join(import.meta.dirname, '../../fixtures/content');
const CORPUS = join(import.meta.dirname, '../../../shared/corpus');
const MOST_BYTES = 40_000;

interface Kind {
  readonly what: string;
  /** Of the files that hold such items. */
  readonly path: RegExp;
  readonly brings: StoreProfile;
  readonly gets: StoreProfile;
  readonly format: Format;
  /** One in so many, where conversion is slow and is tried on all of them elsewhere. */
  readonly oneIn?: number;
}

const SIF_FILE = /sif.*(?:\.xml|\.sifc)$|sif\d\.txt$/i;

const KINDS: readonly Kind[] = [
  {
    what: 'contacts, to a device of vCard 3.0',
    path: /\/(?:vcard|android-vcard|syncmldotnet)\/.*(?:vcf|vcard|txt)$/i,
    brings: STORES.contacts,
    gets: { ...STORES.contacts, type: 'text/vcard', verCt: '3.0' },
    format: 'vcard30',
  },
  {
    what: 'contacts, to a device of vCard 2.1',
    path: /\/(?:vcard|android-vcard|syncmldotnet)\/.*(?:vcf|vcard|txt)$/i,
    brings: { ...STORES.contacts, type: 'text/vcard', verCt: '3.0' },
    gets: STORES.contacts,
    format: 'vcard21',
  },
  {
    what: 'events and tasks, to a device of iCalendar 2.0',
    path: /\/(?:vcalendar|biweekly|python-icalendar|syncmldotnet)\/.*(?:ics|vcs|vcal|txt)$/i,
    brings: STORES.calendar,
    gets: { ...STORES.calendar, type: 'text/calendar', verCt: '2.0' },
    format: 'ical20',
  },
  {
    what: 'events and tasks, to a device of vCalendar 1.0',
    path: /\/(?:vcalendar|biweekly|python-icalendar|syncmldotnet)\/.*(?:ics|vcs|vcal|txt)$/i,
    brings: { ...STORES.calendar, type: 'text/calendar', verCt: '2.0' },
    gets: STORES.calendar,
    format: 'vcal10',
  },
  {
    what: 'SIF contacts, to a device of vCard 3.0',
    path: SIF_FILE,
    brings: { ...STORES.contacts, type: 'text/x-s4j-sifc', verCt: '1.0' },
    gets: { ...STORES.contacts, type: 'text/vcard', verCt: '3.0' },
    format: 'vcard30',
  },
  {
    what: 'SIF events, to a device of vCalendar 1.0',
    path: SIF_FILE,
    brings: { ...STORES.calendar, type: 'text/x-s4j-sife', verCt: '1.0' },
    gets: STORES.calendar,
    format: 'vcal10',
  },
  {
    what: 'contacts, to a device of SIF',
    path: /\/(?:vcard|android-vcard|syncmldotnet)\/.*(?:vcf|vcard|txt)$/i,
    brings: STORES.contacts,
    gets: { ...STORES.contacts, type: 'text/x-s4j-sifc', verCt: '1.0' },
    format: 'sifc',
    oneIn: 5,
  },
];

function itemsOf(folder: string, { path, brings }: Kind): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && path.test(join(entry.parentPath, entry.name)))
    .sort((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))
    .flatMap((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      // What does not come apart is sent as it is.
      const items = splitItems(bytes, brings.type);
      return (items.length > 0 ? items : [bytes]).map((item) => Buffer.from(item));
    })
    .filter((item) => item.length < MOST_BYTES && acceptable(item, brings.type).ok);
}

const sorted = (items: Iterable<Uint8Array>): string[] => [...items].map((bytes) => Buffer.from(bytes).toString('latin1')).sort();

describe('sync: items of all makes', function () {
  this.timeout(120_000);
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open({ timeZone: 'UTC' });
  });
  afterEach(() => bench.close());
  const device = (uri: string, store: StoreProfile): ModelDevice =>
    new ModelDevice(
      { uri, user: USER, password: PASSWORD, stores: [store], maxMsgSize: 60_000, sendLimit: 60_000 },
      bench.transport,
      'http://sync.example/sync',
    );
  for (const [name, folder] of [
    ['the fixtures', FIXTURES],
    ['the corpus', CORPUS],
  ] as const) {
    if (!existsSync(folder)) {
      it(`is not run over ${name}`, function () {
        console.log(`    (no corpus of items at ${folder}: only the fixtures go through the server)`);
        this.skip();
      });
      continue;
    }
    for (const kind of KINDS) {
      const { target } = kind.brings;
      const items = itemsOf(folder, kind).filter((_, at) => at % (kind.oneIn ?? 1) === 0);
      if (items.length === 0) continue;
      const formOf = (bytes: Buffer): Buffer | undefined => {
        const item = readable(bytes, kind.brings.type);
        if (!item || familyOf(item.format) !== familyOf(kind.format)) return undefined;
        if (item.format === kind.format) return bytes;
        const there = converted(item, kind.format);
        return there && Buffer.from(textOf(there), 'latin1');
      };

      it(`${name}: ${kind.what}`, async () => {
        const having = items.filter((bytes) => formOf(bytes) !== undefined);
        assert.ok(having.length > (folder !== CORPUS ? 0 : kind.path === SIF_FILE ? 3 : 200 / (kind.oneIn ?? 1)), `${having.length} items`);
        const [first, second] = [device('first', kind.brings), device('second', kind.gets)];
        for (const bytes of having) first.store(target).add(bytes);
        await first.sync(Alert.SlowSync);
        assert.deepEqual(sorted(await contents(target)), sorted(having), 'each is kept as it came, once');

        await second.sync(Alert.SlowSync);
        const got = [...second.store(target).items.values()];
        // A device of 1.0 has changed instances of a series beside it, and the series without their days.
        const { type } = kind.brings;
        const isApart = kind.format === 'vcal10';
        const apart = having.flatMap((bytes) =>
          isApart ? instancesIn(bytes, type).flatMap((one) => instanceAlone(bytes, type, one) ?? []) : [],
        );
        const ofSeries = (bytes: Buffer, uid = seriesUid(bytes, type)): Buffer[] =>
          having.filter((one) => isApart && one !== bytes && uid !== undefined && seriesUid(one, type) === uid);
        const given = having.map((bytes) =>
          withElsewhere(
            bytes,
            type,
            ofSeries(bytes).flatMap((one) => loneInstance(one, type) ?? []),
          ),
        );
        assert.deepEqual(
          sorted(got.map(({ bytes }) => bytes)),
          sorted([...given, ...apart].map((bytes) => formOf(Buffer.from(bytes)) ?? bytes)),
          'each in its own format',
        );

        for (const { luid, bytes } of got) second.store(target).replace(luid, bytes);
        await second.sync(Alert.TwoWay);
        await second.sync(Alert.SlowSync);
        assert.deepEqual(sorted(await contents(target)), sorted(having), 'an echo of all of them changes none');
        await first.sync(Alert.TwoWay);
        assert.deepEqual(sorted([...first.store(target).items.values()].map(({ bytes }) => bytes)), sorted(having));
      });

      it(`${name}: ${kind.what}: what has no form there, or cannot be understood, is kept and told of`, async () => {
        const odd = items.filter((bytes) => formOf(bytes) === undefined);
        if (folder === CORPUS && target === 'calendar' && kind.path !== SIF_FILE) assert.ok(odd.length > 5, `${odd.length} items`);
        const first = device('first', kind.brings);
        for (const bytes of odd) first.store(target).add(bytes);
        await first.sync(Alert.SlowSync);
        assert.deepEqual(sorted(await contents(target)), sorted(odd));
        const unread = odd.filter((bytes) => !describeItem(bytes, kind.brings.type).parsed);
        const told = bench.logged.filter(({ event }) => event === 'item-not-understood');
        assert.equal(told.length, unread.length, 'a warning for each that was not understood');
        await first.sync(Alert.SlowSync);
        assert.deepEqual(sorted(await contents(target)), sorted(odd), 'a slow sync doubles none');
      });
    }
  }

  const contents = (uri: string): Promise<readonly Uint8Array[]> =>
    bench.read(async (reader) => {
      const datastore = await reader.datastores.byUri(uri);
      const found: Uint8Array[] = [];
      for (const item of datastore ? await reader.items.list(datastore.id) : [])
        found.push((await reader.items.content(datastore?.id ?? assert.fail(), item.guid)) ?? assert.fail());
      return found;
    });
});
