import { RecordError } from '../records/error.js';
import { SqliteCode, SqliteError } from './connection.js';
import type { OperationStatus } from './jobs.js';

/** An operation that is not carried out, with the Status it gets. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const STATUS_OF = { malformed: 412, 'too-large': 413, unsupported: 415 } as const;

/** The Status for what went wrong with one operation; undefined when the job as a whole went wrong. */
export function statusOf(error: unknown): OperationStatus | undefined {
  if (error instanceof Refusal) return { status: error.status, detail: error.message };
  if (error instanceof RecordError) return { status: STATUS_OF[error.fault], detail: error.message };
  if (!(error instanceof SqliteError)) return undefined;
  switch (error.code) {
    case SqliteCode.noMemory:
    case SqliteCode.full:
    case SqliteCode.corrupt:
    case SqliteCode.notADatabase:
      return undefined;
    default:
      return { status: 500, detail: error.message };
  }
}
