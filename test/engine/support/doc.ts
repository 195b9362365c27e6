/** The tables of `docs/protocol.md`, made from the data the tests run. `npx tsx test/engine/support/doc.ts` writes them anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LENIENCIES, TOLERATED, type Leniency } from '../../../src/model/leniency.js';
import type { CommandKind } from '../../../src/model/message.js';
import { INVARIANTS, type InvariantName } from './invariants.js';
import { ALERTS, EXAMPLES, IN_BODY, IN_SYNC, type Expected } from './table.js';

export const DOCUMENT = join(import.meta.dirname, '../../../docs/protocol.md');

const KINDS = Object.keys(EXAMPLES) as CommandKind[];
const cell = (expected: Expected): string => (expected === 'none' ? '–' : String(expected));
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const byColumns = (columns: Readonly<Record<string, Record<CommandKind, Expected>>>): string =>
  table(
    ['command', ...Object.keys(columns)],
    KINDS.map((kind) => [kind, ...Object.values(columns).map((column) => cell(column[kind]))]),
  );

/** Where each invariant is put to the test, beside the check after every step: a test's file and title. */
export const HELD_BY: Record<InvariantName, readonly [file: string, title: string]> = {
  I1: ['test/engine/properties.test.ts', 'keeps every invariant'],
  I2: ['test/engine/sessions.test.ts', 'different results of Items give a Status each'],
  I3: ['test/exchange/sessions.test.ts', 'Statuses spill over into further messages'],
  I4: ['test/engine/sessions.test.ts', 'NoResp on a command keeps back its own Status only'],
  I5: ['test/engine/properties.test.ts', 'keeps every invariant'],
  I6: ['test/engine/sessions.test.ts', 'a Map that is refused whole is named by its own addresses'],
  I7: ['test/engine/sessions.test.ts', 'asks with 222 while the package is incomplete'],
  I8: ['test/engine/sessions.test.ts', 'asks with 222 while the package is incomplete'],
  I9: ['test/engine/properties.test.ts', 'sends everything to a client that keeps asking'],
  I10: ['test/engine/sessions.test.ts', 'a datastore that is opened while package 4 goes out is refused'],
  I11: ['test/engine/sessions.test.ts', 'two-way: six packages, anchors moved with the last'],
  I12: ['test/engine/properties.test.ts', 'sends everything to a client that keeps asking'],
  I13: ['test/engine/properties.test.ts', 'keeps every invariant'],
  I14: ['test/engine/sessions.test.ts', 'a Status that spills over keeps what its Item names, through JSON'],
  I15: ['test/exchange/sessions.test.ts', 'a client that begins with MsgID 3'],
  I16: ['test/engine/sessions.test.ts', 'two-way: six packages, anchors moved with the last'],
  I17: ['test/engine/properties.test.ts', 'keeps every invariant'],
  I18: ['test/engine/sessions.test.ts', 'says nothing of a pair after its end'],
  I19: ['test/engine/properties.test.ts', 'ends a session that only asks for more'],
  I20: ['test/exchange/sessions.test.ts', 'a new Alert takes the datastore from the older session'],
};

const TABLES: Readonly<Record<string, () => string>> = {
  'commands by phase': () => byColumns(IN_BODY),
  'commands in Sync': () => byColumns(IN_SYNC),
  alerts: () =>
    table(
      ['Alert', 'Status', 'why'],
      ALERTS.map((a) => [String(a.code), String(a.expected), a.why]),
    ),
  leniencies: () =>
    table(
      ['name', 'a client', 'by default', 'in strict mode', 'departs from', 'seen with'],
      Object.entries<Leniency>(LENIENCIES).map(([name, l]) => [`\`${name}\``, l.deviation, l.lenient, l.strict, l.rule, l.seen ?? '']),
    ),
  tolerated: () =>
    table(
      ['a client', 'demanded by, or why'],
      TOLERATED.map((t) => [t.what, t.demand]),
    ),
  invariants: () =>
    table(
      ['', 'holds after every message', 'put to the test by'],
      (Object.keys(INVARIANTS) as InvariantName[]).map((name) => [name, INVARIANTS[name], `\`${HELD_BY[name][0]}\`: ${HELD_BY[name][1]}`]),
    ),
};

/** The document with its tables as they should be. */
export function withTables(text: string): string {
  return Object.entries(TABLES).reduce((all, [name, make]) => {
    const begin = `<!-- table: ${name} -->`;
    const end = '<!-- end -->';
    const from = all.indexOf(begin);
    const to = all.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`docs/protocol.md has no "${begin}"`);
    return `${all.slice(0, from)}${begin}\n\n${make()}\n\n${all.slice(to)}`;
  }, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8')));
