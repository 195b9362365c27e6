/**
 * Nothing that is known of phones is left out: each key of the collection of quirks that the profiles were made from has its field, each field has
 * its deed and its test, and each rule of the collection holds for the phones it speaks of.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEEDS } from '../../src/handsets/deeds.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { traitPaths } from '../../src/handsets/inheritance.js';
import { TRAIT_WORDS, type Traits } from '../../src/handsets/traits.js';
import type { Identity } from '../../src/handsets/profile.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const library = openLibrary();
const profiles = library.families.flatMap((family) => family.profiles);

/** The keys of the collection, and where their facts stand. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  incomingTime: ['time.incoming'],
  outgoingTime: ['time.outgoing'],
  dstBug: ['time.offsetOfToday'],
  tasksInCalendar: ['calendar.holdsTasks'],
  allDayOut: ['calendar.days'],
  allDayIn: ['calendar.daysRead'],
  epocEntryType: ['calendar.entryType'],
  yearlyRuleOut: ['calendar.yearlyRule'],
  yearlyRuleIn: ['calendar.yearlyRuleRead'],
  rruleEndOut: ['calendar.ruleEnd'],
  alarmOut: ['calendar.alarm'],
  alarmIn: ['calendar.alarmRead'],
  exdateOut: ['calendar.exceptionsInOne'],
  charsetIn: ['text.assumed'],
  charsetOut: ['text.charset'],
  charsetParam: ['text.named'],
  quotedPrintable: ['text.quotedPrintable'],
  fold: ['text.folds'],
  limitedFields: ['fields.short'],
  limits: ['fields.limits'],
  ignoreMaxSize: ['fields.sizesWrong'],
  ignoreCtCap: ['fields.listWrong'],
  noCtCapOut: ['messages.propertyLists'],
  emptyProperties: ['fields.whenEmpty'],
  dropOut: ['fields.leaveOut'],
  renameOut: ['fields.writeAs', 'fields.placeholder'],
  renameIn: ['fields.readAs', 'fields.placeholder'],
  orderOut: ['fields.last'],
  keepFirstOut: ['fields.firstOnly'],
  telSlots: ['fields.phoneSlots'],
  emailInternet: ['fields.emailInternet'],
  photo: ['fields.photo'],
  stripUid: ['fields.uid'],
  addUid: ['fields.uid'],
  mindate: ['calendar.earliest'],
  maxMsgSizeOut: ['messages.maxSize'],
  msgSizePercent: ['messages.usePercent'],
  errorStatusItems: ['messages.errorItems'],
  individualStatus: ['messages.itemStatuses'],
  status418: ['messages.alreadyExists'],
  dropItemSize: ['messages.itemSizeWrong'],
  itemSizePlus: ['messages.sizePlus'],
  largeObjectsOut: ['messages.largeObjects'],
  slowSyncOnly: ['sync.slowOnly'],
  noRefresh: ['sync.refreshes'],
  noReplaceInSlowSync: ['sync.replaceInSlow'],
  alertAnswer: ['sync.changesMode'],
  anchorsUnreliable: ['sync.anchorsUnreliable'],
  xmlns: ['messages.namespace'],
  cdata: ['messages.data'],
  strictXml: ['messages.data'],
  serverDevInf: ['messages.storeSpelledAsAsked', 'messages.emailStore', 'messages.plainSyncCaps'],
  auth: ['messages.credentials'],
  lenientEnd: ['messages.endsEarly'],
  contentTypeIn: ['sync.assumedType'],
  contentTypeOut: ['sync.formats'],
  priority: ['calendar.priorities'],
  rejectCompression: ['messages.compression'],
  category: ['calendar.categoriesPrefixed'],
  itemName: ['fields.oneName'],
};

/** Fields that its keys have no word for: what it says in prose, and what is known from elsewhere. */
const BEYOND: Readonly<Record<string, string>> = {
  'calendar.yearlyDayCategory': 'the collection, of Nokia Series 40: birthdays have CATEGORIES:SPECIAL OCCASION',
  'fields.places': 'the collection, of Nokia Series 40: always three fax numbers, empty ones too',
  'fields.addressLines': 'the collection, of Nokia Series 40: LABEL in the place of ADR, "-" in the empty parts',
  'fields.addressSwapped': 'the collection, of Motorola: parts 2 and 3 of ADR exchanged',
  'fields.digitsOnly': 'the collection, of Motorola and the Nokia 7210c: numbers hold digits only',
  'fields.plainParameters': 'the collection, of Nokia: unknown parameters make it drop a number',
  'fields.adds': 'the collection, of the Nokia 7210c and Samsung: CATEGORIES:MEETING, PRIORITY:0',
  'calendar.untitled': 'the collection, of the Nokia 7650 and others: DESCRIPTION and no SUMMARY',
  'fields.needs': 'the collection, of the Siemens S56: DESCRIPTION must be present',
  'fields.looseSpaces': 'the collection, of the Nokia 7210c: spaces added or lost in long texts',
  'time.zoneLines': 'the collection, of the Nokia 7210c: time zone data is wrapped inside the event',
  'calendar.ruleCount': 'the calendar of Palm OS: its records have a last day of repetition, and no number (pilot-link, pi-datebook.h)',
};

