/** How failed log-ins slow down the next ones. Counted per account, device and address: nobody can lock a user out from elsewhere. */
import type { Config } from '../runtime/config.js';
import type { Failure } from '../storage/ports.js';

type LockOutRules = Pick<Config['auth'], 'maxAttempts' | 'lockOut'>;

const HOUR_MS = 3_600_000;
/** Doubling stops to matter long before; keeps the arithmetic finite. */
const MAX_DOUBLINGS = 30;

/** The count after one more failure. An old count is forgotten after an hour, or twice the longest delay where that is more. */
export function nextFailure(previous: Failure | undefined, now: number, rules: LockOutRules): Failure {
  const forgetAfter = Math.max(HOUR_MS, 2 * rules.lockOut.maxDelayMs);
  const count = previous !== undefined && now - previous.lastAt <= forgetAfter ? previous.count + 1 : 1;
  const beyond = count - rules.maxAttempts;
  const delay = beyond < 0 ? 0 : Math.min(rules.lockOut.firstDelayMs * 2 ** Math.min(beyond, MAX_DOUBLINGS), rules.lockOut.maxDelayMs);
  return { count, lastAt: now, blockedUntil: now + delay };
}

const MAX_STRANGERS = 1000;

/**
 * Counts for names that no account has, so that they are answered exactly like wrong passwords. In memory and bounded: the
 * store keeps nothing of what strangers try.
 */
export class StrangerFailures {
  readonly #failures = new Map<string, Failure>();

  get(key: string): Failure | undefined {
    return this.#failures.get(key);
  }

  add(key: string, now: number, rules: LockOutRules): Failure {
    const failure = nextFailure(this.#failures.get(key), now, rules);
    this.#failures.delete(key);
    this.#failures.set(key, failure);
    const oldest = this.#failures.keys().next();
    if (this.#failures.size > MAX_STRANGERS && oldest.done !== true) this.#failures.delete(oldest.value);
    return failure;
  }
}
