/**
 * How failed log-ins slow down the next ones. Counted per account, device and address: nobody can lock a user out from elsewhere. Who changes
 * the name of the device with every try is counted per account and address, and who changes the user, per address. These wider counts hold
 * nobody up who logs in with a device that has logged in before.
 */
import { createHash } from 'node:crypto';
import type { Config } from '../runtime/config.js';
import type { AccountRecord, Failure, FailureKey } from '../storage/ports/accounts.js';

export type LockOutRules = Pick<Config['auth'], 'maxAttempts' | 'lockOut'>;

/** A count, and how many failures it may reach before there are delays. */
export interface Bound {
  readonly key: FailureKey;
  readonly allowed: number;
}

/** Tries of all new devices of one address together at one account, and at all accounts: as a multiple of one device's. */
const DEVICES_FACTOR = 4;
const ACCOUNTS_FACTOR = 20;
/** Stand for any device, and for any device of any account. A device that calls itself so counts with the others: to its own harm. */
const ANY_DEVICE = '*';
const ANY_ACCOUNT = '**';

const HOUR_MS = 3_600_000;
/** Doubling stops to matter long before; keeps the arithmetic finite. */
const MAX_DOUBLINGS = 30;

/** The count after one more failure; delays begin with the `allowed`th. An old count is forgotten after an hour, or twice the longest delay where that is more. */
export function nextFailure(previous: Failure | undefined, now: number, rules: LockOutRules, allowed = rules.maxAttempts): Failure {
  const forgetAfter = Math.max(HOUR_MS, 2 * rules.lockOut.maxDelayMs);
  const count = previous !== undefined && now - previous.lastAt <= forgetAfter ? previous.count + 1 : 1;
  const beyond = count - allowed;
  const delay = beyond < 0 ? 0 : Math.min(rules.lockOut.firstDelayMs * 2 ** Math.min(beyond, MAX_DOUBLINGS), rules.lockOut.maxDelayMs);
  return { count, lastAt: now, blockedUntil: now + delay };
}

/**
 * Where failures under a name that no account has are counted, so that they are answered exactly like wrong passwords, after
 * the same work and in the same time: under an account picked by the name, as a device that cannot exist. Undefined while there
 * are no accounts at all.
 */
export function strangerKey(accounts: readonly AccountRecord[], name: string, deviceUri: string, address: string): FailureKey | undefined {
  const digest = digestOf(`${name}\n${deviceUri}`);
  const account = pick(accounts, digest);
  return account === undefined ? undefined : { account: account.id, deviceUri: `?${digest.toString('base64url')}`, address };
}

/**
 * The wider counts of a try: of new devices at this account and address, and of new devices at this address.
 * @param who the account, or the name that no account has.
 */
export function widerBounds(
  accounts: readonly AccountRecord[],
  who: AccountRecord | string,
  address: string,
  rules: LockOutRules,
): readonly Bound[] {
  const name = digestOf(typeof who === 'string' ? who : who.name);
  const account = typeof who === 'string' ? pick(accounts, name) : who;
  const [first] = accounts;
  if (account === undefined || first === undefined) return [];
  const device = typeof who === 'string' ? `${ANY_DEVICE}${name.toString('base64url')}` : ANY_DEVICE;
  return [
    { key: { account: account.id, deviceUri: device, address }, allowed: rules.maxAttempts * DEVICES_FACTOR },
    { key: { account: first.id, deviceUri: ANY_ACCOUNT, address }, allowed: rules.maxAttempts * ACCOUNTS_FACTOR },
  ];
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
const pick = (accounts: readonly AccountRecord[], digest: Buffer): AccountRecord | undefined =>
  accounts[accounts.length === 0 ? 0 : digest.readUInt32BE(0) % accounts.length];
