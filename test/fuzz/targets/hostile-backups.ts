/** Messages of a device that backs up files and means no good, or is broken: whole files, batches, pages, records and manifests, mostly well-formed. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Alert } from '../../../src/model/alert.js';
import type { Message, Meta } from '../../../src/model/message.js';
import { writePages } from '../../../src/records/ranges.js';
import { alert, get, group, messageOf, nextMessage, openAlert, sync, type Draft } from '../../engine/support/messages.js';
import { batchXml, type Batch } from '../../backup/support/changes.js';
import type { Choices } from '../choices.js';
import { mutate } from '../mutate.js';
import type { At } from './conversation.js';
import { answersTo, oddHeader, withOddIds } from './hostile-messages.js';

type Tables = NonNullable<Batch['tables']>;

/** What the device's file was and is to be: two states that are backed up, and one that would follow. */
export interface States {
  readonly files: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly digests: readonly [string, string, string];
  readonly sha256s: readonly [string, string, string];
  /** From each state to the next. */
  readonly batches: readonly [Tables, Tables];
}

const FILES = [
  './db/phone.db',
  './db/phone.db',
  './db/phone.db',
  './db/other.db',
  'db/phone.db',
  './db/%2e%2e',
  './db/a%2fb',
  './db/',
  './db/%00',
  './db/%ff',
];
const QUERIES = [
  ...['?from=IMEI:hostile', '?gen=1', '?gen=2', '?gen=99', '?gen=0', '?at=20240101T000000Z', '?at=20991231T235959Z', '?at=x'],
  ...['?coding=gzip', '?plan=classic', '?gen=1&gen=2&coding=gzip', '?from=IMEI:bystander', '?from=', '?x=1', '?', '?%'],
];
const CHANGES = [Alert.TwoWay, Alert.SlowSync];
const SYNC_ALERTS = [Alert.OneWayFromClient, Alert.RefreshFromClient, Alert.RefreshFromServer, Alert.RefreshFromServer, Alert.Resume];
const NUMBERS = [1, 2, 3, 4, 0, -1, 1.5, 1e15, 9_007_199_254_740_991, 2 ** 53];
const VALUES = [
  ...[null, 0, 1, -1, 1.5, '', 'text', 'x'.repeat(2000), true, [], {}, { i: '9223372036854775807' }, { i: '9223372036854775808' }],
  ...[{ r: 'NaN' }, { r: '-Infinity' }, { t: '//8=' }, { t: '!' }, { b: 'AAEC' }, { b: 5 }, { i: '1', r: '1' }, { __proto__: 1 }],
];
const TABLES = ['t', 'k', 'log', 'no such', 'sqlite_schema', 'sqlite_sequence', 'v', 't"', 'T', '', 'T_ü'];
const KEYS = [
  '1',
  '2',
  "'a",
  "'a,1",
  'n',
  'r1.5',
  'x00ff',
  '',
  '1,2',
  '9223372036854775808',
  '%',
  "'%25",
  '../1',
  '-0',
  "1'; DROP TABLE t",
];
const SQL = [
  ...[
    'CREATE TABLE n (a, b)',
    'CREATE TABLE t (id INTEGER PRIMARY KEY, v, w DEFAULT 5)',
    'CREATE INDEX i ON t (v)',
    'CREATE VIEW w AS SELECT 1',
  ],
  ...[
    'CREATE TABLE x AS SELECT * FROM t',
    'CREATE TABLE y (a); DROP TABLE t',
    "ATTACH 'x' AS y",
    'PRAGMA writable_schema = ON',
    '/* unclosed',
  ],
  ...[
    'CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END',
    'CREATE VIRTUAL TABLE f USING fts4(a)',
    'CREATE VIRTUAL TABLE f USING fts5(a)',
  ],
  ...[
    'CREATE TABLE g (a, b AS (a + 1))',
    `CREATE TABLE deep (a CHECK (${'('.repeat(300)}1${')'.repeat(300)}))`,
    'CREATE TABLE w (k PRIMARY KEY) WITHOUT ROWID',
    '',
  ],
];
const MEDIA = ['application/vnd.sqlite3', 'application/octet-stream', 'image/jpeg', '', 'text/plain'];
const SUFFIXES = ['', '', '', '+gzip', '+br', '+zip', '+xz'];

