/** Settings of a file from what a caller gives, all faults said in words. */
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { UserError } from '../model/errors.js';
import { parseMark } from './detect/mark.js';
import type { Looker } from './detect/looker.js';
import { inWords } from './detect/snapshot.js';
import { checkName } from './names.js';
import { checkTiming } from './schedule/policy.js';
import type { AddOptions, FileSettings } from './types.js';

const isUrl = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text);

export function checkServer(server: string): string {
  if (!isUrl(server)) throw new UserError(`${server} is no address: write one such as https://sync.example.org/sync.`);
  return server;
}

/** @throws {UserError} */
export async function settingsFrom(
  looker: Looker,
  options: AddOptions,
): Promise<{ readonly name: string; readonly folder: boolean; readonly settings: FileSettings }> {
  const path = resolve(options.path);
  if (!existsSync(path)) throw new UserError(`${path} is not there.`);
  const folder = statSync(path).isDirectory();
  const { schedule, between, maxPerDay, mark, media, exclude = [] } = options;
  checkTiming(options);
  if (mark !== undefined) parseMark(mark);
  const way = options.way ?? 'auto';
  const tables = folder
    ? undefined
    : await looker.tables(path).catch((error: unknown) => {
        throw inWords(path, error);
      });
  if (!folder && exclude.length > 0) checkExcluded(path, tables, way, exclude);
  if (!folder && !tables && way !== 'auto' && way !== 'file') throw new UserError(`${path} is no SQLite database: it is kept as a file.`);
  const settings: FileSettings = {
    path,
    server: checkServer(options.server),
    user: options.user,
    way,
    method: options.method ?? 'incremental',
    form: options.form ?? 'batch',
    coding: options.coding ?? 'gzip',
    exclude,
    order: options.order ?? 0,
    encoding: options.encoding ?? 'wbxml',
    auth: options.auth ?? 'md5',
    verifyServer: options.verifyServer ?? false,
    ...(schedule === undefined ? {} : { schedule }),
    ...(between === undefined ? {} : { between }),
    ...(maxPerDay === undefined ? {} : { maxPerDay }),
    ...(mark === undefined ? {} : { mark }),
    ...(media === undefined ? {} : { media }),
  };
  return { name: checkName(options.name ?? basename(path)), folder, settings };
}

/** A table whose name is mistyped would leave the device. */
function checkExcluded(path: string, tables: readonly string[] | undefined, way: FileSettings['way'], exclude: readonly string[]): void {
  if (!tables) throw new UserError(`${path} is no SQLite database: there are no tables to exclude.`);
  if (way === 'exact' || way === 'file')
    throw new UserError('Tables can be excluded only from databases kept by records: leave out --exact, or --exclude.');
  const missing = exclude.filter((name) => !tables.some((known) => known.toLowerCase() === name.toLowerCase()));
  if (missing.length > 0) throw new UserError(`There is no table ${missing.join(', ')} in ${path}. Its tables: ${tables.join(', ')}.`);
}
