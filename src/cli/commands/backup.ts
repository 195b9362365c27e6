import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { JsonRecord } from '../../records/values.js';
import { UserError } from '../../model/errors.js';
import {
  acceptBackup,
  diffBackups,
  exportBackup,
  listBackups,
  removeBackup,
  restoreBackup,
  showBackup,
  verifyBackup,
  type GenerationName,
} from '../../sync/operator/backups.js';
import { sqlBetween } from '../../sync/operator/backup-sql.js';
import type { CopyName, CopySummary, GenerationSummary } from '../../sync/operator/find-copy.js';
import { argument, flagOption, leaf, numberOption, textOption, type Answer, type Run } from '../command.js';
import { count, facts, printable, size, table, when } from '../output.js';
import { progressBar } from '../progress.js';
import type { Rooms } from '../rooms.js';
import { timeOption } from '../time-option.js';

const named = (command: Command): Command =>
  command
    .argument('<file>', 'name of the file, as the device calls it')
    .requiredOption('--user <name>', 'whose')
    .option('--device <part>', 'of which device, where several have a file of that name: its URI, or any part of it');
const generationNamed = (command: Command): Command =>
  named(command)
    .option('--generation <n>', 'which backup; default: the newest')
    .option('--at <time>', 'the newest backup not later: 2026-01-05T08:00:00Z, or a day');

const nameOf = (run: Run): CopyName => ({ user: textOption(run, 'user') ?? '', file: argument(run, 0), device: textOption(run, 'device') });

function generationOf(run: Run): GenerationName {
  const text = textOption(run, 'at');
  return { generation: numberOption(run, 'generation', 1), at: text === undefined ? undefined : timeOption(text) };
}

export function backupCommands(rooms: Rooms, program: Command): void {
  const backup = program.command('backup').description("backups of devices' files");
  leaf(rooms, backup.command('list').option('--user <name>', 'only of this user').description('all backed-up files'), async (run) => {
    const all = await run.withStore('existing', (store) => listBackups(store, textOption(run, 'user')));
    return { text: table(LIST_HEADINGS, all.map(listRow), 'There are no backups.'), json: all };
  });
  leaf(rooms, named(backup.command('show')).option('--plan', 'also what a restore sends').description('the backups of one file'), show);
  const verify = generationNamed(backup.command('verify')).option('--all', 'every backup of the file');
  leaf(rooms, verify.description('prove backups from their bytes'), runVerify);
  const exported = generationNamed(backup.command('export')).argument('<out>', 'file to write, or - for standard output');
  leaf(rooms, exported.description('write a backup to a file'), runExport);
  leaf(rooms, generationNamed(backup.command('restore')).description('make an older backup the newest again'), async (run) => {
    const which = generationOf(run);
    if (which.generation === undefined && which.at === undefined) throw new UserError('Name the backup with --generation or --at.');
    const made = await run.withStore('existing', (store) => restoreBackup(store, { ...nameOf(run), ...which }, rooms.clock()));
    return { text: `It is the newest again, as backup ${made.number}.\n`, json: made };
  });
  const diff = named(backup.command('diff'))
    .argument('<before>')
    .argument('<after>')
    .option('--limit <n>', 'rows at most', '1000')
    .option('--sql', 'the statements that make the second of the first, as the server carries them out; nothing is changed');
  leaf(rooms, diff.description('rows that differ between two backups'), runDiff);
  leaf(
    rooms,
    generationNamed(backup.command('accept')).description('a flagged backup was looked at: treat it as any other'),
    async (run) => {
      const made = await run.withStore('existing', (store) => acceptBackup(store, { ...nameOf(run), ...generationOf(run) }));
      return { text: `Backup ${made.number} counts like any other from now on.\n`, json: made };
    },
  );
  const remove = named(backup.command('remove')).option('--generation <n>', 'only this backup').option('--yes', 'do not ask');
  leaf(rooms, remove.description('remove a file with all its backups, or one backup'), runRemove);
}

const LIST_HEADINGS = ['user', 'device', 'file', 'kept', 'method', 'backups', 'newest', 'size', 'flags'] as const;

function listRow({ user, device, record, generations }: CopySummary): readonly string[] {
  const newest = generations.at(-1);
  const flags = new Set(generations.flatMap((one) => one.flags));
  return [
    user,
    printable(device),
    printable(record.file),
    record.way,
    record.method,
    String(generations.length),
    when(newest?.at),
    newest ? size(newest.size) : '-',
    [...flags].join(' '),
  ];
}

async function show(run: Run): Promise<Answer> {
  const found = await run.withStore('existing', (store) => showBackup(store, nameOf(run)));
  const { record, draft, generations } = found;
  const head = facts([
    ['file', printable(record.file)],
    ['device', printable(found.device)],
    ['media type', record.media],
    ['kept', record.way],
    ['method', record.method],
    ['stored in', record.location],
    ['draft', draft && draftText(draft)],
    ['restore sends', flagOption(run, 'plan') ? found.plan.join(', ') : undefined],
    ['classic plan', flagOption(run, 'plan') ? found.classicPlan.join(', ') : undefined],
  ]);
  const rows = generations.map((one) => [
    String(one.number),
    when(one.at),
    one.by,
    one.base === undefined ? '-' : String(one.base),
    String(one.modification),
    size(one.size),
    size(one.received),
    proofOf(one),
    [...one.flags, ...(one.facts.exactOnly === undefined ? [] : [one.facts.exactOnly])].join(' '),
  ]);
  const headings = ['backup', 'at', 'by', 'from', 'modification', 'size', 'received', 'proof', 'flags'];
  return { text: `${head}\n${table(headings, rows, 'There is no complete backup yet.')}`, json: found };
}

