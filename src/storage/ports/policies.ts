/** What stands when two sides changed the same, where a user, one of its datastores or one of its devices has a rule of its own. */
import type { DatastoreId, DeviceId } from '../../model/ids.js';
import type { ConflictPolicy, SyncMoment } from '../../model/datastore.js';

/** Whom a rule is for: of each, all where it names none. */
export interface RuleScope {
  readonly datastore?: DatastoreId;
  readonly device?: DeviceId;
  readonly sync?: SyncMoment;
}

export interface PolicyRule extends RuleScope {
  readonly policy: ConflictPolicy;
}

export interface PoliciesReader {
  /** In the order they were made. */
  list(): Promise<readonly PolicyRule[]>;
}

export interface PoliciesWriter extends PoliciesReader {
  /** Makes the rule, or changes the one of the same scope. */
  set(rule: PolicyRule): Promise<void>;
  /** @returns whether there was one. */
  remove(scope: RuleScope): Promise<boolean>;
}
