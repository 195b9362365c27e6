/** What the bench tells the generator's process, and what it hears back. */
import type { HistogramData } from './histogram.js';

export const KINDS = ['no-change', 'two-way', 'slow'] as const;
export type Kind = (typeof KINDS)[number];
/** Share of each kind of session, by weight. */
export type Mix = Readonly<Record<Kind, number>>;

export interface Setup {
  readonly ports: readonly number[];
  readonly devices: number;
  /** Two devices are an account's: what one changes, the other gets. */
  readonly devicesPerAccount: number;
  /** Cards each device brings along. */
  readonly cards: number;
  readonly seed: number;
}

export type Order =
  | { readonly kind: 'setup'; readonly setup: Setup }
  /** First syncs of all devices, some at a time. */
  | { readonly kind: 'prime' }
  /** Sessions arrive at `rate` a second for `seconds`, whatever the server does. */
  | { readonly kind: 'run'; readonly rate: number; readonly seconds: number; readonly mix: Mix }
  /** The first message of a session from `count` devices, each on a connection of its own, and no more. */
  | { readonly kind: 'open'; readonly count: number }
  /** The rest of those sessions. */
  | { readonly kind: 'finish' }
  /** Fresh devices of `accounts` accounts fetch everything; it has to be what the accounts' devices hold. */
  | { readonly kind: 'verify'; readonly accounts: number };

export interface Latencies {
  /** From the moment a message should have gone out to its whole answer. */
  readonly messages: HistogramData;
  /** From a session's arrival to its last answer. */
  readonly sessions: HistogramData;
}

export interface RunResult {
  readonly seconds: number;
  /** Sessions that should have begun. */
  readonly arrived: number;
  /** Sessions that ended well while arrivals went on. */
  readonly completed: number;
  readonly messages: number;
  readonly bytes: number;
  /** Sessions waiting or running when the last one arrived. */
  readonly backlog: number;
  readonly failed: number;
  /** Messages sent again because no answer came. */
  readonly resent: number;
  /** Of failures, the first few. */
  readonly failures: readonly string[];
  readonly latencies: Readonly<Record<Kind, Latencies>>;
  /** CPU time of the generator's process, ms. */
  readonly cpuMs: number;
}

export interface VerifyResult {
  readonly accounts: number;
  readonly cards: number;
  readonly wrong: readonly string[];
}

export type Report =
  | { readonly kind: 'done' }
  | { readonly kind: 'ran'; readonly result: RunResult }
  | { readonly kind: 'verified'; readonly result: VerifyResult }
  | { readonly kind: 'failed'; readonly reason: string };