/** Where a field is tested. Those that are done for everyone are tested where they are done. */
const TESTS: Readonly<Record<string, string>> = {
  time: 'test/handsets/times.test.ts',
  calendar: 'test/handsets/times.test.ts',
  text: 'test/handsets/phone-form.test.ts',
  fields: 'test/handsets/phone-form.test.ts',
  messages: 'test/handsets/messages.test.ts',
  sync: 'test/handsets/messages.test.ts',
};

describe('handset profiles are complete', () => {
  it('the collection has 60 keys, and each of them a field', () => {
    assert.equal(Object.keys(FIELDS).length, 60);
    for (const [key, paths] of Object.entries(FIELDS))
      for (const path of paths) assert.ok(TRAIT_WORDS.has(path), `${key}: no field ${path}`);
  });

  it('each field comes of the collection or of somewhere, has words, and something is done about it', () => {
    const paths = new Set([...Object.values(FIELDS).flat(), ...Object.keys(BEYOND)]);
    assert.deepEqual([...TRAIT_WORDS.keys()].sort(), [...paths].sort());
    assert.deepEqual(Object.keys(DEEDS).sort(), [...paths].sort());
    for (const [path, words] of TRAIT_WORDS) assert.notEqual(words, '', path);
    for (const [path, { where }] of Object.entries(DEEDS)) {
      assert.ok(where.length > 0, path);
      for (const file of where) assert.ok(existsSync(`${root}src/${file}`), `${path}: there is no ${file}`);
    }
  });

  it('each field that a profile switches has a test that names it', () => {
    for (const [path, { by }] of Object.entries(DEEDS)) {
      if (by !== 'profile' || path === 'fields.phoneSlots') continue;
      const files = [TESTS[path.split('.')[0] ?? ''] ?? '', 'test/handsets/phone-form.test.ts', 'test/handsets/believe.test.ts'];
      const named = files.filter((file) => existsSync(root + file)).some((file) => readFileSync(root + file, 'utf8').includes(path));
      assert.ok(named, `no test of ${path}`);
    }
  });
});

interface Collection {
  readonly fields: Readonly<Record<string, string>>;
  readonly rules: readonly {
    readonly id: string;
    readonly match: Readonly<Record<string, string>>;
    readonly apply: Readonly<Record<string, unknown>>;
  }[];
}
const KEYS: Readonly<Record<string, keyof Identity>> = {
  man: 'man',
  mod: 'mod',
  oem: 'oem',
  swv: 'swV',
  fwv: 'fwV',
  devtyp: 'devTyp',
  userAgent: 'userAgent',
  wapProfile: 'wapProfile',
  deviceId: 'deviceId',
};

const at = (traits: Traits, path: string): unknown => {
  const [group = '', name = ''] = path.split('.');
  return (traits as Record<string, Record<string, unknown> | undefined>)[group]?.[name];
};

/** Rules that do not speak of the phone itself, and sets that no phone has. */
const fits = (match: Collection['rules'][number]['match'], said: Identity): boolean => {
  const results = Object.entries(match).map(([key, pattern]) => {
    const text = said[KEYS[key] as keyof Identity];
    return { key, fits: text !== undefined && new RegExp(pattern, 'i').test(text) };
  });
  const either = results.filter(({ key }) => key === 'userAgent' || key === 'deviceId');
  const others = results.filter((one) => !either.includes(one));
  return (
    others.every((one) => one.fits) &&
    (either.length === 0 || (either.length === 2 ? either.some((one) => one.fits) : either.every((one) => one.fits)))
  );
};

