/** The agent's answers for people. */
import type { FileStatus, JobReport, Progress } from '../agent/agent.js';
import { count, facts, printable, size, table, when } from './output.js';

const OUTCOMES: Readonly<Record<JobReport['outcome'], string>> = {
  done: 'backed up',
  unchanged: 'unchanged',
  interrupted: 'interrupted',
  suspended: 'suspended',
  failed: 'failed',
};

function changeWords({ changes, sentAs }: JobReport): string | undefined {
  if (!changes || sentAs === undefined) return undefined;
  if (sentAs === '.') return `the whole file, ${size(changes.bytes)}`;
  const parts = [
    ...(changes.schema > 0 ? [count(changes.schema, 'schema change')] : []),
    ...(changes.added > 0 ? [`${changes.added} added`] : []),
    ...(changes.replaced > 0 ? [`${changes.replaced} changed`] : []),
    ...(changes.deleted > 0 ? [`${changes.deleted} deleted`] : []),
    ...(changes.bytes > 0 ? [`${size(changes.bytes)} of blocks`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** One line, and a second one where there is something to be done. */
export function reportLine(report: JobReport): string {
  const { file, outcome, generation, sent, received, message } = report;
  const words = [OUTCOMES[outcome], outcome === 'done' ? changeWords(report) : undefined].filter((word) => word !== undefined).join(': ');
  const traffic = sent + received > 0 ? `; ${size(sent)} sent, ${size(received)} received` : '';
  const number = outcome === 'done' && generation !== undefined ? `, generation ${generation}` : '';
  return `${printable(file)}: ${words}${number}${traffic}\n${message === undefined ? '' : `  ${printable(message)}\n`}`;
}

export const historyTable = (reports: readonly JobReport[]): string =>
  table(
    ['when', 'outcome', 'sent as', 'changes', 'generation', 'sent', 'took', 'message'],
    reports.map((report) => [
      when(report.startedAt),
      OUTCOMES[report.outcome],
      report.sentAs ?? '',
      changeWords(report) ?? '',
      report.generation === undefined ? '' : String(report.generation),
      size(report.sent),
      `${((report.endedAt - report.startedAt) / 1000).toFixed(1)} s`,
      printable(report.message ?? ''),
    ]),
    'Nothing has been backed up yet. "moorage agent backup" does it now.',
  );

export function statusWords(files: readonly FileStatus[], device: string): string {
  const rows = files.map((file) => [
    printable(file.name),
    file.folder ? 'folder' : (file.way ?? '-'),
    file.settings.method,
    when(file.backedUpAt),
    file.generation === undefined ? '' : String(file.generation),
    file.pending !== undefined ? 'goes on next time' : file.changed === undefined ? '' : file.changed ? 'changed' : 'backed up',
    when(file.nextAt),
  ]);
  const remarks = files.flatMap((file) => [
    ...(file.exactOnly === undefined ? [] : [`${printable(file.name)} is kept by its bytes: ${printable(file.exactOnly)}\n`]),
    ...(file.last && file.last.outcome !== 'done' && file.last.message !== undefined
      ? [`${printable(file.name)}, ${when(file.last.endedAt)}: ${printable(file.last.message)}\n`]
      : []),
  ]);
  const empty = 'No file is backed up. "moorage agent add FILE" adds one.';
  return `${facts([['This device', device]])}${table(['file', 'kept', 'method', 'last backup', 'generation', 'state', 'next'], rows, empty)}${remarks.join('')}`;
}

const STEPS: Readonly<Record<Progress['step'], string>> = { read: 'reading', send: 'sent', receive: 'received', verify: 'comparing' };
/** What takes less than this says nothing of its progress. Bytes. */
const SMALL = 2_000_000;

/** A line each tenth of long work. */
export function progressTo(write: (text: string) => void): (progress: Progress) => void {
  const said = new Map<string, number>();
  return ({ file, step, done, total }) => {
    if (total < SMALL) return;
    const tenth = Math.floor((done / total) * 10);
    const key = `${file} ${step}`;
    if (tenth <= (said.get(key) ?? 0)) {
      if (tenth === 0) said.set(key, 0);
      return;
    }
    said.set(key, tenth);
    write(`${printable(file)}: ${STEPS[step]} ${tenth * 10} % of ${size(total)}\n`);
  };
}
