/** Runs cases against a server, variant by variant, and gathers the verdicts. */
import type { Command, SyncmlVersion } from '../model/message.js';
import { UserError } from '../model/errors.js';
import type { Encoding } from '../wire/dialect.js';
import {
  applies,
  CaseFailed,
  Inconclusive,
  NotSupported,
  requirementIdOf,
  type ActiveCase,
  type CaseResult,
  type ConformanceCase,
  type ScanCase,
  type Variant,
  type Verdict,
} from './case.js';
import { everyCommand } from './lab/answer.js';
import { HttpClient } from './lab/http.js';
import { Lab } from './lab/lab.js';
import type { SessionTrace } from './lab/trace.js';
import { empty, itemsIn, preflight, type Preflight, type Server } from './preflight.js';
import { requirement } from './requirements.js';
import { wireCheck, type WireCheckResult } from './wire-check.js';

export const VERSIONS: readonly SyncmlVersion[] = ['1.0', '1.1', '1.2'];
export const ENCODINGS: readonly Encoding[] = ['xml', 'wbxml'];

export interface RunOptions {
  readonly server: Server;
  readonly cases: readonly ConformanceCase[];
  readonly versions?: readonly SyncmlVersion[];
  readonly encodings?: readonly Encoding[];
  /** The datastore may be emptied although it holds items. */
  readonly erase?: boolean;
  readonly onStart?: (variant: Variant, cases: number) => void;
  readonly onResult?: (result: CaseResult) => void;
  /** Digits that tell this run's devices and anchors from those of other runs. */
  readonly run: string;
  readonly now?: () => number;
  /** False: WBXML is not compared with libwbxml's reading of it. */
  readonly crossCheck?: boolean;
  /** Ends the run after the case in hand. */
  readonly signal?: AbortSignal;
}

/** One run's options, and what it counts. */
interface Running extends RunOptions {
  readonly serial: () => number;
}

export interface RunReport {
  readonly server: Server;
  readonly results: readonly CaseResult[];
  readonly variants: readonly Variant[];
  /** What the server calls itself, where it says so. */
  readonly software: string | undefined;
  /** Our reading of WBXML beside libwbxml's; `compared` is undefined where its tool is not installed, and 0 where nothing was WBXML. */
  readonly wireCheck: WireCheckResult;
}

/** @throws {UserError} when the server cannot be tested at all. */
export async function runConformance(asked: RunOptions): Promise<RunReport> {
  let count = 0;
  const options: Running = { ...asked, serial: () => (count += 1) };
  const http = new HttpClient();
  const results: CaseResult[] = [];
  const variants = (options.versions ?? VERSIONS).flatMap((version) =>
    (options.encodings ?? ENCODINGS).map((encoding) => ({ version, encoding })),
  );
  let software: string | undefined;
  let checked: WireCheckResult = { compared: 0, differ: [] };
  try {
    for (const [at, variant] of variants.entries()) {
      const found = await preflight(options.server, variant, http, options.run, options.serial);
      const { devInf } = found.findings;
      software ??= devInf && [devInf.man, devInf.mod, devInf.swV].filter((part) => part !== undefined && part !== '').join(' ');
      if (at === 0 && !options.erase) await refuseToErase(options, variant, found, http);
      const ran = await runVariant(options, variant, found, http);
      results.push(...ran);
      if (variant.encoding === 'wbxml' && options.crossCheck !== false)
        checked = sum(checked, await wireCheck(ran.flatMap(({ sessions }) => sessions)));
      if (options.signal?.aborted) break;
    }
  } finally {
    http.close();
  }
  return { server: options.server, results, variants, software, wireCheck: checked };
}

const sum = (a: WireCheckResult, b: WireCheckResult): WireCheckResult => ({
  compared: a.compared === undefined || b.compared === undefined ? undefined : a.compared + b.compared,
  differ: [...a.differ, ...b.differ],
});

async function refuseToErase(options: Running, variant: Variant, found: Preflight, http: HttpClient): Promise<void> {
  const items = await itemsIn(labOf(options, variant, found, http, 'before'));
  if (items === 0) return;
  const { datastore, user } = options.server;
  throw new UserError(
    `The datastore ${datastore} of ${user} holds ${items} items, and the cases empty it again and again. Take an account made for tests, or say --erase.`,
  );
}

