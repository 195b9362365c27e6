/** One message in a line: commands and codes, never content. For the log and for `moorage session show`. */
import type { LeniencyName, Tolerance } from '../model/leniency.js';
import type { Command, Message } from '../model/message.js';

export interface TraceLine {
  readonly msgId: string;
  readonly at: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly received: string;
  readonly answered: string;
  /** Deviations that were let pass. */
  readonly leniencies?: readonly LeniencyName[];
  /** Those that were not, in strict mode. */
  readonly deviations?: readonly LeniencyName[];
}
const LONGEST_TRACE = 400;
/** Names in a summary are those of the message where it is no command we know. Characters; different kinds of commands. */
const LONGEST_NAME = 40;
const MOST_KINDS = 40;

/** A part of a message for the log, which is not to grow with what a sender makes up. */
export const short = (text: string, most = LONGEST_NAME): string => (text.length > most ? `${text.slice(0, most)}…` : text);

export function summary(message: Message): string {
  const counts = new Map<string, number>();
  const add = (name: string): void => {
    const known = counts.has(name) || counts.size < MOST_KINDS ? name : 'others';
    counts.set(known, (counts.get(known) ?? 0) + 1);
  };
  const walk = (commands: readonly Command[]): void => {
    for (const command of commands) {
      if (command.kind === 'Status') add(`Status ${short(command.cmd)} ${command.code}`);
      else if (command.kind === 'Alert') add(`Alert ${command.code ?? '?'}`);
      else add(command.kind === 'Unknown' ? short(command.name) : command.kind);
      if ('commands' in command) walk(command.commands);
    }
  };
  walk(message.body);
  const parts = [...counts].map(([name, n]) => (n === 1 ? name : `${name} x${n}`));
  return [...parts, ...(message.final ? ['Final'] : [])].join(', ');
}

/** The names of what departed from the specification, for a log or trace line; nothing where nothing did. */
export function deviationsOf({ strict, met }: Tolerance): Pick<TraceLine, 'leniencies' | 'deviations'> {
  if (met.length === 0) return {};
  return strict ? { deviations: met } : { leniencies: met };
}

export function appendTrace(trace: string, line: TraceLine): string {
  const lines = JSON.parse(trace || '[]') as TraceLine[];
  return JSON.stringify([...lines.slice(1 - LONGEST_TRACE), line]);
}

/** Codes of our Statuses, counted: `{"200":3,"201":12}`. */
export function statusesOf(message: Message): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const command of message.body) if (command.kind === 'Status') counts[command.code] = (counts[command.code] ?? 0) + 1;
  return counts;
}
