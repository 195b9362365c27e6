/** The result in a table: areas down, variants across. */
import type { CaseResult, Variant, Verdict } from '../case.js';
import { AREAS } from '../requirements.js';
import type { RunReport } from '../runner.js';

export type Counts = Readonly<Record<Verdict, number>>;

export function count(results: readonly CaseResult[]): Counts {
  const counts: Record<Verdict, number> = { pass: 0, fail: 0, 'not supported': 0, inconclusive: 0 };
  for (const { verdict } of results) counts[verdict] += 1;
  return counts;
}

/** A requirement that has to be kept is not. */
export const failsMust = ({ results }: RunReport): boolean =>
  results.some(({ verdict, requirement }) => verdict === 'fail' && requirement.level === 'MUST');

export const variantName = ({ version, encoding }: Variant): string => `${version} ${encoding}`;

export const resultsOf = ({ results }: RunReport, variant: Variant, area?: string): readonly CaseResult[] =>
  results.filter(
    (result) =>
      result.variant.version === variant.version &&
      result.variant.encoding === variant.encoding &&
      (area === undefined || result.requirement.area === area),
  );

/** `12 ok, 1 FAIL, 2 n/s, 1 ?` with the zeros left out. */
function cell(counts: Counts): string {
  const words = [
    counts.pass > 0 ? `${counts.pass} ok` : '',
    counts.fail > 0 ? `${counts.fail} FAIL` : '',
    counts['not supported'] > 0 ? `${counts['not supported']} n/s` : '',
    counts.inconclusive > 0 ? `${counts.inconclusive} ?` : '',
  ].filter((word) => word !== '');
  return words.join(', ') || '-';
}

export function summaryTable(report: RunReport): string {
  const areas = AREAS.filter((area) => report.results.some((result) => result.requirement.area === area));
  const rows = [
    ['', ...report.variants.map(variantName)],
    ...areas.map((area) => [area, ...report.variants.map((variant) => cell(count(resultsOf(report, variant, area))))]),
    ['all', ...report.variants.map((variant) => cell(count(resultsOf(report, variant))))],
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const legend = 'ok: kept; FAIL: broken; n/s: the server says it does not offer this; ?: could not be looked at';
  return `${lines.join('\n')}\n${legend}\n${wireCheckWords(report)}`;
}

/** What came of reading the same WBXML with libwbxml; nothing where there was no WBXML. */
export function wireCheckWords({ wireCheck: { compared, differ } }: RunReport): string {
  if (compared === 0) return '';
  if (compared === undefined) return 'libwbxml is not installed: its reading of the WBXML was not compared with ours\n';
  if (differ.length === 0) return `libwbxml reads ${compared} sampled WBXML messages as we do\n`;
  return `libwbxml reads ${differ.length} of ${compared} sampled WBXML messages otherwise than we do:\n${differ.map((words) => `  ${words}\n`).join('')}`;
}
