/** How failed log-ins slow down the next ones. Counted per account, device and address: nobody can lock a user out from elsewhere. */
import { createHash } from 'node:crypto';
import type { Config } from '../runtime/config.js';
import type { AccountRecord, Failure, FailureKey } from '../storage/ports/accounts.js';

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

/**
 * Where failures under a name that no account has are counted, so that they are answered exactly like wrong passwords, after
 * the same work and in the same time: under an account picked by the name, as a device that cannot exist. Undefined while there
 * are no accounts at all.
 */
export function strangerKey(accounts: readonly AccountRecord[], name: string, deviceUri: string, address: string): FailureKey | undefined {
  const digest = createHash('sha256').update(`${name}\n${deviceUri}`).digest();
  const account = accounts[accounts.length === 0 ? 0 : digest.readUInt32BE(0) % accounts.length];
  return account === undefined ? undefined : { account: account.id, deviceUri: `?${digest.toString('base64url')}`, address };
}
