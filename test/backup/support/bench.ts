/** A whole server in this process but for HTTP, with devices that back up to it. */
import { createHash } from 'node:crypto';
import type { CopyRecord, GenerationRecord } from '../../../src/storage/ports/copies.js';
import { bytesOf, sourceOf } from '../../../src/sync/database/sources.js';
import type { DatabaseJobs } from '../../../src/devicedb/jobs.js';
import { Bench, PASSWORD, USER } from '../../exchange/support/bench.js';
import type { Transport } from '../../model-client/transport.js';
import { BackupPhone, type PhoneOptions } from './backup-phone.js';

const never = (): Promise<never> => Promise.reject(new Error('no database is opened for files'));
/** For files that are no databases: nothing may look into them. */
export const FILES_ONLY: DatabaseJobs = { inspect: never, facts: never, apply: never, differences: never, close: async () => undefined };

export class BackupBench {
  readonly bench: Bench;

  private constructor(bench: Bench) {
    this.bench = bench;
  }

  static async open(settings: Readonly<Record<string, unknown>> = {}, databases: DatabaseJobs = FILES_ONLY): Promise<BackupBench> {
    return new BackupBench(await Bench.open(settings, USER, PASSWORD, databases));
  }

  close(): Promise<void> {
    return this.bench.close();
  }

  phone(options: PhoneOptions = {}): BackupPhone {
    return new BackupPhone(this.bench.transport, options);
  }

  phoneOn(link: Transport, options: PhoneOptions = {}): BackupPhone {
    return new BackupPhone(link, options);
  }

  copies(): Promise<readonly CopyRecord[]> {
    return this.bench.read((own) => own.copies.list());
  }

  /** Of the first copy with that name. */
  async generations(file = 'phone.db', device?: string): Promise<readonly GenerationRecord[]> {
    return this.bench.read(async (own) => {
      const owner = device === undefined ? undefined : (await own.devices.byUri(device))?.id;
      const copy = (await own.copies.list()).find((one) => one.file === file && (owner === undefined || one.device === owner));
      return copy ? own.copies.generations(copy.id) : [];
    });
  }

  /** The stored bytes of a generation, the newest when none is named. */
  async stored(file = 'phone.db', number?: number): Promise<Buffer> {
    const copy = (await this.copies()).find((one) => one.file === file);
    const all = await this.generations(file);
    const generation = number === undefined ? all.at(-1) : all.find((one) => one.number === number);
    if (!copy || !generation) throw new Error(`no generation ${number ?? ''} of ${file}`);
    const pieces: Uint8Array[] = [];
    const source = sourceOf(this.bench.temp.store, this.bench.account, copy.id, generation.number, generation.size);
    for await (const piece of bytesOf(source)) pieces.push(piece);
    return Buffer.concat(pieces);
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed = 1): Buffer {
  const out = Buffer.alloc(length);
  let state = seed * 2_654_435_761;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    out[i] = state >>> 24;
  }
  return out;
}

/** A manifest for a file that is equal by its bytes. */
export const fileManifest = (bytes: Uint8Array, modification: number, more: object = {}): object => ({
  way: 'file',
  method: 'copy',
  media: 'application/octet-stream',
  modification,
  size: bytes.length,
  sha256: sha256(bytes),
  ...more,
});
