/** When backups are due: what the user said, else the maker of the device, else the carrier. [requirements R15, R22] */
import { readFileSync } from 'node:fs';
import { UserError } from '../../model/errors.js';
import type { FileSettings } from '../types.js';
import { nextTime, parseCron } from './cron.js';
import { beginOf, isInside, nextInside, parseWindow } from './window.js';

export interface Timing {
  readonly schedule?: string;
  readonly between?: string;
  readonly maxPerDay?: number;
}

/** As it stands in a policy file (JSON): `{"maker": {"between": "22:00-06:00"}, "carrier": {"schedule": "0 0 * * *"}}`. */
export interface Policy {
  readonly user?: Timing;
  readonly maker?: Timing;
  readonly carrier?: Timing;
}

const MIDNIGHT = '0 0 * * *';
/** `every-change` looks each minute whether there is one. */
const EVERY_MINUTE = '* * * * *';

/** @throws {UserError} when the file is no policy. */
export function readPolicy(path: string): Policy {
  try {
    const policy = JSON.parse(readFileSync(path, 'utf8')) as Policy;
    for (const who of ['user', 'maker', 'carrier'] as const) checkTiming(policy[who] ?? {});
    return policy;
  } catch (cause) {
    throw new UserError(`The policy ${path} cannot be used: ${(cause as Error).message}`, { cause });
  }
}

/** @throws {UserError} */
export function checkTiming({ schedule, between, maxPerDay }: Timing): void {
  if (schedule !== undefined) parseCron(schedule);
  if (between !== undefined) parseWindow(between);
  if (maxPerDay !== undefined && !(Number.isInteger(maxPerDay) && maxPerDay > 0))
    throw new UserError(`maxPerDay ${maxPerDay}: write a whole number.`);
}

/** Each part from the first who has a word for it; what says when goes together. */
export function timingOf(settings: FileSettings, policy: Policy): Timing {
  const levels: Timing[] = [settings, policy.user ?? {}, policy.maker ?? {}, policy.carrier ?? {}];
  const when = levels.find(({ schedule, between }) => schedule !== undefined || between !== undefined);
  const maxPerDay = levels.find((level) => level.maxPerDay !== undefined)?.maxPerDay;
  const fallback = settings.method === 'every-change' ? EVERY_MINUTE : MIDNIGHT;
  return {
    ...(when?.between === undefined ? { schedule: when?.schedule ?? fallback } : {}),
    ...(when?.between !== undefined && when.schedule !== undefined ? { schedule: when.schedule } : {}),
    ...(when?.between === undefined ? {} : { between: when.between }),
    ...(maxPerDay === undefined ? {} : { maxPerDay }),
  };
}

/**
 * When a file is due, milliseconds since 1970; in the past: at once, because its time was slept through.
 * @param last when it was looked at last; undefined: never. @param begun when this agent first knew of it.
 */
export function dueAt(timing: Timing, last: number | undefined, begun: number, now: number): number {
  const window = timing.between === undefined ? undefined : parseWindow(timing.between);
  let due: number;
  if (timing.schedule !== undefined) due = nextTime(parseCron(timing.schedule), last ?? begun);
  // Without a schedule: once in each window.
  else if (window && last !== undefined && isInside(window, now) && last >= beginOf(window, now)) due = endOf(timing.between ?? '', now);
  else if (window && last !== undefined && !isInside(window, now)) due = nextInside(window, now);
  else due = now;
  return window ? nextInside(window, Math.max(due, now)) : due;
}

/** The first time behind the window that `now` is in. */
function endOf(between: string, now: number): number {
  const { from, to } = parseWindow(between);
  const length = (to - from + 24 * 60) % (24 * 60);
  return beginOf({ from, to }, now) + length * 60_000;
}

/** Midnight before `at`, local time. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
