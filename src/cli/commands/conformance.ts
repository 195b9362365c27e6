import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { AREAS } from '../../conformance/requirements.js';
import { CASES } from '../../conformance/suite.js';
import type { CaseResult, ConformanceCase, Variant } from '../../conformance/case.js';
import { requirementIdOf } from '../../conformance/case.js';
import { requirement } from '../../conformance/requirements.js';
import { failsMust, summaryTable } from '../../conformance/report/summary.js';
import { jsonReport } from '../../conformance/report/json.js';
import { ENCODINGS, runConformance, VERSIONS } from '../../conformance/runner.js';
import { UserError } from '../../model/errors.js';
import { argument, flagOption, leaf, textOption, type Run } from '../command.js';
import type { Rooms } from '../rooms.js';

const REPORTS = ['json'] as const;

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

/** A line for each case that is not green, and one for each variant. */
function progress(run: Run): { onStart(variant: Variant, cases: number): void; onResult(result: CaseResult): void } {
  const { err } = run.rooms.streams;
  return {
    onStart: ({ version, encoding }, cases) => err(`SyncML ${version}, ${encoding}: ${cases} cases\n`),
    onResult: ({ id, verdict, requirement: { level }, title, reason }) => {
      if (verdict !== 'pass') err(`  ${id} ${level} ${verdict}: ${title}${reason === undefined ? '' : `\n      ${reason}`}\n`);
    },
  };
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
    .option('--erase', 'empty the datastore although it holds items')
    .option('--report <kind>', `a report: ${REPORTS.join(', ')}`)
    .option('--out <file>', 'where the report goes')
    .description('tests whether a SyncML server keeps to the specification');
  leaf(rooms, command, async (run) => {
    const version = oneOf(run, 'version', VERSIONS);
    const encoding = oneOf(run, 'encoding', ENCODINGS);
    const kind = oneOf(run, 'report', REPORTS);
    const url = argument(run, 0);
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new UserError(`${url} is no address: write one such as http://127.0.0.1:8080/sync.`);
    const report = await runConformance({
      server: {
        url,
        user: textOption(run, 'user') ?? '',
        password: textOption(run, 'password') ?? '',
        datastore: textOption(run, 'datastore') ?? '',
      },
      cases: chosen(textOption(run, 'only')),
      ...(version === undefined ? {} : { versions: [version] }),
      ...(encoding === undefined ? {} : { encodings: [encoding] }),
      erase: flagOption(run, 'erase'),
      run: String(run.rooms.clock()),
      signal: run.rooms.stop,
      ...progress(run),
    });
    const out = textOption(run, 'out');
    const text = kind === 'json' ? jsonReport(report) : undefined;
    if (text !== undefined && out !== undefined) writeFileSync(out, text);
    const printed = text !== undefined && out === undefined ? text : summaryTable(report);
    return { text: printed, json: JSON.parse(jsonReport(report)) as unknown, exitCode: failsMust(report) ? 1 : 0 };
  });
}
