/** What a run has seen, in numbers. */
import { FAULT_KINDS, type FaultKind } from './script.js';

export interface Tally {
  scripts: number;
  /** Sessions under faults, and those in which everybody came to rest. */
  sessions: number;
  settling: number;
  messages: number;
  /** Faults that struck. */
  faults: Record<FaultKind, number>;
  /** Servers that died and were started again. */
  kills: number;
  /** Items added, replaced and deleted on either side in sessions that came to their end. */
  moved: number;
  conflicts: number;
  resumed: number;
  suspended: number;
  /** Visits whose device found no way to the end and came again later. */
  givenUp: number;
  losses: number;
  doubles: number;
  otherFailures: number;
}

export const newTally = (): Tally => ({
  scripts: 0,
  sessions: 0,
  settling: 0,
  messages: 0,
  faults: Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>,
  kills: 0,
  moved: 0,
  conflicts: 0,
  resumed: 0,
  suspended: 0,
  givenUp: 0,
  losses: 0,
  doubles: 0,
  otherFailures: 0,
});

/** Adds `more` to `sum`. */
export function addTally(sum: Tally, more: Tally): void {
  for (const kind of FAULT_KINDS) sum.faults[kind] += more.faults[kind];
  for (const key of Object.keys(more) as (keyof Tally)[]) {
    if (key !== 'faults') sum[key] += more[key];
  }
}

/** As a table for people. `seconds`: how long it took. */
export function tableOf(tally: Tally, seconds: number): string {
  const rows: [string, number | string][] = [
    ['scripts', tally.scripts],
    ['sessions', tally.sessions + tally.settling],
    ['  under faults', tally.sessions],
    ['  settling', tally.settling],
    ['messages', tally.messages],
    ['faults', Object.values(tally.faults).reduce((sum, n) => sum + n, 0)],
    ...FAULT_KINDS.map((kind): [string, number] => [`  ${kind}`, tally.faults[kind]]),
    ['servers killed', tally.kills],
    ['items moved', tally.moved],
    ['conflicts', tally.conflicts],
    ['sessions suspended', tally.suspended],
    ['sessions resumed', tally.resumed],
    ['given up for the time', tally.givenUp],
    ['losses', tally.losses],
    ['doubles', tally.doubles],
    ['other failures', tally.otherFailures],
    ['seconds', seconds.toFixed(1)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${String(value).padStart(9)}`).join('\n');
}
