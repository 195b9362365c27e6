/**
 * `serve --clock` and `--seed`: a server that answers the same messages with the same bytes, for the traces of laboratories. Its time and its
 * session tokens can be guessed, so it listens to this machine only. Keys, seals and passwords are as random as ever.
 */
import { UserError } from '../model/errors.js';
import { steppingClock, type Clock } from '../runtime/clock.js';
import { seededRandom, type Random } from '../runtime/random.js';
import { textOption, type Run } from './command.js';

/** What a message takes by the clock of a laboratory. */
const MESSAGE_MS = 1000;
const NONCE_SECRET_BYTES = 32;

export interface Repeatable {
  /** Read once a message. */
  readonly clock: Clock;
  /** For session tokens and nonces. */
  readonly random: Random;
  /** What the nonces of challenges are computed from, instead of the store's secret. */
  readonly nonceSecret?: Uint8Array;
  /** Ages mean nothing by the clock that was asked for: nothing is swept. */
  readonly timeless: boolean;
  /** Empty where neither was asked for. */
  readonly warning: string;
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|\[::1\]|localhost)$/;
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/** RFC 3339 with a zone: what a person means by it must not depend on where the server stands. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

function startOf(text: string): number {
  const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at) || at < 0) throw new UserError(`--clock ${text}: write a time such as 2026-01-01T00:00:00Z.`);
  return at;
}

/** @throws {UserError} for what cannot be read, and where others than this machine could reach the server. */
export function repeatable(run: Run): Repeatable {
  const [clock, seed] = [textOption(run, 'clock'), textOption(run, 'seed')];
  const { rooms, config } = run;
  if (clock === undefined && seed === undefined) return { clock: rooms.clock, random: rooms.random, timeless: false, warning: '' };
  const named = [clock === undefined ? [] : ['--clock'], seed === undefined ? [] : ['--seed']].flat().join(' and ');
  const hosts = [config.host, ...(config.publicUrl === undefined ? [] : [new URL(config.publicUrl).hostname])];
  const open = hosts.find((host) => !isLoopback(host));
  if (open !== undefined)
    throw new UserError(`${named}: for laboratories on one machine. Leave ${open} out and take 127.0.0.1, or leave ${named} out.`);
  if (config.processes > 1) throw new UserError(`${named}: one process counts its messages. Leave out --processes, or ${named}.`);
  if (seed !== undefined && !/^\d{1,15}$/.test(seed)) throw new UserError(`--seed ${seed}: write a whole number.`);
  return {
    clock: clock === undefined ? rooms.clock : steppingClock(startOf(clock), MESSAGE_MS),
    random: seed === undefined ? rooms.random : seededRandom(`session tokens and nonces ${seed}`),
    ...(seed === undefined ? {} : { nonceSecret: seededRandom(`challenges ${seed}`)(NONCE_SECRET_BYTES) }),
    timeless: clock !== undefined,
    warning:
      `WARNING: ${named}: for laboratories only, on a data folder of its own.\n` +
      (clock === undefined ? '' : `  The time is ${clock}, a second later with each message; nothing is swept.\n`) +
      (seed === undefined ? '' : '  Session tokens and nonces can be guessed by whoever knows the seed.\n'),
  };
}
