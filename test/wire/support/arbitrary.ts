/** Arbitrary messages: every shape the model allows and a DTD has a place for. */
import fc from 'fast-check';
import type { DevInf } from '../../../src/model/devinf.js';
import type { Command, Cred, Data, Item, Location, Message, Meta, SyncHdr } from '../../../src/model/message.js';
import { utf8 } from './fixtures.js';

/** Values without the keys that were left undefined: the model knows absent, not undefined. */
function present<T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: readonly (keyof T)[]): fc.Arbitrary<T> {
  return fc.record(shape, { requiredKeys: required as never, noNullPrototype: true });
}

const nasty = fc.constantFrom('&amp;', '&#13;', '<a>', ']]>', '\r\n', 'ä', '€', '\u{1f600}', '"', "'", ' x', '&');
/** Words stand without white space around them: readers trim identifiers. */
const word = fc.stringMatching(/^[A-Za-z0-9./:_-]{1,12}$/);
/** Characters of XML. White space at the ends only where nothing is trimmed. */
const text = fc.array(fc.oneof(word, nasty), { maxLength: 4 }).map((parts) => parts.join(''));
/** XML documents with line feeds in a URI are taken for pretty-printed. */
const uri = text.map((value) => value.replace(/\s+/g, '%20'));
const number = fc.nat(2_147_483_647);
const yes = fc.constant(true as const);
const bytes = fc.oneof(
  text.map(utf8),
  fc
    .string({ unit: 'binary', maxLength: 20 })
    .map((value) => utf8(value.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''))),
);

const anchor = present<NonNullable<Meta['anchor']>>({ last: text, next: text }, []);
const mem = present<NonNullable<Meta['mem']>>({ sharedMem: yes, freeMem: number, freeId: number }, []);
export const meta: fc.Arbitrary<Meta> = present<Required<Meta>>(
  {
    type: word,
    format: word,
    mark: word,
    size: number,
    anchor,
    version: word,
    nextNonce: fc.base64String({ minLength: 4, maxLength: 24 }),
    maxMsgSize: number,
    maxObjSize: number,
    emi: fc.array(text, { minLength: 1, maxLength: 2 }),
    mem,
    fieldLevel: yes,
  },
  [],
);

const location: fc.Arbitrary<Location> = present<Omit<Required<Location>, 'filter'>>({ uri, name: uri }, ['uri']);
const cred: fc.Arbitrary<Cred> = present<Required<Cred>>({ data: word, meta }, ['data']);

const contentType = fc.record({ ctType: word, verCt: word }, { noNullPrototype: true });
const valEnum = fc.array(text, { minLength: 1, maxLength: 2 });
const param12 = present({ name: word, dataType: word, valEnum, displayName: text }, ['name']);
const property12 = present(
  {
    name: word,
    dataType: word,
    valEnum,
    displayName: text,
    maxOccur: number,
    maxSize: number,
    noTruncate: yes,
    params: fc.array(param12, { minLength: 1, maxLength: 2 }),
  },
  ['name'],
);
const ctCap12 = present({ ctType: word, verCt: word, fieldLevel: yes, properties: fc.array(property12, { maxLength: 3 }) }, [
  'ctType',
  'properties',
]);
const detail11 = fc.oneof(
  present({ valEnum, displayName: text }, ['valEnum']),
  present({ dataType: word, size: number, displayName: text }, ['dataType']),
);
const param11 = fc.tuple(word, detail11).map(([name, detail]) => ({ name, ...detail }));
const property11 = fc
  .tuple(param11, fc.option(fc.array(param11, { minLength: 1, maxLength: 2 }), { nil: undefined }))
  .map(([property, params]) => (params ? { ...property, params } : property));
const ctCap11 = fc.record({ ctType: word, properties: fc.array(property11, { maxLength: 3 }) }, { noNullPrototype: true });
const store = {
  sourceRef: text,
  displayName: text,
  maxGuidSize: number,
  rxPref: contentType,
  rx: fc.array(contentType, { maxLength: 2 }),
  txPref: contentType,
  tx: fc.array(contentType, { maxLength: 2 }),
  dsMem: present({ sharedMem: yes, maxMem: number, maxId: number }, []),
  syncCap: fc.array(word, { maxLength: 3 }),
};
const store12 = {
  ...store,
  ctCaps: fc.array(ctCap12, { minLength: 1, maxLength: 2 }),
  supportHierarchicalSync: yes,
  filterRx: fc.array(contentType, { minLength: 1, maxLength: 2 }),
  filterCaps: fc.array(
    fc.record(
      { ctType: word, verCt: word, keywords: fc.array(word, { maxLength: 2 }), propNames: fc.array(word, { maxLength: 2 }) },
      { noNullPrototype: true },
    ),
    { minLength: 1, maxLength: 2 },
  ),
};
const base = {
  devId: word,
  devTyp: word,
  man: text,
  mod: text,
  oem: text,
  fwV: text,
  swV: text,
  hwV: text,
  ext: fc.array(fc.record({ xNam: text, xVal: fc.array(text, { maxLength: 2 }) }, { noNullPrototype: true }), {
    minLength: 1,
    maxLength: 2,
  }),
};
const flags = { utc: yes, supportLargeObjs: yes, supportNumberOfChanges: yes };
const needed = ['verDtd', 'devId', 'devTyp', 'dataStores'] as const;
const storeNeeded = ['sourceRef', 'rx', 'tx', 'syncCap'] as const;
const oldStores = fc.array(present(store, [...storeNeeded]), { maxLength: 2 });
/** Two equal descriptions are written once, so a 1.1 device has each type once. */
const globalCaps = fc.uniqueArray(ctCap11, { minLength: 1, maxLength: 2, selector: ({ ctType }) => ctType });

