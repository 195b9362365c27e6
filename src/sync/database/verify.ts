/** A generation proven from its bytes: every chunk opened, rows counted and hashed again, everything compared with what was noted. */
import { createHash } from 'node:crypto';
import { DatabaseFault, type DatabaseJobs } from '../../devicedb/jobs.js';
import { StoreError } from '../../model/errors.js';
import type { AccountId, CopyId } from '../../model/ids.js';
import type { GenerationRecord } from '../../storage/ports/copies.js';
import type { Store } from '../../storage/ports/store.js';
import { bytesOf, sourceOf } from './sources.js';
import { parseCopyFacts } from './state.js';

export interface Verified {
  readonly generation: number;
  readonly ok: boolean;
  /** What is wrong, for people. */
  readonly faults: readonly string[];
  /** Of the bytes that are here. */
  readonly sha256: string | undefined;
}

export interface VerifyRooms {
  readonly store: Store;
  readonly databases: DatabaseJobs;
}

/** @param progress bytes read so far. @throws {StoreError} `unavailable`: nothing can be said at the moment. */
export async function verifyGeneration(
  { store, databases }: VerifyRooms,
  account: AccountId,
  copy: CopyId,
  generation: GenerationRecord,
  progress?: (bytes: number) => void,
): Promise<Verified> {
  const { number, size } = generation;
  const facts = parseCopyFacts(generation.facts);
  const faults: string[] = [];
  const source = sourceOf(store, account, copy, number, size);
  let sha256: string | undefined;
  try {
    const hash = createHash('sha256');
    let read = 0;
    for await (const bytes of bytesOf(source)) {
      hash.update(bytes);
      read += bytes.length;
      progress?.(read);
    }
    sha256 = hash.digest('hex');
    if (read !== size) faults.push(`it has ${read} bytes, and should have ${size}`);
    if (facts.sha256 !== undefined && facts.sha256 !== sha256) faults.push(`its SHA-256 is ${sha256}, and should be ${facts.sha256}`);
    if (facts.database) {
      const now = await databases.facts(source);
      if (now.digest !== facts.database.digest) faults.push(`its digest is ${now.digest}, and should be ${facts.database.digest}`);
    }
  } catch (error) {
    if (error instanceof StoreError && error.fault === 'corrupt') faults.push(error.message);
    else if (error instanceof DatabaseFault) faults.push(error.message);
    else throw error;
  }
  return { generation: number, ok: faults.length === 0, faults, sha256 };
}
