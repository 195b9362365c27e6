import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../model/errors.js';
import { importFiles, type ImportFile } from '../../sync/operator/import.js';
import { exportItems, listItems, removeItem, showItem, type ExportedFile } from '../../sync/operator/items.js';
import { argument, flagOption, leaf, numberOption, textOption, type Run } from '../command.js';
import { count, facts, printable, size, table, when } from '../output.js';
import type { Rooms } from '../rooms.js';

const user = (run: Run): string => textOption(run, 'user') ?? '';
const datastore = (run: Run): string => textOption(run, 'datastore') ?? '';

const scoped = (command: Command): Command =>
  command.requiredOption('--user <name>', 'whose items').requiredOption('--datastore <name>', 'such as contacts');

/** Text-like types can follow one another in one file; notes cannot: nothing would tell them apart. */
const joinable = (file: ExportedFile): boolean => file.type !== 'text/plain' && !file.type.startsWith('application/');

/** Everything in one file: each item ends with a line end. @throws {UserError} for types that need a file each. */
function joined(files: readonly ExportedFile[]): Uint8Array {
  const single = files.find((file) => !joinable(file));
  if (single !== undefined && files.length > 1)
    throw new UserError(`Items of type ${single.type} need a file each: name a folder with --out.`);
  return Buffer.concat(
    files.flatMap((file) => [file.bytes, ...(file.bytes.at(-1) === 0x0a || files.length === 1 ? [] : [Buffer.from('\r\n')])]),
  );
}

/** A folder unless it looks like a file: an extension, and no folder of that name. */
const isFolder = (path: string): boolean => (existsSync(path) ? statSync(path).isDirectory() : extname(path) === '');

/** Hidden files and folders inside are left alone. @throws {UserError} */
function readFiles(path: string): readonly ImportFile[] {
  if (!existsSync(path)) throw new UserError(`There is no ${path}.`);
  if (!statSync(path).isDirectory()) return [{ name: basename(path), bytes: readFileSync(path) }];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => ({ name: entry.name, bytes: readFileSync(join(path, entry.name)) }));
}

export function itemCommands(rooms: Rooms, program: Command): void {
  const item = program.command('item').description('what the server holds');

  leaf(rooms, scoped(item.command('list')).description('all items of a datastore'), async (run) => {
    const items = await run.withStore('existing', (store) => listItems(store, user(run), datastore(run)));
    const rows = items.map((each) => [
      each.guid,
      each.label,
      each.type,
      size(each.size),
      String(each.revision),
      when(each.changedAt),
      each.changedBy ?? '',
    ]);
    const empty = 'It is empty. "moorage item import FILE" brings items in, a phone does so by syncing.';
    return { text: table(['guid', 'what', 'type', 'size', 'revision', 'changed', 'by'], rows, empty), json: items };
  });

  const show = item.command('show').argument('<guid>').option('--revision <n>', 'an older one').description('one item with its content');
  leaf(rooms, scoped(show), async (run) => {
    const found = await run.withStore('existing', (store) =>
      showItem(store, user(run), datastore(run), argument(run, 0), numberOption(run, 'revision', 1)),
    );
    const { content, ...rest } = found;
    const text = content === undefined ? undefined : Buffer.from(content).toString('utf8');
    const head = facts([
      ['Item', found.guid],
      ['Type', found.type],
      ['Size', size(found.size)],
      ['Revision', String(found.revision)],
      ['Changed', `${when(found.changedAt)}${found.changedBy === undefined ? '' : ` by ${found.changedBy}`}`],
      ['State', found.deleted ? 'deleted' : undefined],
    ]);
    return { text: text === undefined ? head : `${head}\n${text}${text.endsWith('\n') ? '' : '\n'}`, json: { ...rest, content: text } };
  });

  leaf(rooms, scoped(item.command('remove').argument('<guid>')).description('remove one item, here and on the devices'), async (run) => {
    const guid = argument(run, 0);
    await run.withStore('existing', (store) => removeItem(store, user(run), datastore(run), guid, rooms.clock()));
    return { text: `Item ${guid} is removed; devices follow with their next sync.\n`, json: { guid, removed: true } };
  });

  const exporting = item
    .command('export')
    .option('--out <path>', 'a folder: one file an item; a file such as all.vcf: all in one; left out: standard output')
    .description('items as files');
  leaf(rooms, scoped(exporting), async (run) => {
    const out = textOption(run, 'out');
    const files = await run.withStore('existing', async (store) => {
      const all: ExportedFile[] = [];
      for await (const file of exportItems(store, user(run), datastore(run))) all.push(file);
      return all;
    });
    if (out === undefined) {
      const text = Buffer.from(joined(files)).toString('utf8');
      const json = files.map((file) => ({ name: file.name, type: file.type, content: Buffer.from(file.bytes).toString('utf8') }));
      return { text, json, verbatim: true };
    }
    if (isFolder(out)) {
      mkdirSync(out, { recursive: true });
      for (const file of files) writeFileSync(join(out, file.name), file.bytes);
    } else writeFileSync(out, joined(files));
    return { text: `${count(files.length, 'item')} in ${out}.\n`, json: { items: files.length, out } };
  });

  const importing = item
    .command('import')
    .argument('<path>', 'a .vcf, .ics, .vcs, .vnt or .txt file, or a folder of them')
    .option('--only-new', 'never change an item, also when a file has its GUID as name')
    .description('files into items; a file named GUID.vcf, as export writes it, changes that item');
  leaf(rooms, scoped(importing), async (run) => {
    const files = readFiles(argument(run, 0));
    const options = { now: rooms.clock(), onlyNew: flagOption(run, 'onlyNew') };
    const report = await run.withStore('existing', (store) => importFiles(store, user(run), datastore(run), files, options));
    const lines = [
      `${count(report.created, 'item')} new, ${report.replaced} changed, ${report.skipped} there already.`,
      ...(report.journalled === 0
        ? []
        : [
            `${count(report.journalled, 'item')} got quite different content by file name; "moorage conflict undo" brings the old content back.`,
          ]),
      ...report.unreadable.map((name) => `${printable(name)} holds nothing that could be read.`),
    ];
    if (files.length > 0 && report.unreadable.length === files.length) throw new UserError(lines.slice(1).join('\n'));
    return { text: `${lines.join('\n')}\n`, json: report };
  });
}
