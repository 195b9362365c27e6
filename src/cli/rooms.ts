/** What the commands are given: the command line names no implementation itself. */
import type { DatabaseJobs } from '../devicedb/jobs.js';
import type { Pictures } from '../pictures/pictures.js';
import type { InspectableStore } from '../storage/ports/inspection.js';
import type { Config, LocationConfig } from '../runtime/config.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { Random } from '../runtime/random.js';
import type { StartWorker, WorkerRole } from '../runtime/server-processes.js';
import type { Streams } from './output.js';

/** `create` makes the store, and its key, when the data folder has none; `existing` is a UserError then. */
export type OpenMode = 'create' | 'existing';

/** For an operator who looks at storage locations. */
export interface LocationTools {
  /** Where it is, without its secrets. */
  place(settings: LocationConfig): string;
  /** Undefined when it can be read; else what is wrong. */
  fault(settings: LocationConfig): Promise<string | undefined>;
  /** @throws {UserError} when it cannot be used. */
  prepare(settings: LocationConfig): Promise<void>;
}

export interface SnapshotFacts {
  /** Milliseconds since 1970: the moment it shows. */
  readonly at: number;
  readonly files: number;
  readonly bytes: number;
  /** Storage locations that hold a part of it. */
  readonly outside: readonly string[];
}

/** Copies of the whole store. All throw {UserError} for what a person can mend. */
export interface SnapshotTools {
  create(data: string, target: string, signal: AbortSignal): Promise<SnapshotFacts>;
  verify(folder: string, signal: AbortSignal): Promise<SnapshotFacts & { readonly faults: readonly string[] }>;
  restore(folder: string, data: string, signal: AbortSignal): Promise<SnapshotFacts>;
}

export interface Rooms {
  /** Workers for devices' database files; the caller closes them. */
  databaseJobs(): DatabaseJobs;
  /** Photos made smaller for phones. */
  pictures(): Pictures;
  openStore(config: Config, logger: Logger, mode: OpenMode): Promise<InspectableStore>;
  /** Puts a new master key in front and wraps all data keys under it; the old key is dropped when that is done. Answers the new key's id. */
  rotateKey(config: Config, logger: Logger): Promise<string>;
  readonly locations: LocationTools;
  readonly snapshots: SnapshotTools;
  readonly clock: Clock;
  readonly random: Random;
  readonly streams: Streams;
  /** Bytes to standard output; resolves when there is room for more. */
  writeOut(bytes: Uint8Array): Promise<void>;
  /** Errors and remarks go to a terminal: how far long work is may be shown there. */
  readonly progressVisible: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Starts this program once more, to serve together with others. */
  readonly startWorker: StartWorker;
  /** Set in a process that was started so. */
  readonly worker?: WorkerRole | undefined;
  /** Aborted when the process is asked to stop. */
  readonly stop: AbortSignal;
}
