/** Which rule settles a conflict, and what it says. */
import type { Pick as PickField } from '../content/merging/three-way.js';
import { isFreeText, isSingle } from '../content/merging/rules.js';
import { Alert } from '../model/alert.js';
import type { ConflictPolicy, SyncMoment } from '../model/datastore.js';
import type { DatastoreId, DeviceId } from '../model/ids.js';
import type { ItemFacts } from '../storage/ports/items.js';
import type { PolicyRule } from '../storage/ports/policies.js';
import type { Place } from './change.js';

/** The rule that holds, and where it is from: one of the account's, or the configuration. */
export interface Ruling {
  readonly policy: ConflictPolicy;
  /** Undefined: the configuration says so. */
  readonly rule?: PolicyRule;
}

/** What the configuration says of a datastore. */
export interface PolicySetting {
  readonly uri: string;
  readonly policy: ConflictPolicy;
  readonly firstPolicy?: ConflictPolicy | undefined;
  readonly slowPolicy?: ConflictPolicy | undefined;
}

export interface RulingFor {
  readonly datastore: DatastoreId;
  /** Undefined: any device that has no rule of its own. */
  readonly device?: DeviceId;
  readonly sync: SyncMoment;
}

/**
 * A device's rule goes before a datastore's, that before one of the whole account, and that before the configuration; of the same scope the one
 * for just this kind of sync goes first.
 *
 * @param fallback the policy of a datastore that the configuration does not name any more.
 */
export function rulingFor(
  rules: readonly PolicyRule[],
  spec: PolicySetting | undefined,
  { datastore, device, sync }: RulingFor,
  fallback: ConflictPolicy,
): Ruling {
  const applies = (rule: PolicyRule): boolean =>
    (rule.datastore === undefined || rule.datastore === datastore) &&
    (rule.device === undefined || rule.device === device) &&
    (rule.sync === undefined || rule.sync === sync);
  const weight = (rule: PolicyRule): number =>
    (rule.device === undefined ? 0 : 4) + (rule.datastore === undefined ? 0 : 2) + (rule.sync === undefined ? 0 : 1);
  const [first] = rules.filter(applies).sort((a, b) => weight(b) - weight(a));
  if (first) return { policy: first.policy, rule: first };
  const special = sync === 'first' ? spec?.firstPolicy : sync === 'slow' ? spec?.slowPolicy : undefined;
  return { policy: special ?? spec?.policy ?? fallback };
}

/** What kind of sync is running. A device's first one with a datastore lasts until it has ended well. */
export function momentOf({ pair, open }: Pick<Place, 'pair' | 'open'>): SyncMoment {
  if (open.type !== Alert.SlowSync) return 'normal';
  return pair.current === undefined ? 'first' : 'slow';
}

/** The policy for conflicts in the running sync. */
export async function policyOf(place: Place): Promise<ConflictPolicy> {
  const { work, datastore } = place;
  const spec = work.options.specs.find(({ uri }) => uri === datastore.uri);
  const of: RulingFor = { datastore: datastore.id, device: work.device.id, sync: momentOf(place) };
  return rulingFor(await work.rules(), spec, of, datastore.policy).policy;
}

type Dated = { readonly modified?: string | undefined };

/** The side whose content says of itself that it is newer; undefined where one of them says nothing. */
function newer(stored: Dated, item: Dated): 'ours' | 'theirs' | undefined {
  if (stored.modified === undefined || item.modified === undefined) return undefined;
  return stored.modified > item.modified ? 'ours' : 'theirs';
}

/** What stands of a field that both sides changed. A change that arrives is the newer one where nothing tells. */
export function pickFor(policy: ConflictPolicy, stored: Dated, item: Dated): PickField {
  const latest = newer(stored, item) ?? 'theirs';
  switch (policy) {
    case 'client-wins':
    case 'client-wins-item':
    case 'keep-both':
      return () => 'theirs';
    case 'server-wins':
      return () => 'ours';
    case 'newest-wins':
      return () => latest;
    case 'merge':
      return ({ field, ours, theirs }) => {
        if (!ours) return 'theirs';
        if (!theirs) return 'ours';
        if (isFreeText(field) && ours.meaning.length !== theirs.meaning.length)
          return ours.meaning.length > theirs.meaning.length ? 'ours' : 'theirs';
        return !isSingle(field) && ours.id !== theirs.id ? 'both' : latest;
      };
  }
}

/** Whose version stands of an item that has no fields, or that is settled as a whole. Sizes in bytes. */
export function resolve(
  policy: ConflictPolicy,
  stored: Pick<ItemFacts, 'type'> & Dated & { readonly size: number },
  item: Dated & { readonly size: number },
): 'client' | 'server' | 'both' {
  const latest = newer(stored, item) === 'ours' ? 'server' : 'client';
  switch (policy) {
    case 'client-wins':
    case 'client-wins-item':
      return 'client';
    case 'server-wins':
      return 'server';
    case 'keep-both':
      return 'both';
    case 'newest-wins':
      return latest;
    case 'merge':
      // Of two texts the longer one says more.
      return stored.type === 'text/plain' && stored.size !== item.size ? (stored.size > item.size ? 'server' : 'client') : latest;
  }
}
