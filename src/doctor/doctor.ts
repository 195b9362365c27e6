/** A whole visit: look, say what will be done, mend, look again. */
import { findingsOf, type Finding, type InspectableStore, type Inspection } from '../storage/ports/inspection.js';
import { examine, READERS, type ExamineOptions } from './examine.js';

export interface VisitOptions extends ExamineOptions {
  readonly repair: boolean;
  /** Called before anything is mended, with what will be. */
  readonly onPlan?: (plan: readonly Finding[]) => void;
  readonly mending?: (done: number, of: number) => void;
}

export interface Visit {
  readonly found: Inspection;
  /** Undefined when nothing was to be mended. */
  readonly repair?: {
    readonly mended: number;
    /** Files with the rows as they were. */
    readonly copies: readonly string[];
    /** What is left. */
    readonly after: Inspection;
  };
}

/** What one repair uncovers the next mends; more often than this it is no progress. */
const MOST_ROUNDS = 8;

/** @throws {StoreError} `unavailable` when the store cannot be used; what was mended until then stays mended. */
export async function visit(store: InspectableStore, options: VisitOptions): Promise<Visit> {
  const found = await examine(store, options);
  const plan = mendable(found);
  if (!options.repair || plan.length === 0) return { found };
  options.onPlan?.(plan);
  let mended = 0;
  const copies: string[] = [];
  let after = found;
  for (let round = 0, left = plan; left.length > 0 && round < MOST_ROUNDS; round += 1, left = mendable(after)) {
    const report = await store.mend(left, {
      now: options.now,
      ages: options.ages,
      readers: READERS,
      ...(options.mending === undefined ? {} : { progress: options.mending }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    mended += report.mended;
    if (report.copy !== undefined && !copies.includes(report.copy)) copies.push(report.copy);
    after = await examine(store, options);
    if (report.mended === 0) break;
  }
  return { found, repair: { mended, copies, after } };
}

const mendable = (inspection: Inspection): readonly Finding[] => findingsOf(inspection).filter(({ repair }) => repair !== undefined);