/** @param states of the device's file. */
export const hostileBackup =
  (states: States) =>
  (choices: Choices, { header, last }: At): Message => {
    const body: Draft[] = [];
    if (last && choices.chance(80)) body.push(...answersTo(choices, last));
    if (!last || choices.chance(15)) body.push(opening(choices));
    else if (choices.chance(80)) body.push(backup(choices, states));
    if (choices.chance(10))
      body.push(choices.pick([nextMessage(), get('./devinf12'), alert(Alert.Suspend, { target: 'x', source: 'y' }), alert(999)]));
    // The package with the changes goes on over several messages, the first one seldom does.
    const final = choices.chance(last ? 35 : 90);
    const message = messageOf(body, { final, header: { ...header, ...(choices.chance(15) ? oddHeader(choices) : {}) } });
    return choices.chance(4) ? withOddIds(choices, message) : message;
  };

const store = (choices: Choices): string =>
  `${choices.chance(85) ? './db/phone.db' : choices.pick(FILES)}${choices.chance(15) ? choices.pick(QUERIES) : ''}`;

function opening(choices: Choices): Draft {
  const code = choices.chance(70) ? choices.pick(CHANGES) : choices.pick(choices.chance(80) ? SYNC_ALERTS : Object.values(Alert));
  return openAlert(code, store(choices), './db/phone.db', choices.pick(['9', '', '1', 'n2-2']), choices.pick([undefined, '', '1', 'n2-2']));
}

function backup(choices: Choices, states: States): Draft {
  const commands = choices.chance(30)
    ? complete(choices, states)
    : Array.from({ length: 1 + choices.below(4) }, () => change(choices, states));
  const inner = choices.chance(5) ? [group(choices.pick(['Atomic', 'Sequence']), commands)] : commands;
  return sync(inner, { store: choices.chance(95) ? './db/phone.db' : store(choices), from: './db/phone.db' });
}

/** A backup that is as it has to be, or nearly: of one of the states, whole or from the one before. */
function complete(choices: Choices, states: States): Draft[] {
  const state = choices.below(3) as 0 | 1 | 2;
  const base = choices.chance(80) ? 2 : choices.pick(NUMBERS);
  const to = choices.chance(80) ? 3 : choices.pick(NUMBERS);
  const whole = state < 2 || choices.chance(50);
  const item = whole
    ? draft('.', 'application/vnd.sqlite3', states.files[state])
    : draft(`changes/${to}`, 'application/vnd.moorage.changes+xml+gzip', gzipSync(batchXml({ base, to, tables: states.batches[1] })));
  return [item, manifest(choices, states, { state, to, base: whole ? undefined : base })];
}

