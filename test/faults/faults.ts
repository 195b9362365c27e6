/** Faults of a link and of a server, each at the n-th message of a script, as wrappers around a transport. */
import assert from 'node:assert/strict';
import { PATIENT, type LossPolicy } from '../model-client/device.js';
import { LinkLost, type Reply, type Transport } from '../model-client/transport.js';
import type { MortalWorld } from './world.js';

/** What goes wrong, and how the device takes it. */
export interface Fault {
  readonly name: string;
  /** `all`: one run in which it happens to every message; `each`: one run for each message. */
  readonly at: 'all' | 'each';
  readonly loss: LossPolicy;
  /** Carries the message at which it happens. */
  readonly strike: (world: MortalWorld) => Transport;
}

const REAUTHENTICATES: LossPolicy = { ...PATIENT, reauthenticates: true };
/** Gives the session up at once and begins a new one with the anchors it had. */
const IMPATIENT: LossPolicy = { resends: 0, reauthenticates: false, resumes: false };
const RESUMES: LossPolicy = { ...IMPATIENT, resumes: true };

const requestLost = (): Transport => () => Promise.reject(new LinkLost('request lost'));
const responseLost =
  (world: MortalWorld): Transport =>
  async (...message) => {
    await world.transport(...message);
    throw new LinkLost('response lost');
  };
const sameAnswer = (one: Reply, other: Reply): Reply => {
  assert.deepEqual(Buffer.from(other.body), Buffer.from(one.body), 'a resent message got another answer');
  return other;
};
const sentTwice =
  (world: MortalWorld): Transport =>
  async (...message) => {
    const first = await world.transport(...message);
    return sameAnswer(first, await world.transport(...message));
  };
const sentTwiceAtOnce =
  (world: MortalWorld): Transport =>
  async (...message) => {
    const [one, other] = await Promise.all([world.transport(...message), world.transport(...message)]);
    return sameAnswer(one, other);
  };

/**
 * A process that dies leaves what a lost request or a lost response leaves, so the new session after it is tried with those;
 * killed.test.ts does it with real processes.
 */
export const FAULTS: readonly Fault[] = [
  { name: 'request lost, sent again', at: 'all', loss: PATIENT, strike: requestLost },
  { name: 'request lost, new session', at: 'each', loss: IMPATIENT, strike: requestLost },
  { name: 'request lost, resumed', at: 'each', loss: RESUMES, strike: requestLost },
  { name: 'response lost, sent again', at: 'all', loss: PATIENT, strike: responseLost },
  { name: 'response lost, sent again with credentials', at: 'all', loss: REAUTHENTICATES, strike: responseLost },
  { name: 'response lost, new session', at: 'each', loss: IMPATIENT, strike: responseLost },
  { name: 'response lost, resumed', at: 'each', loss: RESUMES, strike: responseLost },
  { name: 'sent twice', at: 'all', loss: PATIENT, strike: sentTwice },
  { name: 'sent twice at once', at: 'all', loss: PATIENT, strike: sentTwiceAtOnce },
  { name: 'killed before the commit, sent again', at: 'all', loss: PATIENT, strike: (world) => world.deadly('before-commit') },
  { name: 'killed after the commit, sent again', at: 'all', loss: PATIENT, strike: (world) => world.deadly('after-commit') },
];

/** Lets every message through but the `at`th, which `strike` carries. `at` counts from 1. */
export function faultAt(at: number, inner: Transport, strike: Transport): Transport {
  let count = 0;
  return (...message) => {
    count += 1;
    return count === at ? strike(...message) : inner(...message);
  };
}

/** Every `gap`th message meets the fault, `times` times in all: a device that begins anew each time gets through in the end. */
export function faultEvery(gap: number, times: number, inner: Transport, strike: Transport): Transport {
  let count = 0;
  return (...message) => {
    count += 1;
    return count % gap === 0 && count / gap <= times ? strike(...message) : inner(...message);
  };
}

/** Every message meets the fault once: what is sent again because of it comes through. */
export function faultEverywhere(inner: Transport, strike: Transport): Transport {
  let spared = false;
  return async (...message) => {
    if (spared) {
      spared = false;
      return inner(...message);
    }
    try {
      return await strike(...message);
    } catch (error) {
      spared = error instanceof LinkLost;
      throw error;
    }
  };
}

/** Counts messages on their way. */
export function counting(inner: Transport): Transport & { count(): number } {
  let count = 0;
  const transport: Transport = (...message) => {
    count += 1;
    return inner(...message);
  };
  return Object.assign(transport, { count: () => count });
}