export const devinf = fc.oneof(
  present({ ...base, ...flags, verDtd: fc.constant('1.2'), dataStores: fc.array(present(store12, [...storeNeeded]), { maxLength: 2 }) }, [
    ...needed,
  ]),
  present({ ...base, ...flags, verDtd: fc.constant('1.1'), dataStores: oldStores, ctCaps: globalCaps }, [...needed]),
  present({ ...base, verDtd: fc.constant('1.0'), dataStores: oldStores, ctCaps: globalCaps }, [...needed]),
) as fc.Arbitrary<DevInf>;

const content: fc.Arbitrary<Data> = bytes.map((value) => ({ kind: 'content', bytes: value }));
const data: fc.Arbitrary<Data> = fc.oneof(
  { weight: 4, arbitrary: content },
  { weight: 1, arbitrary: anchor.map((value): Data => ({ kind: 'anchor', anchor: value })) },
);
/** Device information is looked for in Put and Results only. */
const dataOrDevInf: fc.Arbitrary<Data> = fc.oneof(
  data,
  devinf.map((value): Data => ({ kind: 'devinf', devinf: value })),
);
const plainItem = present({ target: location, source: location, meta, data: content }, []) as fc.Arbitrary<Item>;
const filtered = fc
  .tuple(location, present({ meta, field: plainItem, record: plainItem, type: word }, []))
  .map(([place, filter]) => ({ ...place, filter }));
const itemWith = (held: fc.Arbitrary<Data>): fc.Arbitrary<Item> =>
  present(
    { target: fc.oneof(location, filtered), source: location, sourceParent: uri, targetParent: uri, meta, data: held, moreData: yes },
    [],
  );
const items = fc.array(itemWith(data), { maxLength: 3 });
const devInfItems = fc.array(itemWith(dataOrDevInf), { maxLength: 3 });

const common = { cmdId: word, noResp: yes, cred, meta };
const leafCommand = fc.oneof(
  present({ kind: fc.constantFrom('Add', 'Replace', 'Copy', 'Move'), items, ...common }, ['kind', 'items', 'cmdId']),
  present({ kind: fc.constant('Delete'), items, ...common, archive: yes, sftDel: yes }, ['kind', 'items', 'cmdId']),
  present(
    { kind: fc.constant('Alert'), items, cmdId: word, noResp: yes, cred, code: fc.integer({ min: 100, max: 999 }), correlator: word },
    ['kind', 'items', 'cmdId'],
  ),
  present({ kind: fc.constant('Exec'), items, ...common, correlator: word }, ['kind', 'items', 'cmdId']),
  present({ kind: fc.constantFrom('Put', 'Get'), items: devInfItems, ...common, lang: word }, ['kind', 'items', 'cmdId']),
  present(
    { kind: fc.constant('Results'), items: devInfItems, cmdId: word, cmdRef: word, msgRef: word, meta, targetRef: uri, sourceRef: uri },
    ['kind', 'items', 'cmdId', 'cmdRef'],
  ),
  present(
    {
      kind: fc.constant('Map'),
      cmdId: word,
      target: location,
      source: location,
      cred,
      meta,
      items: fc.array(fc.record({ target: location, source: location }, { noNullPrototype: true }), { maxLength: 3 }),
    },
    ['kind', 'items', 'cmdId'],
  ),
  present(
    {
      kind: fc.constant('Search'),
      ...common,
      noResults: yes,
      target: location,
      sources: fc.array(location, { maxLength: 2 }),
      lang: word,
      data: content,
    },
    ['kind', 'sources', 'cmdId'],
  ),
  present(
    {
      kind: fc.constant('Status'),
      cmdId: word,
      msgRef: word,
      cmdRef: word,
      cmd: word,
      targetRefs: fc.array(uri, { maxLength: 2 }),
      sourceRefs: fc.array(uri, { maxLength: 2 }),
      cred,
      chal: meta,
      code: fc.integer({ min: 100, max: 999 }),
      items,
    },
    ['kind', 'cmdId', 'msgRef', 'cmdRef', 'cmd', 'targetRefs', 'sourceRefs', 'code', 'items'],
  ),
) as fc.Arbitrary<Command>;

const inner = fc.array(leafCommand, { maxLength: 3 });
const group = present({ kind: fc.constantFrom('Atomic', 'Sequence'), cmdId: word, noResp: yes, meta, commands: inner }, [
  'kind',
  'cmdId',
  'commands',
]) as fc.Arbitrary<Command>;
const sync = present(
  {
    kind: fc.constant('Sync'),
    ...common,
    target: location,
    source: location,
    numberOfChanges: number,
    commands: fc.array(fc.oneof(leafCommand, group), { maxLength: 3 }),
  },
  ['kind', 'cmdId', 'commands'],
) as fc.Arbitrary<Command>;
export const command: fc.Arbitrary<Command> = fc.oneof({ weight: 3, arbitrary: leafCommand }, group, sync);

const header = present(
  {
    verDtd: fc.constantFrom('1.0', '1.1', '1.2'),
    verProto: word,
    sessionId: word,
    msgId: word,
    target: location,
    source: location,
    respUri: uri,
    noResp: yes,
    cred,
    meta,
  },
  ['verDtd', 'verProto', 'sessionId', 'msgId', 'target', 'source'],
) as fc.Arbitrary<SyncHdr>;

export const message: fc.Arbitrary<Message> = fc.record(
  { header, body: fc.array(command, { maxLength: 4 }), final: fc.boolean() },
  { noNullPrototype: true },
);
