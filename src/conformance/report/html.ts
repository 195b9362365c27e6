/**
 * The report a laboratory attaches: one page that needs nothing else. What was decided stands in it as text; the messages are packed
 * (gzip, Base64) and unpacked by the browser when a case is opened, since there are thousands of them.
 */
import { gzipSync } from 'node:zlib';
import type { CaseResult, Verdict } from '../case.js';
import { REQUIREMENTS, AREAS } from '../requirements.js';
import type { RunReport } from '../runner.js';
import { exchangeText } from './message-text.js';
import { SCRIPT, STYLE } from './page-assets.js';
import { count, resultsOf, variantName, wireCheckWords } from './summary.js';

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const className = (verdict: Verdict): string => verdict.replace(' ', '-');
const words: Readonly<Record<Verdict, string>> = {
  pass: 'kept',
  fail: 'broken',
  'not supported': 'not offered',
  inconclusive: 'inconclusive',
};

export interface HtmlOptions {
  /** When the run was made, for the heading. */
  readonly at: Date;
  /** Requirements no case looks at, with the reason. */
  readonly unobservable: ReadonlyMap<string, string>;
}

export function htmlReport(report: RunReport, { at, unobservable }: HtmlOptions): string {
  const packed = new Packed();
  const cases = caseIds(report).map((id) => caseSection(report, id, packed));
  const name = report.software === undefined ? report.server.url : `${report.software} at ${report.server.url}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>SyncML conformance of ${escape(name)}</title><style>${STYLE}</style></head><body>
<h1>SyncML conformance</h1>
<p>${escape(name)}, datastore ${escape(report.server.datastore)}, ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC</p>
${verdictLine(report)}
${summary(report)}
<h2>Cases</h2>
<p class="filter">Show: ${(['fail', 'inconclusive', 'not supported', 'pass'] as const)
    .map((verdict) => `<label><input type="checkbox" checked data-verdict="${className(verdict)}"> ${words[verdict]}</label>`)
    .join(' ')}</p>
${cases.join('\n')}
${leftOut(unobservable)}
<p>${escape(wireCheckWords(report))}</p>
<script type="application/gzip" id="messages">${packed.base64()}</script><script>${SCRIPT}</script></body></html>
`;
}

const caseIds = ({ results }: RunReport): readonly string[] =>
  [...new Set(results.map(({ id }) => id))].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
const ORDER = new Map([...REQUIREMENTS.keys()].map((id, at) => [id, at]));
const rank = (id: string): number => ORDER.get(id.replace(/[a-z]+$/, '')) ?? ORDER.size;

function verdictLine({ results }: RunReport): string {
  const broken = (level: string): number =>
    results.filter(({ verdict, requirement }) => verdict === 'fail' && requirement.level === level).length;
  const [must, should] = [broken('MUST'), broken('SHOULD')];
  const sentence =
    must === 0
      ? `No MUST is broken${should === 0 ? ' and no SHOULD' : `; ${should} SHOULD ${should === 1 ? 'is' : 'are'}`}.`
      : `${must} MUST and ${should} SHOULD are broken.`;
  return `<p class="verdict ${must > 0 ? 'fail' : should > 0 ? 'inconclusive' : 'pass'}">${sentence} ${results.length} results.</p>`;
}

function summary(report: RunReport): string {
  const areas = AREAS.filter((area) => report.results.some(({ requirement }) => requirement.area === area));
  const cell = (results: readonly CaseResult[]): string => {
    const counts = count(results);
    const parts = (['pass', 'fail', 'not supported', 'inconclusive'] as const)
      .filter((verdict) => counts[verdict] > 0)
      .map((verdict) => `<span class="${className(verdict)}" title="${words[verdict]}">${counts[verdict]}</span>`);
    return `<td>${parts.join(' ') || '–'}</td>`;
  };
  const row = (name: string, area?: string): string =>
    `<tr><th>${escape(name)}</th>${report.variants.map((variant) => cell(resultsOf(report, variant, area))).join('')}</tr>`;
  return `<table class="summary"><thead><tr><th></th>${report.variants.map((variant) => `<th>${variantName(variant)}</th>`).join('')}</tr></thead>
<tbody>${areas.map((area) => row(area, area)).join('\n')}\n${row('all')}</tbody></table>
<p class="legend">${Object.entries(words)
    .map(([verdict, word]) => `<span class="${className(verdict as Verdict)}">${word}</span>`)
    .join(' ')}</p>`;
}

const WORST: readonly Verdict[] = ['fail', 'inconclusive', 'not supported', 'pass'];

function caseSection(report: RunReport, id: string, packed: Packed): string {
  const results = report.results.filter((result) => result.id === id);
  const [first] = results;
  if (!first) return '';
  const { requirement } = first;
  const worst = WORST.find((verdict) => results.some((result) => result.verdict === verdict)) ?? 'pass';
  const title = first.title === requirement.statement ? '' : `<p>${escape(first.title)}</p>`;
  const marks = results
    .map(({ variant, verdict }) => `<span class="${className(verdict)}" title="${words[verdict]}">${variantName(variant)}</span>`)
    .join(' ');
  return `<details class="case ${className(worst)}" id="${id}"><summary><b>${id}</b> <i>${requirement.level}</i> ${escape(requirement.statement)} ${marks}</summary>
${title}<p class="reference">${escape(requirement.reference)} (${requirement.foundation})</p>
${results.map((result) => resultSection(result, packed)).join('\n')}</details>`;
}

function resultSection(result: CaseResult, packed: Packed): string {
  const { variant, verdict, reason, observations } = result;
  const seen = observations.length === 0 ? '' : `<ul>${observations.map((text) => `<li>${escape(text)}</li>`).join('')}</ul>`;
  const exchanges = result.sessions.flatMap((session) => session.exchanges);
  const messages =
    exchanges.length === 0
      ? ''
      : `<details class="messages" data-messages="${exchanges.map((trace) => packed.add(exchangeText(trace))).join(' ')}"><summary>${exchanges.length === 1 ? '1 exchange' : `${exchanges.length} exchanges`}</summary></details>`;
  return `<section class="${className(verdict)}"><h4>${variantName(variant)}: ${words[verdict]}</h4>${reason === undefined ? '' : `<p class="reason">${escape(reason)}</p>`}${seen}${messages}</section>`;
}

function leftOut(unobservable: ReadonlyMap<string, string>): string {
  if (unobservable.size === 0) return '';
  const rows = [...unobservable].map(
    ([id, why]) => `<tr><td>${id}</td><td>${escape(REQUIREMENTS.get(id)?.statement ?? '')}</td><td>${escape(why)}</td></tr>`,
  );
  return `<h2>Not looked at</h2><p>What cannot be seen through the sync endpoint.</p><table><tbody>${rows.join('\n')}</tbody></table>`;
}

/** Texts of exchanges, numbered in the order they were added. */
class Packed {
  readonly #all: unknown[] = [];

  add(text: unknown): number {
    return this.#all.push(text) - 1;
  }

  base64(): string {
    return gzipSync(JSON.stringify(this.#all)).toString('base64');
  }
}
