/** What a case of the suite is, and what comes of it. */
import type { SyncmlVersion } from '../model/message.js';
import type { Encoding } from '../wire/dialect.js';
import type { Lab } from './lab/lab.js';
import type { SessionTrace } from './lab/trace.js';
import type { Requirement } from './requirements.js';

/** One way of speaking: every case runs in each where it applies. */
export interface Variant {
  readonly version: SyncmlVersion;
  readonly encoding: Encoding;
}

interface Common {
  /** The requirement's id; with a letter behind it (`ALR-001c`) where one requirement has several cases. */
  readonly id: string;
  /** What this case looks at, where that is less than the whole requirement. */
  readonly title?: string;
  /** All when left out. */
  readonly versions?: readonly SyncmlVersion[];
  /** Both when left out. */
  readonly encodings?: readonly Encoding[];
}

/** A case that talks to the server itself. */
export interface ActiveCase extends Common {
  readonly kind: 'active';
  /** Throws one of the verdicts below, or ends: passed. The datastore is empty when it begins. */
  readonly run: (lab: Lab) => Promise<void>;
}

/** A rule every session has to keep: looked for in all sessions of the variant's run, those of the other cases included. */
export interface ScanCase extends Common {
  readonly kind: 'scan';
  /** What breaks the rule, in words, each with the message it was seen in; `applied` counts where there was something to look at. */
  readonly scan: (session: SessionTrace) => Scan;
}

export interface Scan {
  readonly applied: number;
  readonly broken: readonly string[];
}

export type ConformanceCase = ActiveCase | ScanCase;

export type Verdict = 'pass' | 'fail' | 'not supported' | 'inconclusive';

/** The server did what it must not, or left out what it must do. */
export class CaseFailed extends Error {
  override readonly name = 'CaseFailed';
}

/** The server says that it does not offer what the case is about. */
export class NotSupported extends Error {
  override readonly name = 'NotSupported';
}

/** The case could not be brought to where it looks at its requirement. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive';
}

export interface CaseResult {
  readonly id: string;
  readonly requirement: Requirement;
  readonly title: string;
  readonly variant: Variant;
  readonly verdict: Verdict;
  /** Why, for every verdict but pass. */
  readonly reason: string | undefined;
  /** What was looked at, in the order it was seen: `Alert: 508, as required`. */
  readonly observations: readonly string[];
  /** The sessions the case played; of a scan, those in which its rule was broken. */
  readonly sessions: readonly SessionTrace[];
  readonly milliseconds: number;
}

export const active = (id: string, run: ActiveCase['run'], rest: Omit<Common, 'id'> = {}): ActiveCase => ({
  kind: 'active',
  id,
  run,
  ...rest,
});
export const scan = (id: string, look: ScanCase['scan'], rest: Omit<Common, 'id'> = {}): ScanCase => ({
  kind: 'scan',
  id,
  scan: look,
  ...rest,
});

/** `ALR-001` of `ALR-001c`. */
export const requirementIdOf = (caseId: string): string => caseId.replace(/[a-z]+$/, '');

export const applies = ({ versions, encodings }: Common, { version, encoding }: Variant): boolean =>
  (versions?.includes(version) ?? true) && (encodings?.includes(encoding) ?? true);
