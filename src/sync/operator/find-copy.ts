/** Which copy an operator means: the file's name, and any part of the device's name where several have a file of that name. */
import { UserError } from '../../model/errors.js';
import type { AccountId } from '../../model/ids.js';
import type { CopyRecord, GenerationRecord } from '../../storage/ports/copies.js';
import type { AccountReader, ReadTx } from '../../storage/ports/store.js';
import { parseCopyFacts, type CopyFacts } from '../database/state.js';
import { findUser } from './context.js';

export interface CopyName {
  readonly user: string;
  readonly file: string;
  /** URI, or any part of it that no other of these devices has; may be left out where only one device has backups of the file. */
  readonly device?: string | undefined;
}

export interface GenerationSummary extends Omit<GenerationRecord, 'facts'> {
  readonly facts: CopyFacts;
}

export interface CopySummary {
  readonly user: string;
  /** URI. */
  readonly device: string;
  readonly record: CopyRecord;
  /** Oldest first. */
  readonly generations: readonly GenerationSummary[];
}

export interface FoundCopy {
  readonly account: AccountId;
  readonly own: AccountReader;
  readonly summary: CopySummary;
}

export const summarized = ({ facts, ...rest }: GenerationRecord): GenerationSummary => ({ ...rest, facts: parseCopyFacts(facts) });

export async function summaryOf(own: AccountReader, user: string, record: CopyRecord): Promise<CopySummary> {
  const devices = await own.devices.list();
  const device = devices.find(({ id }) => id === record.device)?.uri ?? '';
  return { user, device, record, generations: (await own.copies.generations(record.id)).map(summarized) };
}

/** @throws {UserError} that lists what there is, and what to type: when there is no such file or device, or several. */
export async function findCopy(tx: ReadTx, { user, file, device }: CopyName): Promise<FoundCopy> {
  const account = await findUser(tx, user);
  const own = tx.account(account.id);
  const records = await own.copies.list();
  const all: CopySummary[] = [];
  for (const record of records) if (record.file === file) all.push(await summaryOf(own, user, record));
  if (all.length === 0) throw new UserError(noSuchFile(user, file, records));
  const meant = withBackups(device === undefined ? all : byDevice(all, device));
  const [first, second] = meant;
  if (!first) throw new UserError(`No device with "${device}" in its name has backups of "${file}". These have:${listed(all)}`);
  if (second)
    throw new UserError(
      `${meant.length} devices have backups of "${file}". Say which one; this much of its name will do:${listed(meant, all)}`,
    );
  return { account: account.id, own, summary: first };
}

function noSuchFile(user: string, file: string, records: readonly CopyRecord[]): string {
  const names = [...new Set(records.map((record) => record.file))].sort();
  if (names.length === 0) return `There is no backup of "${file}": ${user} has no backups.`;
  const shown = names.slice(0, MAX_LISTED).map((name) => `"${name}"`);
  const more = names.length > MAX_LISTED ? ' and more; "moorage backup list" shows all' : '';
  return `There is no backup of "${file}". ${user} has backups of ${shown.join(', ')}${more}.`;
}

/** Its whole name means a device even where another's begins so. */
function byDevice(all: readonly CopySummary[], text: string): readonly CopySummary[] {
  const same = all.filter((one) => one.device === text);
  const part = text.toLowerCase();
  return same.length > 0 ? same : all.filter((one) => one.device.toLowerCase().includes(part));
}

/** A device that was given the file by a restore, or began a backup and came no further, does not make it doubtful which one is meant. */
function withBackups(all: readonly CopySummary[]): readonly CopySummary[] {
  for (const counts of [({ by }: GenerationSummary) => by !== 'restore', () => true]) {
    const some = all.filter(({ generations }) => generations.some(counts));
    if (some.length > 0) return some;
  }
  return all;
}

const MAX_LISTED = 20;
const MIN_PART = 4;

function listed(meant: readonly CopySummary[], among: readonly CopySummary[] = meant): string {
  const rows = meant.slice(0, MAX_LISTED).map(({ device, generations }) => {
    const newest = generations.at(-1);
    const many = generations.length === 1 ? '1 backup' : `${generations.length} backups`;
    const told = newest ? `${many}, the newest of ${new Date(newest.at).toISOString().slice(0, 19)}Z` : 'no complete backup';
    return `\n  --device ${shellWord(
      partOf(
        device,
        among.map((one) => one.device),
      ),
    )}  ${device}: ${told}`;
  });
  return `${rows.join('')}${meant.length > MAX_LISTED ? '\n  and more: "moorage backup list" shows all' : ''}`;
}

/** The shortest piece that none of the others has, of those at the beginning of a word where there is one. */
function partOf(device: string, all: readonly string[]): string {
  const others = all.filter((other) => other !== device).map((other) => other.toLowerCase());
  if (others.length === 0) return device;
  for (const begins of [/(?<!\w)\w/y, /\w/y]) {
    for (let length = MIN_PART; length < device.length; length += 1) {
      for (let from = 0; from + length <= device.length; from += 1) {
        begins.lastIndex = from;
        const part = device.slice(from, from + length);
        if (begins.test(device) && !others.some((other) => other.includes(part.toLowerCase()))) return part;
      }
    }
  }
  return device;
}

const shellWord = (text: string): string => (/^[\w.:@%+=/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
