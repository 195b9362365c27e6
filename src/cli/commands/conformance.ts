import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { requirementIdOf, type CaseResult, type ConformanceCase, type Variant } from '../../conformance/case.js';
import { htmlReport } from '../../conformance/report/html.js';
import { jsonReport } from '../../conformance/report/json.js';
import { junitReport } from '../../conformance/report/junit.js';
import { count, failsMust, summaryTable, variantName } from '../../conformance/report/summary.js';
import { AREAS, requirement } from '../../conformance/requirements.js';
import { ENCODINGS, runConformance, VERSIONS, type RunReport } from '../../conformance/runner.js';
import { CASES } from '../../conformance/suite.js';
import { UNOBSERVABLE } from '../../conformance/unobservable.js';
import { UserError } from '../../model/errors.js';
import { argument, flagOption, leaf, textOption, type Run } from '../command.js';
import type { Rooms } from '../rooms.js';

const REPORTS = ['html', 'junit', 'json'] as const;
type ReportKind = (typeof REPORTS)[number];

function oneOf<T extends string>(run: Run, name: string, allowed: readonly T[]): T | undefined {
  const text = textOption(run, name);
  if (text === undefined) return undefined;
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new UserError(`--${name} ${text}: write one of ${allowed.join(', ')}.`);
  return found;
}

/** Cases of an area by its name, or whose id begins with the text. */
function chosen(only: string | undefined): readonly ConformanceCase[] {
  if (only === undefined) return CASES;
  const wanted = only.toLowerCase();
  const cases = CASES.filter(({ id }) => requirement(requirementIdOf(id)).area === wanted || id.toLowerCase().startsWith(wanted));
  if (cases.length === 0)
    throw new UserError(`--only ${only}: there is no such area or case. Areas: ${AREAS.join(', ')}; cases: such as AUT-001.`);
  return cases;
}

const STEP = 50;

/** On the error output: where the run is, what is not kept, and how each variant ended. */
class Progress {
  readonly #write: (text: string) => void;
  #total = 0;
  #results: CaseResult[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  readonly onStart = (variant: Variant, cases: number): void => {
    this.#total = cases;
    this.#results = [];
    this.#write(`SyncML ${variantName(variant)}: ${cases} cases\n`);
  };

  readonly onResult = (result: CaseResult): void => {
    const { id, verdict, requirement: of, title, reason } = result;
    this.#results.push(result);
    if (verdict === 'fail' || verdict === 'inconclusive')
      this.#write(`  ${id} ${of.level} ${verdict === 'fail' ? 'BROKEN' : 'inconclusive'}: ${title}\n      ${reason ?? ''}\n`);
    const done = this.#results.length;
    const counts = count(this.#results);
    if (done === this.#total)
      this.#write(
        `  ${counts.pass} kept, ${counts.fail} broken, ${counts['not supported']} not offered, ${counts.inconclusive} inconclusive\n`,
      );
    else if (done % STEP === 0) this.#write(`  ${done} of ${this.#total}\n`);
  };
}

function reportText(report: RunReport, kind: ReportKind, now: number): string {
  switch (kind) {
    case 'html':
      return htmlReport(report, { at: new Date(now), unobservable: UNOBSERVABLE });
    case 'junit':
      return junitReport(report);
    case 'json':
      return jsonReport(report);
  }
}

export function conformanceCommand(rooms: Rooms, program: Command): void {
  const command = program
    .command('conformance')
    .argument('<url>', 'the sync endpoint of the server to be tested')
    .requiredOption('--user <name>', 'an account made for the test: its items are deleted')
    .requiredOption('--password <text>', 'its password')
    .option('--datastore <name>', 'the datastore the cases work on', 'contacts')
    .option('--version <v>', `one version only: ${VERSIONS.join(', ')}`)
    .option('--encoding <e>', `one encoding only: ${ENCODINGS.join(', ')}`)
    .option('--only <area>', 'cases of one area, or whose id begins so')
    .option('--devices <names>', 'names of devices the server lets in, with commas, when it knows its devices; a dozen will do')
    .option('--erase', 'empty the datastore although it holds items')
    .option('--report <kind>', `a report: ${REPORTS.join(', ')}`)
    .option('--out <file>', 'where the report goes; left out: standard output')
    .description('tests whether a SyncML server, any server, keeps to the specification')
    .addHelpText(
      'after',
      `\nAreas: ${AREAS.join(', ')}.\nExit code 1: a MUST is broken. The account's datastore is emptied before every case.\n` +
        'Example: moorage conformance http://127.0.0.1:8080/sync --user lab --password words --report html --out report.html',
    );
  leaf(rooms, command, async (run) => {
    const version = oneOf(run, 'version', VERSIONS);
    const encoding = oneOf(run, 'encoding', ENCODINGS);
    const kind = oneOf(run, 'report', REPORTS);
    const out = textOption(run, 'out');
    if (out !== undefined && kind === undefined) throw new UserError(`--out ${out}: say which --report goes there: ${REPORTS.join(', ')}.`);
    const url = argument(run, 0);
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new UserError(`${url} is no address: write one such as http://127.0.0.1:8080/sync.`);
    const { streams, clock, stop } = run.rooms;
    const report = await runConformance({
      server: {
        url,
        user: textOption(run, 'user') ?? '',
        password: textOption(run, 'password') ?? '',
        datastore: textOption(run, 'datastore') ?? '',
        devices: textOption(run, 'devices')?.split(','),
      },
      cases: chosen(textOption(run, 'only')),
      ...(version === undefined ? {} : { versions: [version] }),
      ...(encoding === undefined ? {} : { encodings: [encoding] }),
      erase: flagOption(run, 'erase'),
      run: String(clock()),
      signal: stop,
      ...new Progress(streams.err),
    });
    const text = kind === undefined ? undefined : reportText(report, kind, clock());
    if (text !== undefined && out !== undefined) writeFileSync(out, text);
    const printed = text !== undefined && out === undefined ? text : summaryTable(report);
    return { text: printed, json: JSON.parse(jsonReport(report)) as unknown, exitCode: failsMust(report) ? 1 : 0 };
  });
}
