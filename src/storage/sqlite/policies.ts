import type { ConflictPolicy, SyncMoment } from '../../model/datastore.js';
import type { DatastoreId, DeviceId } from '../../model/ids.js';
import type { PoliciesWriter, PolicyRule, RuleScope } from '../ports/policies.js';
import { optional, type Scope } from './scope.js';

interface RuleRow {
  datastore: DatastoreId | null;
  device: DeviceId | null;
  sync: SyncMoment | null;
  policy: ConflictPolicy;
}
const SAME = "account = ? AND COALESCE(datastore, 0) = ? AND COALESCE(device, 0) = ? AND COALESCE(sync, '') = ?";

export class Policies implements PoliciesWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async list(): Promise<readonly PolicyRule[]> {
    const { sql, account } = this.#scope;
    return sql
      .all<RuleRow>('SELECT datastore, device, sync, policy FROM conflict_rule WHERE account = ? ORDER BY id', account)
      .map((row) => ({
        ...optional('datastore', row.datastore),
        ...optional('device', row.device),
        ...optional('sync', row.sync),
        policy: row.policy,
      }));
  }

  async set(rule: PolicyRule): Promise<void> {
    const { sql, account } = this.#scope;
    if (rule.datastore !== undefined) this.#scope.mustOwn(rule.datastore);
    if (rule.device !== undefined) this.#mustOwnDevice(rule.device);
    if (sql.run(`UPDATE conflict_rule SET policy = ? WHERE ${SAME}`, rule.policy, account, ...keyOf(rule)) > 0) return;
    sql.run(
      'INSERT INTO conflict_rule (account, datastore, device, sync, policy) VALUES (?, ?, ?, ?, ?)',
      account,
      rule.datastore ?? null,
      rule.device ?? null,
      rule.sync ?? null,
      rule.policy,
    );
  }

  async remove(scope: RuleScope): Promise<boolean> {
    const { sql, account } = this.#scope;
    return sql.run(`DELETE FROM conflict_rule WHERE ${SAME}`, account, ...keyOf(scope)) > 0;
  }

  #mustOwnDevice(device: DeviceId): void {
    const { sql, account } = this.#scope;
    if (sql.get('SELECT 1 FROM device WHERE id = ? AND account = ?', device, account) === undefined)
      throw new Error(`account ${account} has no device ${device}`);
  }
}

const keyOf = ({ datastore, device, sync }: RuleScope) => [datastore ?? 0, device ?? 0, sync ?? ''] as const;