function change(choices: Choices, states: States): Draft {
  const to = choices.chance(60) ? 3 : choices.pick(NUMBERS);
  switch (choices.below(8)) {
    case 0:
      return content(choices, '.', choices.pick(MEDIA), choices.pick(states.files));
    case 1:
    case 2:
      return content(choices, `changes/${to}`, 'application/vnd.moorage.changes+xml', Buffer.from(batch(choices, states, to)));
    case 3:
      return content(choices, `pages/${to}`, 'application/vnd.moorage.pages', pages(choices, states, to));
    case 4:
      return content(choices, `schema/${choices.pick(NUMBERS)}`, 'application/json', json(schemaChange(choices)));
    case 5:
      return manifest(choices, states, { state: choices.below(3) as 0 | 1 | 2, to, base: choices.chance(70) ? 2 : undefined });
    case 6: {
      const source = { uri: `${encodeURIComponent(choices.pick(TABLES))}/${choices.pick(KEYS)}` };
      if (choices.chance(30)) return { kind: 'Delete', items: [{ source }] };
      return content(choices, source.uri, 'application/json', json(record(choices)));
    }
    default:
      return content(
        choices,
        choices.pick(['', '..', 'manifest/1', 'receipt', 'changes/', 'pages/x', 'a/b/c', 'x'.repeat(400)]),
        'application/json',
        json(record(choices)),
      );
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const record = (choices: Choices): Record<string, unknown> =>
  Object.fromEntries(
    Array.from({ length: choices.below(4) }, () => [
      choices.pick(['id', 'v', 'k', 'rowid', 'a', 'no such', '', '__proto__']),
      choices.pick(VALUES),
    ]),
  );

function schemaChange(choices: Choices): object {
  const name = choices.pick([...TABLES, 'n', 'i', 'w', 'g']);
  const type = choices.pick(['table', 'index', 'view', 'trigger', 'x']);
  switch (choices.below(4)) {
    case 0:
      return { op: 'create', type, name, table: choices.pick(TABLES), sql: choices.pick(SQL) };
    case 1:
      return { op: 'drop', type, name };
    case 2:
      return { op: 'extend', name, sql: choices.pick(SQL) };
    default:
      return { op: 'set', userVersion: choices.pick(NUMBERS), applicationId: choices.pick(NUMBERS) };
  }
}

function batch(choices: Choices, states: States, to: number): string {
  if (choices.chance(25)) return batchXml({ base: 2, to, tables: states.batches[1] });
  const some = (): object[] => Array.from({ length: choices.below(3) }, () => record(choices));
  const tables = Object.fromEntries(
    Array.from({ length: choices.below(3) }, () => [
      choices.pick(TABLES).replaceAll('"', '&quot;'),
      { deletes: some(), replaces: some(), adds: some() },
    ]),
  );
  const schema = Array.from({ length: choices.below(3) }, () => schemaChange(choices));
  return batchXml({ ...(choices.chance(85) ? { base: choices.chance(70) ? 2 : choices.pick(NUMBERS) } : {}), to, schema, tables });
}

function pages(choices: Choices, { files }: States, to: number): Uint8Array {
  const [, now, next] = files;
  const size = choices.chance(80) ? next.length : choices.pick([0, 1, 512, now.length, 1 << 20, 2 ** 40]);
  const ranges = Array.from({ length: choices.below(4) }, (_, i) => {
    const offset = i * 4096 + choices.below(100);
    return { offset, xor: choices.chance(20), bytes: next.subarray(offset, offset + 1 + choices.below(4000)) };
  }).filter(({ offset, bytes }) => bytes.length > 0 && offset + bytes.length <= size);
  return writePages({ base: choices.chance(80) ? 2 : 1, to: Math.max(0, Math.floor(Math.min(to, 2 ** 53))), size, ranges });
}

function manifest(
  choices: Choices,
  { files, digests, sha256s }: States,
  { state, to, base }: { state: 0 | 1 | 2; to: number; base: number | undefined },
): Draft {
  const way = choices.chance(80) ? 'logical' : choices.pick(['exact', 'file', 'x', null]);
  const right = {
    way,
    method: choices.chance(80) ? 'incremental' : choices.pick(['differential', 'copy', 'every-change', 'x']),
    media: 'application/vnd.sqlite3',
    modification: to,
    ...(base === undefined ? {} : { base }),
    digest: digests[state],
    sha256: sha256s[state],
    size: files[state].length,
  };
  const odd = choices.pick([
    'way',
    'media',
    'modification',
    'base',
    'digest',
    'sha256',
    'size',
    'chunkDigest',
    'rows',
    'modified',
    'note',
  ] as const);
  const changed = choices.chance(25) ? { ...right, [odd]: choices.pick([...VALUES, ...NUMBERS, digests[0]]) } : right;
  return content(choices, 'manifest', 'application/json', json(changed), 95);
}

/** @param whole of 100, how often the content comes as it is. */
function content(choices: Choices, name: string, media: string, bytes: Uint8Array, whole = 75): Draft {
  const suffix = choices.pick(SUFFIXES);
  const packed = suffix === '+gzip' ? gzipSync(bytes) : suffix === '+br' ? brotliCompressSync(bytes) : bytes;
  const sent = choices.chance(whole) ? packed : mutate(choices, packed, bytes, { maxBytes: 100_000 });
  return draft(name, `${media}${suffix}`, sent, choices);
}

function draft(name: string, type: string, bytes: Uint8Array, choices?: Choices): Draft {
  const moreData = choices?.chance(15) ?? false;
  const claims = moreData || (choices?.chance(5) ?? false);
  const meta: Meta = {
    type,
    ...(claims ? { size: choices?.pick([bytes.length, bytes.length * 2, 0, 1, 2 ** 40]) ?? 0 } : {}),
    ...(choices?.chance(4) ? { emi: [`datapos=${choices.pick(['0', '1', '4096', '99999999', 'x'])}`] } : {}),
    ...(choices?.chance(4) ? { format: choices.pick(['b64', 'bin', 'x']) } : {}),
  };
  const kind = choices?.pick(['Replace', 'Replace', 'Add'] as const) ?? 'Replace';
  return { kind, meta, items: [{ source: { uri: name }, data: { kind: 'content', bytes }, ...(moreData ? { moreData } : {}) }] };
}
