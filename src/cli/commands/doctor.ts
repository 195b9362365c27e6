import type { Command } from 'commander';
import { visit, type Visit } from '../../doctor/doctor.js';
import type { CheckName } from '../../storage/ports/checks.js';
import { checkOf } from '../../storage/ports/checks.js';
import type { Finding, Inspection } from '../../storage/ports/inspection.js';
import { findingsOf, isHealthy } from '../../storage/ports/inspection.js';
import { findUser } from '../../sync/operator/context.js';
import { flagOption, leaf, textOption, type Run } from '../command.js';
import { count, printable, table } from '../output.js';
import type { Rooms } from '../rooms.js';

/** A sign of life on long work, this often. Milliseconds. */
const PROGRESS_MS = 5000;
/** Findings of a check that are printed one by one. */
const PRINTED = 20;

/** Prints how far the work is, now and then, beside the answer. */
function progress(run: Run): (words: string) => void {
  let last = run.rooms.clock();
  return (words) => {
    const now = run.rooms.clock();
    if (now - last < PROGRESS_MS) return;
    last = now;
    run.rooms.streams.err(`… ${words}\n`);
  };
}

function where({ user, datastore, device, guid }: Finding): string {
  const parts = [user, device, datastore, guid === undefined ? undefined : `item ${guid}`].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : `${parts.map(printable).join(', ')}: `;
}

const summary = (inspection: Inspection): string =>
  table(
    ['check', 'looked at', 'outcome'],
    inspection.checks.map(({ check, looked, count: n }) => [check, String(looked), n === 0 ? 'ok' : count(n, 'finding')]),
    'Nothing was looked at.',
  );

/** The check's rule, then each finding with what to do; what is the same to do is said once. */
function details(inspection: Inspection): string {
  return inspection.checks
    .filter(({ count: n }) => n > 0)
    .map(({ check, findings, count: n }) => {
      const lines: string[] = [`\n${check}: ${checkOf(check).holds}\n`];
      let told = '';
      for (const finding of findings.slice(0, PRINTED)) {
        const next = finding.repair === undefined ? finding.next : `"moorage doctor --repair" will: ${finding.repair}.`;
        lines.push(`  ${where(finding)}${printable(finding.what)}\n`);
        if (next !== told) lines.push(`    → ${printable(next)}\n`);
        told = next;
      }
      if (n > PRINTED) lines.push(`  … and ${n - Math.min(PRINTED, findings.length)} more; --json lists ${findings.length}.\n`);
      return lines.join('');
    })
    .join('');
}

function plan(findings: readonly Finding[]): string {
  const byCheck = new Map<CheckName, Map<string, number>>();
  for (const { check, repair = '' } of findings) {
    const repairs = byCheck.get(check) ?? new Map<string, number>();
    byCheck.set(check, repairs.set(repair, (repairs.get(repair) ?? 0) + 1));
  }
  const lines = [...byCheck].flatMap(([check, repairs]) => [
    ...[...repairs].map(([repair, n]) => `  ${check}, ${count(n, 'finding')}: ${repair}\n`),
    `    Safe: ${checkOf(check).safe ?? ''}\n`,
  ]);
  return `Repairing:\n${lines.join('')}\n`;
}

function words({ found, repair }: Visit, user: string | undefined): string {
  const shown = repair?.after ?? found;
  const head =
    repair === undefined
      ? ''
      : `${count(repair.mended, 'repair')} made.${repair.copies.map((file) => ` The rows as they were: ${file}`).join('')}\n\n`;
  const scope = user === undefined ? '' : `Only what belongs to ${user} was looked at.\n`;
  const met =
    shown.changedMeanwhile === 0 ? '' : `${count(shown.changedMeanwhile, 'row')} changed while being looked at, and were in order then.\n`;
  const left =
    findingsOf(shown).some((finding) => finding.repair !== undefined) && repair !== undefined
      ? 'What is left may go with another run.\n'
      : '';
  const verdict = isHealthy(shown) ? 'The store is in order.\n' : '';
  return `${head}${summary(shown)}${details(shown)}\n${scope}${met}${left}${verdict}`;
}

/** Row keys name sessions by their tokens, which are as good as a log-in: they stay inside. */
const plainFindings = (inspection: Inspection): object => ({
  ...inspection,
  checks: inspection.checks.map((result) => ({
    ...result,
    severity: checkOf(result.check).severity,
    findings: result.findings.map(({ at, ...finding }) => ({ ...finding, rule: at.rule })),
  })),
});

export function doctorCommand(rooms: Rooms, program: Command): void {
  const doctor = program
    .command('doctor')
    .option('--repair', 'mend what is safely mended')
    .option('--quick', 'leave out what takes long: reading all content')
    .option('--user <name>', 'of one user only')
    .description('check the whole store, also while servers run; exit code 1 when something is found');
  leaf(rooms, doctor, async (run) => {
    const name = textOption(run, 'user');
    const json = flagOption(run, 'json');
    const tell = progress(run);
    const outcome = await run.withStore('existing', async (store) => {
      const account = name === undefined ? undefined : (await store.read((tx) => findUser(tx, name))).id;
      return visit(store, {
        now: rooms.clock(),
        ages: run.config.retention,
        depth: flagOption(run, 'quick') ? 'rows' : 'full',
        repair: flagOption(run, 'repair'),
        signal: rooms.stop,
        ...(account === undefined ? {} : { account }),
        ...(run.config.key.text === undefined ? { keyFile: run.config.key.file } : {}),
        progress: (check, looked) => tell(`${check}: ${looked}`),
        mending: (done, of) => tell(`repairing: ${done} of ${of}`),
        onPlan: (findings) => {
          if (!json) rooms.streams.out(plan(findings));
        },
      });
    });
    const shown = outcome.repair?.after ?? outcome.found;
    return {
      text: words(outcome, name),
      json: {
        healthy: isHealthy(shown),
        ...plainFindings(shown),
        ...(outcome.repair === undefined
          ? {}
          : { repair: { mended: outcome.repair.mended, copies: outcome.repair.copies, before: plainFindings(outcome.found) } }),
      },
      exitCode: isHealthy(shown) ? 0 : 1,
    };
  });
}
