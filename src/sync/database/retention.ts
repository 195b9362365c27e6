/** Older generations go when there are too many or they are too old; never before the newest one has been proven from its bytes. */
import type { AccountId } from '../../model/ids.js';
import type { CopyRecord, GenerationRecord, KeptUpdate } from '../../storage/ports/copies.js';
import type { Store } from '../../storage/ports/store.js';
import { verifyGeneration, type VerifyRooms } from './verify.js';

export interface RetentionRules {
  /** The newest, flagged ones not counted. */
  readonly keepGenerations: number;
  readonly keepDays: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Generations that may go. What stays whatever its age: the newest; flagged ones, and what each of them was made from, until someone has looked
 * at them; the full one that differential backups are made from; what the updates that are kept as they came lead from and to.
 * @param all oldest first.
 */
export function outOfDate(
  copy: Pick<CopyRecord, 'method'>,
  all: readonly GenerationRecord[],
  updates: readonly KeptUpdate[],
  rules: RetentionRules,
  now: number,
): readonly GenerationRecord[] {
  const newest = all.at(-1);
  if (!newest || copy.method === 'every-change') return [];
  const kept = new Set([newest.number]);
  for (const { number, base, flags } of all) {
    if (flags.length === 0) continue;
    kept.add(number);
    if (base !== undefined) kept.add(base);
  }
  const full = all.findLast(({ by }) => by === 'full');
  if (full && copy.method === 'differential') kept.add(full.number);
  for (const one of chainOf(newest, all, updates)) kept.add(one);
  const plain = all.filter(({ flags }) => flags.length === 0);
  const tooMany = new Set(plain.slice(0, Math.max(0, plain.length - rules.keepGenerations)).map(({ number }) => number));
  return plain.filter(({ number, at }) => !kept.has(number) && (tooMany.has(number) || now - at > rules.keepDays * DAY_MS));
}

/** From the newest back to its full copy, as long as updates were kept. */
function chainOf(newest: GenerationRecord, all: readonly GenerationRecord[], updates: readonly KeptUpdate[]): readonly number[] {
  const chain: number[] = [];
  let at: GenerationRecord | undefined = newest;
  while (at && updates.some(({ generation }) => generation === at?.number)) {
    chain.push(at.number);
    const base: number | undefined = at.base;
    at = all.find(({ number }) => number === base);
  }
  if (at && chain.length > 0) chain.push(at.number);
  return chain;
}

export interface Retained {
  readonly dropped: number;
  /** Copies whose newest generation could not be proven: nothing of them was dropped. */
  readonly faulty: readonly { readonly copy: CopyRecord; readonly faults: readonly string[] }[];
}

/** All copies of all accounts. Safe at any time, from any process. */
export async function retain(rooms: VerifyRooms, rules: RetentionRules, now: number, signal?: AbortSignal): Promise<Retained> {
  let dropped = 0;
  const faulty: Retained['faulty'][number][] = [];
  for (const { id } of await rooms.store.read((tx) => tx.accounts.list())) {
    for (const copy of await rooms.store.read((tx) => tx.account(id).copies.list())) {
      if (signal?.aborted) return { dropped, faulty };
      const { newest, old } = await look(rooms.store, id, copy, rules, now);
      if (!newest || old.length === 0) continue;
      const verified = await verifyGeneration(rooms, id, copy.id, newest);
      if (!verified.ok) {
        faulty.push({ copy, faults: verified.faults });
        continue;
      }
      for (const { number } of old) {
        await rooms.store.transact((tx) => tx.account(id).copies.drop(copy.id, number));
        dropped += 1;
      }
    }
  }
  return { dropped, faulty };
}

function look(
  store: Store,
  account: AccountId,
  copy: CopyRecord,
  rules: RetentionRules,
  now: number,
): Promise<{ newest: GenerationRecord | undefined; old: readonly GenerationRecord[] }> {
  return store.read(async (tx) => {
    const { copies } = tx.account(account);
    const all = await copies.generations(copy.id);
    return { newest: all.at(-1), old: outOfDate(copy, all, await copies.updates(copy.id), rules, now) };
  });
}
