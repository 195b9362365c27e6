/** What stands when two sides changed the same, as an operator sets it and reads where it is from. */
import { SYNC_MOMENTS, type ConflictPolicy, type SyncMoment } from '../../model/datastore.js';
import { UserError } from '../../model/errors.js';
import type { PolicyRule, RuleScope } from '../../storage/ports/policies.js';
import type { AccountReader, Store } from '../../storage/ports/store.js';
import { rulingFor, type PolicySetting } from '../policy.js';
import { findDatastore, findUser } from './context.js';

/** Names as a person types them; what is left out stands for all. */
export interface NamedScope {
  readonly datastore?: string | undefined;
  readonly device?: string | undefined;
  readonly sync?: SyncMoment | undefined;
}

/** Where a policy is from: the configuration, or the rule of which scope. */
export type RuleSource = 'config' | 'user' | 'datastore' | 'device' | 'device and datastore';

export interface RulingSummary {
  readonly policy: ConflictPolicy;
  readonly from: RuleSource;
  /** The rule is for this kind of sync only. */
  readonly onlyFor?: SyncMoment;
}

export interface PolicySummary {
  readonly datastore: string;
  /** Undefined: any device that has no rule of its own. */
  readonly device?: string;
  readonly rulings: Readonly<Record<SyncMoment, RulingSummary>>;
}

/**
 * The policies that hold: of each datastore for devices in general, and for each device that has a rule (or the one that is named).
 * @param settings of the configuration. @throws {UserError} when user, datastore or device do not exist.
 */
export async function listPolicies(
  store: Store,
  user: string,
  settings: readonly PolicySetting[],
  { datastore, device }: NamedScope = {},
): Promise<readonly PolicySummary[]> {
  return store.read(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    const rules = await own.policies.list();
    const all = (await own.datastores.list()).filter(({ kind }) => kind !== 'database');
    const stores = datastore === undefined ? all : [await findDatastore(own, datastore)];
    const asked = device === undefined ? undefined : await findDevice(own, device);
    const devices = (await own.devices.list()).filter(({ id }) => (asked ? id === asked.id : rules.some((rule) => rule.device === id)));
    return stores.flatMap(({ id, uri, policy }) =>
      [...(asked ? [] : [undefined]), ...devices].map((one): PolicySummary => {
        const setting = settings.find((each) => each.uri === uri);
        const ruling = (sync: SyncMoment): RulingSummary => {
          const found = rulingFor(rules, setting, { datastore: id, ...(one ? { device: one.id } : {}), sync }, policy);
          const only = found.rule ? found.rule.sync : isSpecial(setting, sync) ? sync : undefined;
          return { policy: found.policy, from: sourceOf(found.rule), ...(only === undefined ? {} : { onlyFor: only }) };
        };
        const rulings = Object.fromEntries(SYNC_MOMENTS.map((sync) => [sync, ruling(sync)])) as Record<SyncMoment, RulingSummary>;
        return { datastore: uri, ...(one ? { device: one.uri } : {}), rulings };
      }),
    );
  });
}

const isSpecial = (setting: PolicySetting | undefined, sync: SyncMoment): boolean =>
  (sync === 'first' && setting?.firstPolicy !== undefined) || (sync === 'slow' && setting?.slowPolicy !== undefined);

function sourceOf(rule: PolicyRule | undefined): RuleSource {
  if (!rule) return 'config';
  if (rule.device !== undefined) return rule.datastore === undefined ? 'device' : 'device and datastore';
  return rule.datastore === undefined ? 'user' : 'datastore';
}

/** @throws {UserError} when user, datastore or device do not exist. */
export async function setPolicy(store: Store, user: string, scope: NamedScope, policy: ConflictPolicy): Promise<void> {
  await store.transact(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    await own.policies.set({ ...(await scopeOf(own, scope)), policy });
  });
}

/** @throws {UserError} when there is no such rule, user, datastore or device. */
export async function unsetPolicy(store: Store, user: string, scope: NamedScope): Promise<void> {
  await store.transact(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    if (!(await own.policies.remove(await scopeOf(own, scope))))
      throw new UserError(`There is no rule of just this scope; "moorage policy list --user ${user}" shows where each is from.`);
  });
}

async function scopeOf(own: AccountReader, { datastore, device, sync }: NamedScope): Promise<RuleScope> {
  return {
    ...(datastore === undefined ? {} : { datastore: (await findDatastore(own, datastore)).id }),
    ...(device === undefined ? {} : { device: (await findDevice(own, device)).id }),
    ...(sync === undefined ? {} : { sync }),
  };
}

async function findDevice(own: AccountReader, uri: string) {
  const found = await own.devices.byUri(uri);
  if (found === undefined) throw new UserError(`This user has no device "${uri}"; "moorage device list" shows all.`);
  return found;
}
