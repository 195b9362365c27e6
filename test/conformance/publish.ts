/**
 * `npm run conformance:publish` runs the suite against our server, strict and lenient, and writes the tables of docs/conformance.md.
 * With `--peer NAME=FILE.json …` it also writes those of other servers, from JSON reports of `moorage conformance`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { requirementIdOf, type Verdict } from '../../src/conformance/case.js';
import { jsonReport } from '../../src/conformance/report/json.js';
import { AREAS, REQUIREMENTS } from '../../src/conformance/requirements.js';
import { runConformance } from '../../src/conformance/runner.js';
import { CASES } from '../../src/conformance/suite.js';
import { UNOBSERVABLE } from '../../src/conformance/unobservable.js';
import { LENIENCIES, type Leniency } from '../../src/model/leniency.js';
import { FAULTS } from './faulty/all.js';
import { UNPROVEN } from './faulty/unproven.js';
import { SYNCEVOLUTION } from './peers/syncevolution.js';
import { PASSWORD, startOurServer, USER } from './support/our-server.js';

const PAGE = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url));

interface Row {
  readonly id: string;
  readonly area: string;
  readonly level: string;
  readonly title: string;
  readonly version: string;
  readonly encoding: string;
  readonly verdict: Verdict;
  readonly reason?: string;
}

async function ours(strict: boolean): Promise<readonly Row[]> {
  const server = await startOurServer({ settings: { strict } });
  try {
    const report = await runConformance({
      server: { url: server.url, user: USER, password: PASSWORD, datastore: 'contacts' },
      cases: CASES,
      run: '1',
      onStart: ({ version, encoding }) => console.log(`${strict ? 'strict' : 'lenient'}: ${version} ${encoding}`),
    });
    return rowsOf(jsonReport(report));
  } finally {
    await server.close();
  }
}

const rowsOf = (json: string): readonly Row[] => (JSON.parse(json) as { results: readonly Row[] }).results;
const variantOf = ({ version, encoding }: Row): string => `${version} ${encoding === 'xml' ? 'XML' : 'WBXML'}`;
const cellText = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const short = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)} …` : text);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cellText).join(' | ')} |`).join('\n');

function counts(rows: readonly Row[]): string {
  const of = (verdict: Verdict): number => rows.filter((row) => row.verdict === verdict).length;
  return (
    [
      of('pass') > 0 ? `${of('pass')} kept` : '',
      of('fail') > 0 ? `**${of('fail')} broken**` : '',
      of('not supported') > 0 ? `${of('not supported')} not offered` : '',
      of('inconclusive') > 0 ? `${of('inconclusive')} open` : '',
    ]
      .filter((word) => word !== '')
      .join(', ') || '–'
  );
}

function areaTable(rows: readonly Row[]): string {
  const variants = [...new Set(rows.map(variantOf))];
  const areas = AREAS.filter((area) => rows.some((row) => row.area === area));
  const line = (name: string, among: readonly Row[]): string[] => [
    name,
    ...variants.map((variant) => counts(among.filter((row) => variantOf(row) === variant))),
  ];
  return table(
    ['area', ...variants],
    [
      ...areas.map((area) =>
        line(
          area,
          rows.filter((row) => row.area === area),
        ),
      ),
      line('all', rows),
    ],
  );
}

type Judge = (id: string) => string;

/** Results of one verdict, variants joined; with what a person made of each where there is a `judge`. */
function listed(rows: readonly Row[], verdict: Verdict, judge?: Judge): string {
  const chosen = rows.filter((row) => row.verdict === verdict);
  if (chosen.length === 0) return 'None.';
  const ids = [...new Set(chosen.map(({ id }) => id))].sort(byArea(chosen));
  return table(
    ['case', 'level', 'what is required', 'in', 'what came', ...(judge ? ['judged'] : [])],
    ids.map((id) => {
      const of = chosen.filter((row) => row.id === id);
      const [first] = of;
      const cells = [id, first?.level ?? '', first?.title ?? '', variantsOf(of, rows), short(first?.reason ?? '')];
      return judge ? [...cells, judge(id)] : cells;
    }),
  );
}

/** By area in the order of the requirements, then by id: scans come last in a run. */
function byArea(rows: readonly Row[]): (a: string, b: string) => number {
  const place = new Map(rows.map(({ id, area }) => [id, AREAS.indexOf(area)]));
  return (a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0) || (a < b ? -1 : 1);
}

/** `all` where there is no variant in which the case did otherwise. */
function variantsOf(some: readonly Row[], all: readonly Row[]): string {
  const ran = all.filter(({ id }) => id === some[0]?.id).length;
  return some.length === ran && ran > 2 ? 'all' : some.map(variantOf).join(', ');
}

