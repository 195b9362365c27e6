/** The rules every store keeps between two transactions, looked at from outside: what is checked, what is found, what is mended. */
import type { AccountId, Guid, PairId } from '../../model/ids.js';
import type { CheckName } from './checks.js';
import type { Store, SweepLimits } from './store.js';

/** What doctor needs of the store, beside what servers do. */
export interface InspectableStore extends Store {
  /**
   * Looks at everything, in short reads that hold up nobody; writes nothing. What changed under it is looked at again before it counts.
   * A store that cannot be read at all is reported, not thrown.
   */
  inspect(options: InspectOptions): Promise<Inspection>;
  /**
   * Mends what is safely mended of `findings`, each in a short transaction that looks again first: what is no longer so is left alone.
   * Rows it removes or changes are copied to a file in the data folder before.
   */
  mend(findings: readonly Finding[], options: MendOptions): Promise<MendReport>;
}

/** `rows`: everything but what takes long: SQLite's own check, content described anew, blobs read. `full`: all. */
export type Depth = 'rows' | 'full';

export interface InspectOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long things are kept: what a server should have removed long ago is a finding. */
  readonly ages: SweepLimits;
  readonly readers: Readers;
  readonly depth: Depth;
  /** This account alone; what belongs to no account is left out. */
  readonly account?: AccountId;
  /** Free space, rights of files, clock. Default: true. */
  readonly surroundings?: boolean;
  /** File of the master key, whose rights are looked at. */
  readonly keyFile?: string;
  /** Rows or files looked at so far by the running check. */
  readonly progress?: (check: CheckName, looked: number) => void;
  readonly signal?: AbortSignal;
}

export interface MendOptions extends Pick<InspectOptions, 'now' | 'ages' | 'readers' | 'signal'> {
  readonly progress?: (done: number, of: number) => void;
}

/** What the store keeps for others and cannot read itself. */
export interface Readers {
  describe(
    bytes: Uint8Array,
    type: string,
  ): { readonly canonical: Uint8Array; readonly identity: string | undefined; readonly loose: string | undefined };
  /** Undefined when the text is no session's state. */
  session(state: string): SessionFacts | undefined;
}

export interface SessionFacts {
  readonly ended: boolean;
  /** Those it still works on. */
  readonly pairs: readonly PairId[];
  /** MsgIDs of messages that were taken and not carried out. */
  readonly parked: readonly number[];
}

export interface Finding {
  readonly check: CheckName;
  /** What is wrong, in words for a person. Names no content. */
  readonly what: string;
  /** What to do about it where it is not mended. */
  readonly next: string;
  readonly user?: string;
  readonly datastore?: string;
  readonly guid?: Guid;
  readonly device?: string;
  /** What `mend` would do; absent: only a person can. */
  readonly repair?: string;
  /** For `mend`. */
  readonly at: FindingPlace;
}

export interface FindingPlace {
  /** The rule that was broken. */
  readonly rule: string;
  readonly account?: AccountId;
  /** Row or file. */
  readonly key: readonly (string | number)[];
}

export interface CheckResult {
  readonly check: CheckName;
  /** Rows or files that were looked at. */
  readonly looked: number;
  /** At most `FINDINGS_KEPT`. */
  readonly findings: readonly Finding[];
  /** All of them. */
  readonly count: number;
}

export interface Inspection {
  /** In the order of `CHECKS`; those that were left out are missing. */
  readonly checks: readonly CheckResult[];
  /** Suspects that were in order at the second look: a server changed them meanwhile. */
  readonly changedMeanwhile: number;
}

/** Findings of one check that are kept one by one. */
export const FINDINGS_KEPT = 1000;

export interface MendReport {
  readonly mended: number;
  /** In order when looked at again, or not to be mended after all. */
  readonly left: number;
  /** File with the rows as they were; undefined when none was removed or changed. */
  readonly copy?: string;
}

export const isHealthy = (inspection: Inspection): boolean => inspection.checks.every(({ count }) => count === 0);

/** Every finding that was kept, in order. */
export const findingsOf = (inspection: Inspection): readonly Finding[] => inspection.checks.flatMap(({ findings }) => findings);