const labOf = (options: Running, variant: Variant, { target, findings }: Preflight, http: HttpClient, caseId: string): Lab =>
  new Lab({ target, findings, variant, http, caseId, run: options.run, serial: options.serial });

async function runVariant(options: Running, variant: Variant, found: Preflight, http: HttpClient): Promise<readonly CaseResult[]> {
  const now = options.now ?? Date.now;
  const cases = options.cases.filter((one) => applies(one, variant));
  options.onStart?.(variant, cases.length);
  const results: CaseResult[] = [];
  const sessions: SessionTrace[] = [];
  const add = (result: CaseResult): void => {
    results.push(result);
    options.onResult?.(result);
  };
  let clean = false;
  for (const one of cases) {
    if (one.kind !== 'active' || options.signal?.aborted) continue;
    const result = await runCase(one, variant, now, async (id) => {
      if (clean) return labOf(options, variant, found, http, id);
      const cleaner = labOf(options, variant, found, http, `${id}-before`);
      await empty(cleaner);
      clean = true;
      sessions.push(...cleaner.sessions);
      return labOf(options, variant, found, http, id);
    });
    clean &&= !mayLeaveItems(result.sessions);
    sessions.push(...result.sessions);
    add(result);
  }
  for (const one of cases) if (one.kind === 'scan') add(runScan(one, variant, now, sessions));
  return results;
}

/** A case that sent no item has left none; of bytes made by hand nobody knows. */
const mayLeaveItems = (sessions: readonly SessionTrace[]): boolean =>
  sessions.some(({ exchanges }) =>
    exchanges.some(({ request, answer }) => (request ? everyCommand(request.body).some(carriesItem) : answer !== undefined)),
  );

const carriesItem = ({ kind }: Command): boolean => kind === 'Add' || kind === 'Replace' || kind === 'Copy' || kind === 'Move';

async function runCase(one: ActiveCase, variant: Variant, now: () => number, labFor: (id: string) => Promise<Lab>): Promise<CaseResult> {
  const began = now();
  let lab: Lab | undefined;
  let verdict: Verdict = 'pass';
  let reason: string | undefined;
  try {
    lab = await labFor(one.id);
    await one.run(lab);
  } catch (error) {
    if (error instanceof CaseFailed && lab) verdict = 'fail';
    else if (error instanceof NotSupported) verdict = 'not supported';
    else if (error instanceof Inconclusive || error instanceof CaseFailed) verdict = 'inconclusive';
    else throw error;
    reason = error.message;
  }
  return {
    ...titled(one),
    variant,
    verdict,
    reason,
    observations: lab?.observations ?? [],
    sessions: lab?.sessions ?? [],
    milliseconds: now() - began,
  };
}

const MOST_SHOWN = 5;

function runScan(one: ScanCase, variant: Variant, now: () => number, sessions: readonly SessionTrace[]): CaseResult {
  const began = now();
  let applied = 0;
  const broken: string[] = [];
  const where: SessionTrace[] = [];
  for (const session of sessions) {
    const seen = one.scan(session);
    applied += seen.applied;
    if (seen.broken.length === 0) continue;
    broken.push(...seen.broken.map((words) => `${session.caseId}: ${words}`));
    if (where.length < MOST_SHOWN) where.push(session);
  }
  const verdict: Verdict = broken.length > 0 ? 'fail' : applied === 0 ? 'inconclusive' : 'pass';
  const more = broken.length > MOST_SHOWN ? ` (and ${broken.length - MOST_SHOWN} more)` : '';
  const reason =
    verdict === 'fail'
      ? `${broken.slice(0, MOST_SHOWN).join('; ')}${more}`
      : verdict === 'inconclusive'
        ? 'no message had anything to look at'
        : undefined;
  return {
    ...titled(one),
    variant,
    verdict,
    reason,
    observations: [`looked at in ${applied} places of ${sessions.length} sessions`],
    sessions: where,
    milliseconds: now() - began,
  };
}

function titled(one: ConformanceCase): Pick<CaseResult, 'id' | 'requirement' | 'title'> {
  const of = requirement(requirementIdOf(one.id));
  return { id: one.id, requirement: of, title: one.title ?? of.statement };
}