/** @throws {Error} for a red case nobody has looked at. */
const judgeWith =
  (judged: Readonly<Record<string, string>>): Judge =>
  (id) => {
    const found = judged[id] ?? judged[requirementIdOf(id)];
    if (found === undefined) throw new Error(`${id} is red, and nobody has judged why`);
    return found;
  };
const JUDGED: Readonly<Record<string, Readonly<Record<string, string>>>> = { SyncEvolution: SYNCEVOLUTION };

const WORDS: Readonly<Record<Verdict, string>> = {
  pass: 'kept',
  fail: '**broken**',
  'not supported': 'not offered',
  inconclusive: 'open',
};
const inWords = ({ verdict, reason }: Row): string => `${WORDS[verdict]}${reason === undefined ? '' : `: ${short(reason)}`}`;

/** Cases with another verdict in lenient mode, variants joined where both modes say the same of them. */
function differences(strict: readonly Row[], lenient: readonly Row[]): string {
  const lines = new Map<string, { readonly row: Row; readonly before: string; readonly after: string; readonly rows: Row[] }>();
  for (const row of lenient) {
    const other = strict.find((one) => one.id === row.id && variantOf(one) === variantOf(row));
    if (!other || other.verdict === row.verdict) continue;
    const [before, after] = [inWords(other), inWords(row)];
    const key = `${row.id} ${before} ${after}`;
    const line = lines.get(key) ?? { row, before, after, rows: [] };
    lines.set(key, line);
    line.rows.push(row);
  }
  if (lines.size === 0) return 'Every case has the same result in both modes.';
  return table(
    ['case', 'level', 'what is required', 'in', 'strict', 'lenient'],
    [...lines.values()].map(({ row, before, after, rows }) => [row.id, row.level, row.title, variantsOf(rows, lenient), before, after]),
  );
}

const sections = new Map<string, string>();
sections.set(
  'count',
  `${CASES.length} cases for ${REQUIREMENTS.size - UNOBSERVABLE.size} of ${REQUIREMENTS.size} requirements; what cannot be seen through the sync endpoint is listed at the end.`,
);
const musts = CASES.filter(({ id }) => REQUIREMENTS.get(requirementIdOf(id))?.level === 'MUST');
const strict = await ours(true);
const lenient = await ours(false);
sections.set(
  'strict',
  `${areaTable(strict)}\n\nBroken:\n\n${listed(strict, 'fail')}\n\nOpen:\n\n${listed(strict, 'inconclusive')}\n\nNot offered:\n\n${listed(strict, 'not supported')}`,
);
sections.set('lenient', differences(strict, lenient));
sections.set(
  'deviations',
  table(
    ['name', 'a client', 'by default', 'departs from', 'seen with'],
    Object.entries<Leniency>(LENIENCIES).map(([name, { deviation, lenient: taken, rule, seen = '' }]) => [
      `\`${name}\``,
      deviation,
      taken,
      rule,
      seen,
    ]),
  ),
);
sections.set(
  'unproven',
  table(
    ['why', 'cases'],
    [...new Set(UNPROVEN.values())].map((why) => [why, [...UNPROVEN].flatMap(([id, reason]) => (reason === why ? [id] : [])).join(', ')]),
  ),
);
sections.set('faults', `${FAULTS.length} servers; of ${musts.length} cases of a MUST they turn ${musts.length - UNPROVEN.size} red.`);
sections.set(
  'unobservable',
  table(
    ['requirement', 'what it asks', 'why'],
    [...UNOBSERVABLE].map(([id, why]) => [id, REQUIREMENTS.get(id)?.statement ?? '', why]),
  ),
);
for (const argument of process.argv.slice(2).filter((one) => one !== '--peer')) {
  const [name = '', ...files] = argument.split(/[=,]/);
  const rows = files.flatMap((file) => rowsOf(readFileSync(file, 'utf8')));
  const judge = judgeWith(JUDGED[name] ?? {});
  sections.set(
    `peer ${name}`,
    `${areaTable(rows)}\n\nBroken:\n\n${listed(rows, 'fail', judge)}\n\nOpen:\n\n${listed(rows, 'inconclusive')}`,
  );
}

let page = readFileSync(PAGE, 'utf8');
for (const [name, text] of sections) {
  const place = new RegExp(`<!-- table: ${name} -->[^]*?<!-- end -->`);
  if (!place.test(page)) throw new Error(`docs/conformance.md has no place for "${name}"`);
  page = page.replace(place, () => `<!-- table: ${name} -->\n\n${text}\n\n<!-- end -->`);
}
writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
console.log(`wrote ${PAGE}`);
