import type { Command } from 'commander';
import { UserError } from '../../model/errors.js';
import { listConflicts, showConflict, undoConflict } from '../../sync/operator/conflicts.js';
import { argument, leaf, numberOption, textOption, type Run } from '../command.js';
import { count, facts, table, when } from '../output.js';
import type { Rooms } from '../rooms.js';
import { causeWords, decisionWords } from '../words.js';

const DEFAULT_LIMIT = 50;

const user = (run: Run): string => textOption(run, 'user') ?? '';

function entryNumber(run: Run): number {
  const text = argument(run, 0);
  if (!/^\d+$/.test(text)) throw new UserError(`"${text}" is no entry's number; "moorage conflict list" shows them.`);
  return Number(text);
}

const asText = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');

export function conflictCommands(rooms: Rooms, program: Command): void {
  const conflict = program.command('conflict').description('what was decided when two sides changed the same');

  const list = conflict
    .command('list')
    .requiredOption('--user <name>', 'whose')
    .option('--datastore <name>', 'of one datastore only')
    .option('--limit <n>', `how many, newest first (default: ${DEFAULT_LIMIT})`)
    .description('the journal');
  leaf(rooms, list, async (run) => {
    const datastore = textOption(run, 'datastore');
    const limit = numberOption(run, 'limit', 1) ?? DEFAULT_LIMIT;
    const entries = await run.withStore('existing', (store) =>
      listConflicts(store, user(run), { limit, ...(datastore === undefined ? {} : { datastore }) }),
    );
    const rows = entries.map((each) => [
      String(each.id),
      when(each.at),
      each.datastore,
      each.guid,
      each.label,
      causeWords(each.cause),
      decisionWords(each.decision),
      each.fields?.join(' ') ?? '',
      each.undoneAt === undefined ? '' : 'undone',
    ]);
    return {
      text: table(
        ['entry', 'when', 'datastore', 'item', 'what', 'cause', 'decision', 'fields that lost', 'state'],
        rows,
        'The journal is empty.',
      ),
      json: entries,
    };
  });

  const show = conflict
    .command('show')
    .argument('<entry>')
    .requiredOption('--user <name>', 'whose')
    .description('an entry with both contents');
  leaf(rooms, show, async (run) => {
    const entry = await run.withStore('existing', (store) => showConflict(store, user(run), entryNumber(run)));
    const { lost, kept, ...rest } = entry;
    const block = (title: string, bytes: Uint8Array | undefined): string => `\n${title}\n${asText(bytes)?.trimEnd() ?? '(deleted)'}\n`;
    const head = facts([
      ['Entry', `${entry.id}, ${when(entry.at)}`],
      ['Item', `${entry.guid} in ${entry.datastore}`],
      ['Device', entry.device],
      ['Cause', causeWords(entry.cause)],
      ['Decision', decisionWords(entry.decision)],
      ['Fields that lost', entry.fields?.join(', ')],
      ['Undone', entry.undoneAt === undefined ? undefined : when(entry.undoneAt)],
    ]);
    const hint =
      entry.undoneAt === undefined ? `\n"moorage conflict undo ${entry.id} --user ${user(run)}" brings back what does not stand.\n` : '';
    return {
      text: `${head}${block('What does not stand:', lost)}${block('What stood against it:', kept)}${hint}`,
      json: { ...rest, lost: asText(lost), kept: asText(kept) },
    };
  });

  const undo = conflict
    .command('undo')
    .argument('<entry>')
    .requiredOption('--user <name>', 'whose')
    .description('bring back what does not stand; all of a refresh together');
  leaf(rooms, undo, async (run) => {
    const report = await run.withStore('existing', (store) => undoConflict(store, user(run), entryNumber(run), rooms.clock()));
    const parts = [
      ...(report.restored > 0 ? [`${count(report.restored, 'item')} brought back`] : []),
      ...(report.removed > 0 ? [`${count(report.removed, 'item')} removed again`] : []),
      ...(report.unchanged > 0 ? [`${count(report.unchanged, 'item')} unchanged`] : []),
    ];
    return {
      text: `${count(report.undone, 'entry', 'entries')} undone: ${parts.join(', ') || 'nothing to do'}. Devices follow with their next sync; what stood until now is in the journal.\n`,
      json: report,
    };
  });
}