const collection = new URL('../../../shared/protocol/handset-quirks.json', import.meta.url);
(existsSync(collection) ? describe : describe.skip)('the collection of quirks', () => {
  const { fields, rules } = existsSync(collection)
    ? (JSON.parse(readFileSync(collection, 'utf8')) as Collection)
    : { fields: {}, rules: [] };

  it('has the keys of our list', () => {
    assert.deepEqual(Object.keys(fields).sort(), Object.keys(FIELDS).sort());
  });

  it('has no rule but for phones of our samples', () => {
    const samples = profiles.flatMap(({ profile }) => profile.samples ?? []);
    assert.deepEqual(
      rules.filter(({ match }) => !samples.some((sample) => fits(match, sample))).map(({ id }) => id),
      [],
    );
  });

  it('says the same of a sample where it says one thing', () => {
    const wrong: string[] = [];
    for (const { id, profile, traits } of profiles)
      for (const sample of profile.samples ?? []) {
        const said = new Map(rules.filter(({ match }) => fits(match, sample)).flatMap(({ apply }) => Object.entries(apply)));
        for (const [key, value] of said) {
          const values = VALUES[key];
          if (!values || SAID_OTHERWISE.has(`${id} ${key}`)) continue;
          const wanted = values === 'same' ? value : values[String(value)];
          const ours = at(traits, FIELDS[key]?.[0] ?? '');
          if (ours !== wanted) wrong.push(`${id} ${JSON.stringify(sample)}: ${key} is ${String(value)} there, ${String(ours)} here`);
        }
      }
    assert.deepEqual(wrong, []);
  });

  it('says of lists nothing that is not in ours', () => {
    const plain = (text: unknown): string => String(text).replace(/ .*/, '').split('(')[0]?.trim() ?? '';
    for (const { id, profile, traits } of profiles)
      for (const sample of profile.samples ?? [])
        for (const { apply } of rules.filter(({ match }) => fits(match, sample)))
          for (const [key, path] of [
            ['dropOut', 'fields.leaveOut'],
            ['orderOut', 'fields.last'],
          ] as const) {
            const ours = ((at(traits, path) ?? []) as string[]).map((one) => one.replace(/^.*:/, '').replace(';-', ''));
            for (const one of (apply[key] ?? []) as string[]) assert.ok(ours.includes(plain(one)), `${id}: ${key} ${one}`);
          }
  });

  it('says nothing of a sample that its profile does not say', () => {
    const missing: string[] = [];
    for (const { id, profile, traits } of profiles)
      for (const sample of profile.samples ?? [])
        for (const rule of rules.filter(({ match }) => fits(match, sample)))
          for (const key of Object.keys(rule.apply)) {
            if (SAID_OTHERWISE.has(`${id} ${key}`)) continue;
            if (!(FIELDS[key] ?? []).some((path) => at(traits, path) !== undefined)) missing.push(`${id}: ${key} of ${rule.id}`);
          }
    assert.deepEqual([...new Set(missing)], []);
  });
});

/** Where a more special rule takes a value away, or the collection's pattern fits phones it does not mean: N900 is no S60. */
const SAID_OTHERWISE: ReadonlySet<string> = new Set([
  'synthesis-palm priority',
  'nokia-maemo epocEntryType',
  'nokia-maemo addUid',
  'nokia-maemo renameIn',
]);

/** The collection's values in our words, of keys that have one value. */
const VALUES: Readonly<Record<string, Readonly<Record<string, unknown>> | 'same'>> = {
  incomingTime: { 'as-utc': 'as-utc', 'ignore-zone': 'local-digits' },
  outgoingTime: 'same',
  dstBug: { true: 'always', 'x-sonyericsson-dst': 'marked' },
  allDayOut: {
    'T000000..T235900': 'to-2359',
    'T000000..T240000': 'to-2400',
    'T000000..T000000+1': 'to-next-midnight',
    'T000000..T000000': 'to-start',
    'T080000..T180000': 'working-day',
  },
  yearlyRuleOut: 'same',
  yearlyRuleIn: 'same',
  rruleEndOut: { datetime: 'with-time', endless: 'never' },
  alarmOut: { 'absolute-utc': 'utc', 'aalarm-bare': 'bare', dalarm: 'display', none: 'none' },
  alarmIn: { 'aalarm-bare': 'bare', dalarm: 'display' },
  charsetIn: 'same',
  charsetOut: 'same',
  charsetParam: 'same',
  quotedPrintable: { '8bit': '8bit', minimal: 'minimal', 'never-folded': 'no-soft-breaks' },
  emptyProperties: { omit: 'omit', send: 'send', dummy: 'dash' },
  mindate: 'same',
  maxMsgSizeOut: 'same',
  msgSizePercent: 'same',
  itemSizePlus: 'same',
  fold: 'same',
  largeObjectsOut: 'same',
};

it('every profile uses fields of the schema only', () => {
  for (const { id, traits } of profiles) for (const path of traitPaths(traits)) assert.ok(TRAIT_WORDS.has(path), `${id}: ${path}`);
});