function draftText({ asked, arriving, updatedAt }: NonNullable<Awaited<ReturnType<typeof showBackup>>['draft']>): string {
  const state = arriving
    ? `${size(arriving.received)} of ${size(arriving.size)} have come`
    : asked
      ? `waits for ${asked}`
      : 'not completed';
  return `${state}, since ${when(updatedAt)}`;
}

const proofOf = ({ facts: { database, sha256 } }: GenerationSummary): string =>
  database ? `digest ${database.digest.slice(0, 12)}` : sha256 === undefined ? '-' : `sha256 ${sha256.slice(0, 12)}`;

async function runVerify(run: Run): Promise<Answer> {
  const results = await run.withStore('existing', async (store) => {
    const databases = run.rooms.databaseJobs();
    const bar = progressBar(run.rooms.streams, run.rooms.progressVisible);
    try {
      const all = [];
      const progress = (generation: number, bytes: number, of: number): void => bar.at(`backup ${generation}`, bytes, of);
      const wanted = { ...nameOf(run), ...generationOf(run), all: flagOption(run, 'all') };
      for await (const one of verifyBackup({ store, databases }, wanted, progress)) all.push(one);
      return all;
    } finally {
      bar.end();
      await databases.close();
    }
  });
  const lines = results.map(({ generation, ok, faults }) => `Backup ${generation}: ${ok ? 'whole' : faults.join('; ')}\n`);
  return { text: lines.join(''), json: results, exitCode: results.every(({ ok }) => ok) ? 0 : 1 };
}

async function runExport(run: Run): Promise<Answer | undefined> {
  const out = argument(run, 1);
  const exported = await run.withStore('existing', async (store) => {
    const { generation, bytes } = await exportBackup(store, { ...nameOf(run), ...generationOf(run) });
    const bar = progressBar(run.rooms.streams, run.rooms.progressVisible && out !== '-');
    const counted = bar.through(bytes, `backup ${generation.number}`, generation.size);
    try {
      if (out === '-') for await (const piece of counted) await run.rooms.writeOut(piece);
      else await pipeline(Readable.from(counted), createWriteStream(out, { flags: 'wx', mode: 0o600 }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new UserError(`${out} exists already; it is not written over.`);
      throw error;
    } finally {
      bar.end();
    }
    return generation;
  });
  if (out === '-') return undefined;
  return { text: `Backup ${exported.number}, ${size(exported.size)}, is in ${out}.\n`, json: { ...exported, out } };
}

async function runDiff(run: Run): Promise<Answer> {
  const [before, after] = [numberArgument(run, 1), numberArgument(run, 2)];
  const limit = numberOption(run, 'limit', 1) ?? 1000;
  if (flagOption(run, 'sql')) return showSql(run, before, after, limit);
  const rows = await run.withStore('existing', async (store) => {
    const databases = run.rooms.databaseJobs();
    try {
      return await diffBackups({ store, databases }, nameOf(run), before, after, limit);
    } finally {
      await databases.close();
    }
  });
  const lines = rows.map((row) => [
    row.before ? (row.after ? 'changed' : 'removed') : 'added',
    printable(row.table),
    recordText(row.key),
    row.before ? recordText(row.before) : '-',
    row.after ? recordText(row.after) : '-',
  ]);
  const text = table(['', 'table', 'key', 'before', 'after'], lines, `Backups ${before} and ${after} have the same rows.`);
  return { text: `${text}${rows.length === limit ? `There may be more: the first ${count(limit, 'row')} are shown.\n` : ''}`, json: rows };
}

async function showSql(run: Run, before: number, after: number, limit: number): Promise<Answer> {
  const dry = await run.withStore('existing', async (store) => {
    const databases = run.rooms.databaseJobs();
    try {
      return await sqlBetween({ store, databases }, nameOf(run), before, after, limit);
    } finally {
      await databases.close();
    }
  });
  const notes = [
    ...dry.others.map((name) => `-- ${printable(name)} is another table in backup ${after}: made anew with all its records`),
    ...(dry.cut ? [`-- there may be more: the first ${count(limit, 'row')} were looked at`] : []),
  ];
  const lines = [...dry.statements.map((statement) => `${printable(statement)};`), ...notes];
  const none = `-- backups ${before} and ${after} have the same rows`;
  return { text: `${(lines.length > 0 ? lines : [none]).join('\n')}\n`, json: dry };
}

const recordText = (record: JsonRecord): string => printable(JSON.stringify(record));

function numberArgument(run: Run, at: number): number {
  const text = argument(run, at);
  if (!/^[1-9]\d*$/.test(text)) throw new UserError(`${text} is no number of a backup; "moorage backup show" lists them.`);
  return Number(text);
}

async function runRemove(run: Run): Promise<Answer> {
  const generation = numberOption(run, 'generation', 1);
  const name = nameOf(run);
  if (!flagOption(run, 'yes'))
    throw new UserError(
      `This removes ${generation === undefined ? `"${name.file}" with all its backups` : `backup ${generation} of "${name.file}"`} for good; say so with --yes.`,
    );
  await run.withStore('existing', (store) => removeBackup(store, name, generation));
  const what =
    generation === undefined ? `"${printable(name.file)}" and all its backups are` : `Backup ${generation} of "${printable(name.file)}" is`;
  return { text: `${what} removed.\n`, json: { removed: name, ...(generation === undefined ? {} : { generation }) } };
}
