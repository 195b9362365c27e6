/** What a backup's last item says of the copy; see docs/device-backup-protocol.md, "`manifest`". */
import { malformed, shown } from './error.js';
import { hexDigest, members, modificationNumber, optionalSize, optionalText, type Members } from './members.js';

export type BackupWay = 'logical' | 'exact' | 'file';
export type BackupMethod = 'incremental' | 'differential' | 'copy' | 'every-change';

export interface Manifest {
  readonly way: BackupWay;
  readonly method: BackupMethod;
  /** Media type of the file. */
  readonly media: string;
  /** Modification numbers. `base` is absent for a first backup. */
  readonly base?: number;
  readonly modification: number;
  /** Lower case hexadecimal; see `databaseDigest`. Required for `logical`. */
  readonly digest?: string;
  /** Table → rows. */
  readonly rows?: Readonly<Record<string, number>>;
  /** Bytes of the file. Required for `exact` and `file`, as is `sha256` (lower case hexadecimal). */
  readonly size?: number;
  readonly sha256?: string;
  /** SHA-256 over the SHA-256s of the file's chunks of 16384 bytes, in order: proves the bytes without reading all of them. */
  readonly chunkDigest?: string;
  /** When the file was changed, as the device says it. */
  readonly modified?: string;
  readonly note?: string;
  /** In a restore: the device whose backup it is, where it is another one's. */
  readonly device?: string;
}

/** Unknown members are ignored. @throws {RecordError} */
export function parseManifest(text: string): Manifest {
  const given = members(text, 'manifest');
  const way = oneOf(given, 'way', ['logical', 'exact', 'file']);
  const method = oneOf(given, 'method', ['incremental', 'differential', 'copy', 'every-change']);
  const media = optionalText(given, 'media') ?? '';
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(media)) throw malformed('"media" of the manifest is a media type');
  const base = given['base'] === undefined || given['base'] === null ? undefined : modificationNumber(given, 'base');
  const digest = hexDigest(given, 'digest');
  const sha256 = hexDigest(given, 'sha256');
  const chunkDigest = hexDigest(given, 'chunkDigest');
  const size = optionalSize(given, 'size');
  if (way === 'logical' && digest === undefined) throw malformed('a manifest of way "logical" needs "digest"');
  if (way !== 'logical' && (sha256 === undefined || size === undefined))
    throw malformed(`a manifest of way "${way}" needs "sha256" and "size"`);
  const rows = rowCounts(given);
  const modified = optionalText(given, 'modified');
  const note = optionalText(given, 'note');
  const device = optionalText(given, 'device');
  return {
    way,
    method,
    media,
    ...(base !== undefined && { base }),
    modification: modificationNumber(given, 'modification'),
    ...(digest !== undefined && { digest }),
    ...(rows !== undefined && { rows }),
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { sha256 }),
    ...(chunkDigest !== undefined && { chunkDigest }),
    ...(modified !== undefined && { modified }),
    ...(note !== undefined && { note }),
    ...(device !== undefined && { device }),
  };
}

export function formatManifest(manifest: Manifest): string {
  return JSON.stringify(manifest);
}

function oneOf<T extends string>(given: Members, name: string, values: readonly T[]): T {
  const value = values.find((one) => one === given[name]);
  if (value === undefined) throw malformed(`"${name}" of the manifest is one of ${values.join(', ')}`);
  return value;
}

function rowCounts(given: Members): Readonly<Record<string, number>> | undefined {
  const rows = given['rows'];
  if (rows === undefined || rows === null) return undefined;
  if (typeof rows !== 'object' || Array.isArray(rows)) throw malformed('"rows" of the manifest is an object: table → rows');
  for (const [table, count] of Object.entries(rows as Record<string, unknown>)) {
    if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
      throw malformed(`"rows" of ${shown(table)} is not a number of rows`);
  }
  return rows as Readonly<Record<string, number>>;
}
